//! Programmes of any loss for Clarabel, in exponential cones, from the data as they were given.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettings, DefaultSolver, ExponentialConeT, IPSolver, NonnegativeConeT, SecondOrderConeT,
    SolverStatus, SupportedConeT, ZeroConeT,
};
use crelu_convex::Activation;
use crelu_core::LossKind;

use crate::programme_losses::Problem;

/// A sum of variables times numbers, and a constant.
#[derive(Clone, Default)]
struct Affine {
    terms: Vec<(usize, f64)>,
    constant: f64,
}

impl Affine {
    fn of(variable: usize, factor: f64) -> Self {
        Self {
            terms: vec![(variable, factor)],
            constant: 0.0,
        }
    }

    fn plus(mut self, other: &Self, factor: f64) -> Self {
        let scaled = other.terms.iter().map(|(v, c)| (*v, factor * c));
        self.terms.extend(scaled);
        self.constant += factor * other.constant;
        self
    }

    fn plus_constant(mut self, constant: f64) -> Self {
        self.constant += constant;
        self
    }
}

/// A conic problem as it is put together: `min sum_u w u^2 / 2 + cost`, rows in cones.
#[derive(Default)]
struct Conic {
    cost: Vec<f64>,
    square: Vec<f64>,
    rows: Vec<Affine>,
    cones: Vec<SupportedConeT<f64>>,
    constant: f64,
}

impl Conic {
    fn variable(&mut self, cost: f64, square: f64) -> usize {
        self.cost.push(cost);
        self.square.push(square);
        self.cost.len() - 1
    }

    fn within(&mut self, cone: SupportedConeT<f64>, rows: Vec<Affine>) {
        self.rows.extend(rows);
        self.cones.push(cone);
    }

    fn charge(&mut self, expression: &Affine, factor: f64) {
        for (variable, c) in &expression.terms {
            self.cost[*variable] += factor * c;
        }
        self.constant += factor * expression.constant;
    }

    /// `s >= log sum_k exp(e_k)` for a variable `s`.
    fn log_sum_exp(&mut self, s: usize, exponents: &[Affine]) {
        let mut rest = Affine::default().plus_constant(1.0);
        for e in exponents {
            let z = self.variable(0.0, 0.0);
            rest.terms.push((z, -1.0));
            let shifted = e.clone().plus(&Affine::of(s, 1.0), -1.0);
            let one = Affine::default().plus_constant(1.0);
            self.within(ExponentialConeT(), vec![shifted, one, Affine::of(z, 1.0)]);
        }
        self.within(NonnegativeConeT(1), vec![rest]);
    }

    /// Primal and dual value.
    fn solve(self) -> (f64, f64) {
        let (n, m) = (self.cost.len(), self.rows.len());
        let csc = |rows: usize, mut entries: Vec<(usize, usize, f64)>| {
            entries.sort_unstable_by_key(|(i, j, _)| (*j, *i));
            let (mut starts, mut index, mut values) = (vec![0; n + 1], Vec::new(), Vec::new());
            let mut last = None;
            for (i, j, value) in entries {
                if last == Some((i, j)) {
                    *values.last_mut().unwrap() += value;
                    continue;
                }
                last = Some((i, j));
                index.push(i);
                values.push(value);
                starts[j + 1] = index.len();
            }
            for j in 0..n {
                starts[j + 1] = starts[j + 1].max(starts[j]);
            }
            CscMatrix::new(rows, n, starts, index, values)
        };
        let squares = self.square.iter().enumerate();
        let p = csc(n, squares.map(|(j, w)| (j, j, *w)).collect());
        let entries = self.rows.iter().enumerate();
        let entries = entries.flat_map(|(i, row)| row.terms.iter().map(move |(j, c)| (i, *j, -c)));
        let a = csc(m, entries.collect());
        let rhs: Vec<f64> = self.rows.iter().map(|row| row.constant).collect();
        let solve = |tol: f64| {
            let settings = DefaultSettings {
                verbose: false,
                tol_gap_abs: tol,
                tol_gap_rel: tol,
                tol_feas: tol,
                max_threads: 1,
                ..DefaultSettings::default()
            };
            let mut solver =
                DefaultSolver::new(&p, &self.cost, &a, &rhs, &self.cones, settings).unwrap();
            solver.solve();
            solver.solution
        };
        // where rounding stops the interior point on the last of its way, it is asked for less
        let mut tried = [1e-10, 1e-9, 1e-8].into_iter().map(solve);
        let fits = |status: SolverStatus| {
            matches!(
                status,
                SolverStatus::Solved
                    | SolverStatus::AlmostSolved
                    | SolverStatus::InsufficientProgress
            )
        };
        let solution = tried.find(|solution| fits(solution.status));
        let solution = solution.expect("a status of Clarabel's that is an optimum");
        let constant = self.constant;
        (
            solution.obj_val + constant,
            solution.obj_val_dual + constant,
        )
    }
}

/// The optimum of a problem, in sum scaling: Clarabel's primal and dual value.
pub(crate) fn optimum(problem: &Problem) -> (f64, f64) {
    let (rank, n, patterns) = (problem.rows.nrows(), problem.n(), problem.masks.n_blocks());
    let outputs = problem.outputs;
    let signs: &[f64] = match problem.activation {
        Activation::Relu => &[1.0, -1.0],
        Activation::Gated => &[1.0],
    };
    let mut conic = Conic::default();
    let mut fitted = vec![Affine::default(); n * outputs];
    for k in 0..outputs {
        for sign in signs {
            for p in 0..patterns {
                let t = conic.variable(problem.beta_sum, 0.0);
                let v: Vec<usize> = (0..rank).map(|_| conic.variable(0.0, 0.0)).collect();
                let all = core::iter::once(&t).chain(&v);
                let norm = all.map(|x| Affine::of(*x, 1.0)).collect();
                conic.within(SecondOrderConeT(rank + 1), norm);
                let mask = problem.masks.column(p);
                let mut cone = Vec::new();
                for j in 0..n {
                    let mut h = Affine::default();
                    for (i, v) in v.iter().enumerate() {
                        h.terms.push((*v, problem.rows[(i, j)]));
                    }
                    if mask[j] != 0 {
                        fitted[j * outputs + k] =
                            core::mem::take(&mut fitted[j * outputs + k]).plus(&h, *sign);
                    }
                    let e = if mask[j] == 0 { -1.0 } else { 1.0 };
                    cone.push(Affine::default().plus(&h, e));
                }
                if problem.activation == Activation::Relu {
                    conic.within(NonnegativeConeT(n), cone);
                }
            }
        }
    }
    for j in 0..n {
        let weight = problem.weight(j);
        let (y, f) = (
            &problem.target[j * outputs..(j + 1) * outputs],
            &fitted[j * outputs..(j + 1) * outputs],
        );
        match &problem.kind {
            LossKind::Softmax => {
                let s = conic.variable(weight, 0.0);
                conic.log_sum_exp(s, f);
                for (y, f) in y.iter().zip(f) {
                    conic.charge(f, -weight * y);
                }
            }
            LossKind::Logistic => {
                let s = conic.variable(weight, 0.0);
                let margin = Affine::default().plus(&f[0], -y[0]);
                conic.log_sum_exp(s, &[Affine::default(), margin]);
            }
            kind => {
                for (k, (y, f)) in y.iter().zip(f).enumerate() {
                    let u = conic.variable(0.0, weight);
                    let mut rest = f.clone().plus(&Affine::of(u, 1.0), -1.0).plus_constant(-y);
                    if let LossKind::Huber { delta } = kind {
                        // f - y = u + w, u^2 / 2 + delta |w|
                        let w = conic.variable(0.0, 0.0);
                        let size = conic.variable(weight * delta[k], 0.0);
                        for sign in [1.0, -1.0] {
                            let above = Affine::of(size, 1.0).plus(&Affine::of(w, 1.0), sign);
                            conic.within(NonnegativeConeT(1), vec![above]);
                        }
                        rest = rest.plus(&Affine::of(w, 1.0), -1.0);
                    }
                    conic.within(ZeroConeT(1), vec![rest]);
                }
            }
        }
    }
    conic.solve()
}
