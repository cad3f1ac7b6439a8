//! Losses that are split off at `p = F u`, and several targets at once.

use admm::{
    AdmmSettings, AdmmState, GraphStep, L1Norm, Lift, ResidualMonitor, SplitLoss, Splitting,
    WithLoss, solve,
};
use linalg_core::{Control, LinearOperator, Mirrored, Real, norm};
use testkit::Stream;

use crate::data::{image, regression, rounded};
use crate::problem::{KINDS, Kind, LIFTS, blocks, gap, primal};

/// `sum_j log(1 + e^(-y_j p_j))`.
struct Logistic {
    y: Vec<f64>,
}

impl Logistic {
    fn slope(&self, j: usize, p: f64) -> f64 {
        -self.y[j] / (1.0 + (self.y[j] * p).exp())
    }
}

impl<T: Real> SplitLoss<T> for Logistic {
    fn dim(&self) -> usize {
        self.y.len()
    }
    fn prox_into(&self, at: &[T], rho: T, out: &mut [T]) {
        let rho = rho.wide();
        for (j, (at, out)) in at.iter().zip(out).enumerate() {
            // the slope of the loss is within [-1, 1]: halve that interval
            let (at, reach) = (at.wide(), 1.0 / rho);
            let (mut low, mut high) = (at - reach, at + reach);
            for _ in 0..200 {
                let p = 0.5 * (low + high);
                if self.slope(j, p) + rho * (p - at) > 0.0 {
                    high = p;
                } else {
                    low = p;
                }
            }
            *out = T::of(0.5 * (low + high));
        }
    }
    fn value(&self, p: &[T]) -> f64 {
        let terms = self.y.iter().zip(p);
        terms.map(|(y, p)| (-y * p.wide()).exp().ln_1p()).sum()
    }
}

/// The optimality conditions of a logistic lasso at `x`: how far the gradient is from `weight` times a
/// subgradient of `|x|_1`.
fn off<T: Real>(kind: Kind, lift: Lift, precision: f64, weight: f64, tol: f64) -> f64 {
    let (a, y) = regression(3, 30, 8);
    let loss = Logistic {
        y: y.iter().map(|y| y.signum()).collect(),
    };
    let narrow = rounded::<T>(a.as_ref());
    let op = blocks(narrow.as_ref());
    let mirrored = Mirrored::new(op);
    let inner: &dyn LinearOperator<T> = match lift {
        Lift::Single => &op,
        Lift::Mirrored => &mirrored,
    };
    let dim = lift.dim(8);
    let first = Front { inner, rest: 30 };
    let mut step = GraphStep::new(primal(kind, lift, &op, a.as_ref()), dim);
    let mut prox = WithLoss::new(L1Norm::new(dim, T::of(weight)).unwrap(), &loss);
    let mut state = AdmmState::zero(30, dim + 30, T::of(1.0));
    state.ratio = T::of(0.25);
    let settings = AdmmSettings::default().max_iters(5000).check().unwrap();
    let mut problem = Splitting {
        operator: &first,
        primal: &mut step,
        prox: &mut prox,
    };
    let mut monitor = ResidualMonitor::new(tol).unwrap();
    let control = Control::default();
    let run = solve(&mut problem, &settings, &control, &mut state, &mut monitor).unwrap();
    assert!(run.status.is_converged(), "{kind:?}, {lift:?}: {run:?}");
    let v: Vec<f64> = state.v[..dim].iter().map(|x| x.wide()).collect();
    let x: Vec<f64> = (0..8)
        .map(|j| {
            if lift == Lift::Single {
                v[j]
            } else {
                v[j] - v[8 + j]
            }
        })
        .collect();
    let p = image(a.as_ref(), &x);
    let slope: Vec<f64> = (0..30).map(|j| loss.slope(j, p[j])).collect();
    let gradient = image(a.transpose(), &slope);
    let worst = |(g, x): (&f64, &f64)| {
        if f64::abs(*x) > precision {
            f64::abs(g + weight * x.signum())
        } else {
            f64::max(f64::abs(*g) - weight, 0.0)
        }
    };
    gradient.iter().zip(&x).map(worst).fold(0.0, f64::max)
}

/// An operator that reads the front of its variable.
struct Front<'a, T> {
    inner: &'a dyn LinearOperator<T>,
    rest: usize,
}

impl<T: Real> LinearOperator<T> for Front<'_, T> {
    fn rows(&self) -> usize {
        self.inner.rows()
    }
    fn cols(&self) -> usize {
        self.inner.cols() + self.rest
    }
    fn scratch_len(&self) -> usize {
        self.inner.scratch_len()
    }
    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.inner.apply(&x[..self.inner.cols()], y, scratch);
    }
    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        let (front, rest) = x.split_at_mut(self.inner.cols());
        self.inner.apply_adjoint(y, front, scratch);
        rest.fill(T::of(0.0));
    }
}

#[test]
fn split_logistic_lasso_meets_its_optimality_conditions_by_every_solver() {
    /// Residuals of 1e-10 times the size of the data.
    const OFF: f64 = 1e-6;
    /// The same of 2e-5 in single precision.
    const SINGLE: f64 = 5e-3;
    for kind in KINDS {
        for lift in LIFTS {
            let apart = off::<f64>(kind, lift, 1e-7, 1.5, 1e-10);
            assert!(apart <= OFF, "{kind:?}, {lift:?}: {apart}");
            if kind != Kind::Refined {
                let apart = off::<f32>(kind, lift, 1e-3, 1.5, 2e-5);
                assert!(apart <= SINGLE, "{kind:?}, {lift:?}, f32: {apart}");
            }
        }
    }
}

#[test]
fn several_targets_at_once_are_each_alone() {
    /// Steps of the same precision that start elsewhere.
    const SAME: f64 = 1e-9;
    let (rows, cols, count) = (12, 6, 3);
    let (a, _) = regression(5, rows, cols);
    let op = blocks(a.as_ref());
    for kind in KINDS {
        for lift in LIFTS {
            let mut stream = Stream::new(9);
            let dim = lift.dim(cols);
            let (y, w) = (stream.vector(count * rows), stream.vector(count * dim));
            let mirrored = Mirrored::new(op);
            let operator: &dyn LinearOperator<f64> = match lift {
                Lift::Single => &op,
                Lift::Mirrored => &mirrored,
            };
            let mut scratch = vec![0.0; operator.scratch_len()];
            let mut fw = vec![0.0; count * rows];
            for k in 0..count {
                let (w, out) = (&w[k * dim..(k + 1) * dim], k * rows..(k + 1) * rows);
                operator.apply(w, &mut fw[out], &mut scratch);
            }
            let mut all = primal::<f64>(kind, lift, &op, a.as_ref());
            let (mut u, mut fu) = (vec![0.0; count * dim], vec![0.0; count * rows]);
            for rho in [2.0, 0.3] {
                all.set_penalty(rho, &Control::default()).unwrap();
                all.solve(&y, &w, &fw, 1e-13, &mut u, &mut fu).unwrap();
                for k in 0..count {
                    let (tall, wide) = (k * rows..(k + 1) * rows, k * dim..(k + 1) * dim);
                    let mut one = primal::<f64>(kind, lift, &op, a.as_ref());
                    one.set_penalty(rho, &Control::default()).unwrap();
                    let (mut v, mut fv) = (vec![0.0; dim], vec![0.0; rows]);
                    let (y, w) = (&y[tall.clone()], &w[wide.clone()]);
                    one.solve(y, w, &fw[tall.clone()], 1e-13, &mut v, &mut fv)
                        .unwrap();
                    let apart = gap(&u[wide], &v).max(gap(&fu[tall], &fv));
                    assert!(
                        apart <= SAME * norm(y).max(1.0),
                        "{kind:?}, {lift:?}, target {k}, rho {rho}: {apart}"
                    );
                }
            }
        }
    }
}
