use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::solvers::Solve;
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};
use linalg_core::{Control, dot, norm};

use crate::problem::GlobalProblem;

/// The smoothing of a length at first, as a share of the mean weight that the objective allows, ...
const FIRST: f64 = 0.1;
/// ... at last, and its factor from one value to the next.
const LAST: f64 = 1e-7;
const FACTOR: f64 = 0.2;
/// Newton steps a value at most, and of the last; they end when one promises less than this share of the objective.
/// Where a bound stands for the Hessian of the loss (softmax), one wins half of what is left.
const STEPS: usize = 6;
const LAST_STEPS: usize = 30;
const PROMISE: f64 = 1e-9;
/// Steps along a direction are halved so often at most, and must win this share of what the slope promises.
const HALVINGS: usize = 20;
const ARMIJO: f64 = 1e-4;
/// A weight of less than so many times the last smoothing is none: its price is below 0.99 of its penalty.
const NONE: f64 = 100.0;

/// A weight of less than this share of the largest adds nothing to the curvature along it.
const NEGLIGIBLE: f64 = 1e-12;
/// Unknowns of a step's system: with a thousand neurons it takes some tenths of a second on one thread.
const MOST_UNKNOWNS: usize = 1000;
/// Newton steps that a minimisation takes, about.
const USUAL: u64 = 30;

/// Whether a step is short enough: its system has as many unknowns as the problem has outputs of rows, and no halt is
/// seen within.
pub(crate) fn is_small(problem: &GlobalProblem) -> bool {
    problem.n_samples().saturating_mul(problem.outputs()) <= MOST_UNKNOWNS
}

/// About the flops of a minimisation over so many neurons.
pub(crate) fn flops(problem: &GlobalProblem, neurons: usize) -> u64 {
    let n = problem.n_samples();
    let step = step_flops(n, n.saturating_mul(problem.outputs()), neurons);
    USUAL.saturating_mul(step as u64)
}

fn step_flops(n: usize, cells: usize, m: usize) -> usize {
    let square = |size: usize| size.saturating_mul(size);
    let a_neuron = square(cells)
        .saturating_add(square(n))
        .saturating_add(10 * cells);
    let factor = square(cells).saturating_mul(cells) / 3;
    a_neuron.saturating_mul(m).saturating_add(factor)
}

/// ```text
///     min_A  l(H A) + beta_sum sum_i |A_i|
/// ```
///
/// for few rows, by Newton's method on lengths that are smoothed less and less,
///
/// ```text
///     p(r) = beta (s - e - e log((e + s) / 2 e)),  s = sqrt(e^2 + r^2),  p'(r) = beta r / (e + s)
/// ```
///
/// whose Hessian has an inverse by blocks, `(t I + a a' / e) / beta` with `t = e + s`, so that a step is a system
/// of as many unknowns as there are outputs of rows. Columns that hardly differ, which a descent over one after
/// the other takes thousands of sweeps for, cost no more steps than others.
///
/// It begins at `a`, and ends near the minimum, or where a halt of `control` left it, which may be above its start.
///
/// **Shapes** `images`: `H`, `n x m`; `a`: `K` numbers a neuron. **Cost** some
/// thirty steps of `m (n K)^2 + (n K)^3 / 3` flops. **Source** the smoothed length is that of a second-order cone
/// with its logarithmic barrier, minimised over the bound (Boyd & Vandenberghe 2004, chapter 11).
pub(crate) fn path_newton(
    problem: &GlobalProblem,
    images: MatRef<'_, f64>,
    a: &mut Vec<f64>,
    control: &Control<'_>,
) {
    let (n, m, k) = (images.nrows(), images.ncols(), problem.outputs());
    let beta = problem.beta_sum();
    let lengths: f64 = a.chunks_exact(k).map(norm).sum();
    let most = problem.loss(&times(images, a, k)) / beta + lengths;
    let mean = most / m.max(1) as f64;
    let mut at = Point::new(problem, images, core::mem::take(a), FIRST * mean);
    while at.smooth >= LAST * mean && control.halt().is_none() {
        let is_last = at.smooth * FACTOR < LAST * mean;
        for _ in 0..if is_last { LAST_STEPS } else { STEPS } {
            problem.work().add(step_flops(n, n * k, m));
            if control.halt().is_some() || !at.step() {
                break;
            }
        }
        at.smooth *= FACTOR;
        at.value = at.value_of(&at.a, &at.outputs);
    }
    *a = at.a;
    for row in a.chunks_exact_mut(k) {
        if norm(row) <= NONE * LAST * mean {
            row.fill(0.0);
        }
    }
}

/// `H A`, `K` numbers a row.
fn times(images: MatRef<'_, f64>, a: &[f64], k: usize) -> Vec<f64> {
    let mut out = vec![0.0; k * images.nrows()];
    let a = MatRef::from_column_major_slice(a, k, images.ncols());
    let to = MatMut::from_column_major_slice_mut(&mut out, k, images.nrows());
    matmul(to, Accum::Replace, a, images.transpose(), 1.0, Par::Seq);
    out
}

struct Point<'a> {
    problem: &'a GlobalProblem,
    images: MatRef<'a, f64>,
    k: usize,
    smooth: f64,
    a: Vec<f64>,
    outputs: Vec<f64>,
    value: f64,
}

impl<'a> Point<'a> {
    fn new(problem: &'a GlobalProblem, images: MatRef<'a, f64>, a: Vec<f64>, smooth: f64) -> Self {
        let k = problem.outputs();
        let outputs = times(images, &a, k);
        let mut out = Self {
            problem,
            images,
            k,
            smooth,
            a,
            outputs,
            value: 0.0,
        };
        out.value = out.value_of(&out.a, &out.outputs);
        out
    }

    fn value_of(&self, a: &[f64], outputs: &[f64]) -> f64 {
        let e = self.smooth;
        let smoothed = |row: &[f64]| {
            let s = e.hypot(norm(row));
            s - e - e * ((e + s) / (2.0 * e)).ln()
        };
        let total: f64 = a.chunks_exact(self.k).map(smoothed).sum();
        self.problem.loss(outputs) + self.problem.beta_sum() * total
    }

    /// `H' z`, `K` numbers a neuron.
    fn along(&self, z: &[f64]) -> Vec<f64> {
        let (n, m) = (self.images.nrows(), self.images.ncols());
        let mut out = vec![0.0; self.k * m];
        let z = MatRef::from_column_major_slice(z, self.k, n);
        let to = MatMut::from_column_major_slice_mut(&mut out, self.k, m);
        matmul(to, Accum::Replace, z, self.images, 1.0, Par::Seq);
        out
    }

    /// The inverse of the smoothed lengths' Hessian times `v`.
    fn inverse(&self, v: &mut [f64]) {
        let (e, beta) = (self.smooth, self.problem.beta_sum());
        for (a, v) in self.a.chunks_exact(self.k).zip(v.chunks_exact_mut(self.k)) {
            let t = e + e.hypot(norm(a));
            let share = dot(a, v) / e;
            for (v, a) in v.iter_mut().zip(a) {
                *v = (t * *v + share * a) / beta;
            }
        }
    }

    /// Whether a step was worth it.
    fn step(&mut self) -> bool {
        let (k, e, beta) = (self.k, self.smooth, self.problem.beta_sum());
        let slope: Vec<f64> = self
            .problem
            .theta(&self.outputs)
            .iter()
            .map(|t| -t)
            .collect();
        let mut curvature = vec![0.0; slope.len()];
        self.problem.curvature_into(&self.outputs, &mut curvature);
        let roots: Vec<f64> = curvature.iter().map(|c| c.sqrt()).collect();
        let of_lengths: Vec<f64> = self
            .a
            .chunks_exact(k)
            .flat_map(|a| {
                let t = e + e.hypot(norm(a));
                a.iter().map(move |a| beta * a / t)
            })
            .collect();
        let add = |along: &mut [f64]| along.iter_mut().zip(&of_lengths).for_each(|(a, g)| *a += g);
        let mut gradient = self.along(&slope);
        add(&mut gradient);
        let mut moved = gradient.clone();
        self.inverse(&mut moved);
        let mut y = times(self.images, &moved, k);
        for (y, root) in y.iter_mut().zip(&roots) {
            *y *= -root;
        }
        let Ok(factor) = self.system(&roots).llt(Side::Lower) else {
            return false;
        };
        let count = y.len();
        factor.solve_in_place(MatMut::from_column_major_slice_mut(&mut y, count, 1));
        let z: Vec<f64> = slope
            .iter()
            .zip(roots.iter().zip(&y))
            .map(|(g, (r, y))| g + r * y)
            .collect();
        let mut step = self.along(&z);
        add(&mut step);
        self.inverse(&mut step);
        step.iter_mut().for_each(|s| *s = -*s);
        let promised = -dot(&step, &gradient);
        if promised.is_nan() || promised <= PROMISE * self.value {
            return false;
        }
        let bent = times(self.images, &step, k);
        let mut share = 1.0;
        for _ in 0..HALVINGS {
            let go = |from: &[f64], by: &[f64]| -> Vec<f64> {
                from.iter().zip(by).map(|(f, b)| f + share * b).collect()
            };
            let (a, outputs) = (go(&self.a, &step), go(&self.outputs, &bent));
            let value = self.value_of(&a, &outputs);
            if value <= self.value - ARMIJO * share * promised {
                (self.a, self.outputs, self.value) = (a, outputs, value);
                return true;
            }
            share *= 0.5;
        }
        false
    }

    /// `I + S W S`
    fn system(&self, roots: &[f64]) -> Mat<f64> {
        let (n, m, k) = (self.images.nrows(), self.images.ncols(), self.k);
        let (e, beta) = (self.smooth, self.problem.beta_sum());
        let norms: Vec<f64> = self.a.chunks_exact(k).map(norm).collect();
        let scaled = Mat::from_fn(n, m, |i, j| {
            self.images[(i, j)] * ((e + e.hypot(norms[j])) / beta).sqrt()
        });
        let mut each = Mat::<f64>::zeros(n, n);
        add_square(&mut each, &scaled);
        let largest = norms.iter().copied().fold(0.0, f64::max);
        let used: Vec<usize> = (0..m)
            .filter(|&j| norms[j] > NEGLIGIBLE * largest)
            .collect();
        let by = 1.0 / (beta * e).sqrt();
        let outer = Mat::from_fn(n * k, used.len(), |at, j| {
            let j = used[j];
            roots[at] * self.images[(at / k, j)] * self.a[j * k + at % k] * by
        });
        let mut system = Mat::<f64>::zeros(n * k, n * k);
        add_square(&mut system, &outer);
        for j in 0..n {
            for i in j..n {
                for o in 0..k {
                    system[(i * k + o, j * k + o)] +=
                        roots[i * k + o] * roots[j * k + o] * each[(i, j)];
                }
            }
        }
        for at in 0..n * k {
            system[(at, at)] += 1.0;
        }
        system
    }
}

/// The lower triangle of `sum += x x'`.
fn add_square(sum: &mut Mat<f64>, x: &Mat<f64>) {
    triangular::matmul(
        sum.as_mut(),
        BlockStructure::TriangularLower,
        Accum::Add,
        x.as_ref(),
        BlockStructure::Rectangular,
        x.transpose(),
        BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicBool, Ordering};

    use crelu_core::LossKind;
    use testkit::Stream;

    use super::*;

    /// Of optimality conditions, in units of the penalty: steps that promise 1e-9 of the objective are not made, and
    /// that is the square of what they would change in the slopes.
    const CONDITIONS: f64 = 1e-2;
    /// A weight has the direction of its slope to this.
    const DIRECTIONS: f64 = 1e-2;

    /// A problem whose rows are of no concern here, and images of which pairs hardly differ.
    fn case(kind: &LossKind, [n, m, k]: [usize; 3], seed: u64) -> (GlobalProblem, Mat<f64>) {
        let mut stream = Stream::new(seed);
        let target = match kind {
            LossKind::Softmax => (0..n * k)
                .map(|at| f64::from(u8::from(at % k == at / k * 7 % 5 % k)))
                .collect(),
            _ => (0..n * k).map(|_| stream.unit()).collect(),
        };
        let weights = (0..n).map(|i| 0.5 + (i % 3) as f64).collect();
        let loss = kind.of(target, k, Some(weights)).expect("a loss");
        let data = Mat::from_fn(2, n, |_, _| stream.unit());
        let problem = GlobalProblem::with_loss(data, loss, 0.05).expect("finite, of one shape");
        let half = Mat::from_fn(n, m / 2, |_, _| stream.unit().max(0.0));
        let images = Mat::from_fn(n, m, |i, j| half[(i, j / 2)] + 1e-4 * stream.unit().abs());
        (problem, images)
    }

    #[test]
    fn newton_meets_the_optimality_conditions() {
        for (kind, sizes) in [
            (LossKind::Squared, [20, 50, 3]),
            (LossKind::Softmax, [20, 50, 4]),
            (LossKind::Softmax, [12, 8, 2]),
            (LossKind::Huber { delta: vec![0.3] }, [15, 40, 2]),
        ] {
            let [_, m, k] = sizes;
            let (problem, images) = case(&kind, sizes, 3);
            let mut a = vec![0.0; m * k];
            path_newton(&problem, images.as_ref(), &mut a, &Control::default());
            let theta = problem.theta(&times(images.as_ref(), &a, k));
            let mut used = 0;
            for (j, a) in a.chunks_exact(k).enumerate() {
                let along: Vec<f64> = (0..k)
                    .map(|o| {
                        (0..images.nrows())
                            .map(|i| images[(i, j)] * theta[i * k + o])
                            .sum()
                    })
                    .collect();
                let price = norm(&along) / problem.beta_sum();
                assert!(price <= 1.0 + CONDITIONS, "{kind:?}, {j}: {price}");
                if norm(a) > 0.0 {
                    used += 1;
                    assert!(price >= 1.0 - 2.0 * CONDITIONS, "{kind:?}, {j}: {price}");
                    let cosine = dot(a, &along) / norm(a) / norm(&along);
                    assert!(cosine >= 1.0 - DIRECTIONS, "{kind:?}, {j}: {cosine}");
                }
            }
            assert!(used > 0, "{kind:?}");
        }
    }

    #[test]
    fn newton_goes_below_sweeps_where_columns_hardly_differ() {
        let (problem, images) = case(&LossKind::Squared, [20, 60, 3], 5);
        let k = 3;
        let value = |a: &[f64]| {
            let total: f64 = a.chunks_exact(k).map(norm).sum();
            problem.loss(&times(images.as_ref(), a, k)) + problem.beta_sum() * total
        };
        let control = Control::default();
        let mut by_newton = vec![0.0; 60 * k];
        path_newton(&problem, images.as_ref(), &mut by_newton, &control);
        // the same problem for the sweeps: rows by the roots of their weights
        let mut weights = vec![0.0; 20 * k];
        problem.curvature_into(&weights.clone(), &mut weights);
        let scaled = Mat::from_fn(20, 60, |i, j| weights[i * k].sqrt() * images[(i, j)]);
        let theta = problem.theta(&vec![0.0; 20 * k]);
        let along: Vec<f64> = (0..60 * k)
            .map(|at| {
                (0..20)
                    .map(|i| images[(i, at / k)] * theta[i * k + at % k])
                    .sum()
            })
            .collect();
        let bend = crate::bend::Bend::Rows(scaled);
        let mut swept = vec![0.0; 60 * k];
        let within = (problem.beta_sum(), 20_000);
        crate::group_lasso::group_lasso(&bend, &along, k, within, &mut swept, &control);
        let (newton, sweeps) = (value(&by_newton), value(&swept));
        assert!((newton / sweeps - 1.0).abs() <= 1e-4, "{newton}, {sweeps}");
    }

    #[test]
    fn newton_halted_ends_at_finite_weights() {
        let (problem, images) = case(&LossKind::Softmax, [20, 50, 4], 3);
        let flag = AtomicBool::new(true);
        let control = Control::default().interrupt(&flag);
        let mut a = vec![0.01; 50 * 4];
        path_newton(&problem, images.as_ref(), &mut a, &control);
        assert!(a.iter().all(|a| *a == 0.01), "nothing was done");
        flag.store(false, Ordering::Relaxed);
        path_newton(&problem, images.as_ref(), &mut a, &control);
        assert!(a.iter().all(|a| a.is_finite()) && a.contains(&0.0));
    }
}
