use faer::linalg::solvers::Solve;
use faer::{Accum, Mat, MatRef};
use linalg_core::{Control, Lbfgs, axpy, dot, norm, product};

use crate::problem::BoundProblem;
use crate::row_losses::{Losses, RowLoss};

/// A network that takes in the dearest neurons, until its residual proves it optimal.
pub trait Completion {
    /// The outputs for all rows, `[n_samples]`; none where there is no network to complete, and the proof does
    /// without.
    fn outputs(&mut self) -> Option<Vec<f64>>;

    /// Takes in a neuron `s (u'x)_+` and lowers the objective with it.
    ///
    /// **Shapes** `direction`: `[n_features]`, of about unit length.
    fn take_in(&mut self, direction: &[f64], sign: f64, control: &Control<'_>);
}

/// Sweeps of a correction over all weights between its Newton steps, and the share of the largest weight
/// that counts as a change.
const SWEEPS: usize = 20;
const STILL: f64 = 1e-12;
/// Newton steps on the weights of a correction, at most; a step is halved so often before it is given up.
const STEPS: usize = 60;
const HALVES: usize = 40;
/// What is added to the diagonal of the Hessian, of its largest entry: neurons may see the same rows.
const RIDGE: f64 = 1e-12;
/// Slopes of this share of the threshold are none: the bound that a network proves is short by as much.
const FLAT: f64 = 1e-11;
/// Iterations of a descent on all neurons.
const DESCENT: usize = 200;
/// Rows whose images are made in one product.
const BATCH: usize = 2048;

/// A network made of the neurons it was given, for data in few dimensions: after each of them the
/// weights are corrected by coordinate descent, and all neurons moved by L-BFGS.
pub(super) struct OwnNetwork<'a> {
    problem: &'a BoundProblem<'a>,
    losses: Losses,
    /// Unit directions, `[n_features]` each.
    directions: Vec<Vec<f64>>,
    signs: Vec<f64>,
    weights: Vec<f64>,
}

impl<'a> OwnNetwork<'a> {
    /// No neuron yet.
    pub(super) fn new(problem: &'a BoundProblem<'a>) -> Self {
        Self {
            problem,
            losses: Losses::new(problem),
            directions: Vec::new(),
            signs: Vec::new(),
            weights: Vec::new(),
        }
    }

    fn push(&mut self, direction: &[f64], sign: f64, weight: f64) {
        let length = norm(direction);
        if length > 0.0 {
            let unit = direction.iter().map(|u| u / length).collect();
            self.directions.push(unit);
            self.signs.push(sign);
            self.weights.push(weight);
        }
    }

    /// `(X u)_+` of every neuron, `n_samples x neurons`.
    fn images(&self) -> Mat<f64> {
        let (d, m) = (self.problem.n_features(), self.directions.len());
        let hidden = Mat::from_fn(d, m, |k, i| self.directions[i][k]);
        images(self.problem.x(), hidden.as_ref())
    }

    /// The weights of least objective for these directions: coordinate descent finds which are zero,
    /// Newton steps go the rest of the way, which is long for the first where neurons are alike. Neurons of
    /// weight zero leave.
    fn correct(&mut self) {
        let images = self.images();
        for _ in 0..STEPS {
            self.sweep(images.as_ref());
            if !self.step(images.as_ref()) {
                break;
            }
        }
        let kept: Vec<usize> = (0..self.weights.len())
            .filter(|&i| self.weights[i] > 0.0)
            .collect();
        self.directions = kept.iter().map(|&i| self.directions[i].clone()).collect();
        self.signs = kept.iter().map(|&i| self.signs[i]).collect();
        self.weights = kept.iter().map(|&i| self.weights[i]).collect();
    }

    /// The outputs of some weights on the images of these neurons.
    fn outputs_of(&self, images: MatRef<'_, f64>, weights: &[f64]) -> Vec<f64> {
        let mut f = vec![0.0; self.losses.len()];
        for (i, weight) in weights.iter().enumerate() {
            if let Some(h) = images.col(i).try_as_col_major() {
                axpy(self.signs[i] * weight, h.as_slice(), &mut f);
            }
        }
        f
    }

    fn objective(&self, f: &[f64], weights: &[f64]) -> f64 {
        let losses = f
            .iter()
            .enumerate()
            .map(|(row, f)| self.losses.at(row, *f).0);
        losses.sum::<f64>() + self.problem.threshold() * weights.iter().sum::<f64>()
    }

    /// A Newton step on the weights that are not at zero for good; false: none is needed, or none lowers
    /// the objective.
    fn step(&mut self, images: MatRef<'_, f64>) -> bool {
        let threshold = self.problem.threshold();
        let f = self.outputs_of(images, &self.weights);
        let theta: Vec<f64> = (f.iter().enumerate())
            .map(|(row, f)| self.losses.theta(row, *f))
            .collect();
        let slopes: Vec<f64> = (0..self.weights.len())
            .map(|i| {
                let gain = images.col(i).iter().zip(&theta).map(|(h, t)| h * t);
                threshold - self.signs[i] * gain.sum::<f64>()
            })
            .collect();
        let free: Vec<usize> = (0..self.weights.len())
            .filter(|&i| self.weights[i] > 0.0 || slopes[i] < 0.0)
            .collect();
        if free.iter().all(|&i| slopes[i].abs() <= FLAT * threshold) {
            return false;
        }
        // rows of no curvature get a little, or a step has no length
        let curved: Vec<f64> = (f.iter().enumerate())
            .map(|(row, f)| {
                let least = RIDGE * self.losses.curvature_bound(row);
                self.losses.curvature(row, *f).max(least)
            })
            .collect();
        let entry = |i: usize, j: usize| {
            let (a, b) = (images.col(i), images.col(j));
            let products = a
                .iter()
                .zip(b.iter())
                .zip(&curved)
                .map(|((a, b), c)| a * b * c);
            self.signs[i] * self.signs[j] * products.sum::<f64>()
        };
        let mut hessian = Mat::<f64>::zeros(free.len(), free.len());
        for (a, &i) in free.iter().enumerate() {
            for (b, &j) in free.iter().enumerate().take(a + 1) {
                hessian[(a, b)] = entry(i, j);
                hessian[(b, a)] = hessian[(a, b)];
            }
        }
        let most = (0..free.len()).fold(0.0, |most: f64, a| most.max(hessian[(a, a)]));
        (0..free.len()).for_each(|a| hessian[(a, a)] += RIDGE * most);
        let Ok(factor) = hessian.llt(faer::Side::Lower) else {
            return false;
        };
        let right = Mat::from_fn(free.len(), 1, |a, _| -slopes[free[a]]);
        let along = factor.solve(right);
        let before = self.objective(&f, &self.weights);
        let mut length = 1.0;
        for _ in 0..HALVES {
            let mut next = self.weights.clone();
            for (a, &i) in free.iter().enumerate() {
                next[i] = (next[i] + length * along[(a, 0)]).max(0.0);
            }
            let after = self.objective(&self.outputs_of(images, &next), &next);
            if after < before {
                self.weights = next;
                return true;
            }
            length *= 0.5;
        }
        false
    }

    /// Coordinate descent on the weights.
    fn sweep(&mut self, images: MatRef<'_, f64>) {
        let column = |i: usize| images.col(i).try_as_col_major().map(|c| c.as_slice());
        let mut f = self.outputs_of(images, &self.weights);
        for _ in 0..SWEEPS {
            let (mut moved, mut largest) = (0.0_f64, 0.0_f64);
            for i in 0..self.weights.len() {
                let Some(h) = column(i) else { continue };
                // the quadratic that touches the loss from above
                let (mut gain, mut square) = (0.0, 0.0);
                for (row, (f, h)) in f.iter().zip(h).enumerate() {
                    gain += self.losses.theta(row, *f) * h;
                    square += self.losses.curvature_bound(row) * h * h;
                }
                if square == 0.0 {
                    self.weights[i] = 0.0;
                    continue;
                }
                let slope = self.signs[i] * gain - self.problem.threshold();
                let next = (self.weights[i] + slope / square).max(0.0);
                let step = next - self.weights[i];
                axpy(self.signs[i] * step, h, &mut f);
                self.weights[i] = next;
                moved = moved.max(step.abs());
                largest = largest.max(next);
            }
            if moved <= STILL * largest {
                break;
            }
        }
    }

    /// All neurons together, balanced: `w = sqrt(c) u`, `a = sqrt(c)`.
    fn descend(&mut self, control: &Control<'_>) {
        let (d, m) = (self.problem.n_features(), self.directions.len());
        if m == 0 {
            return;
        }
        let mut x = vec![0.0; m * (d + 1)];
        for (i, weight) in self.weights.iter().enumerate() {
            let root = weight.sqrt();
            for (to, u) in x[i * d..].iter_mut().zip(&self.directions[i]) {
                *to = root * u;
            }
            x[m * d + i] = root;
        }
        let signs = std::mem::take(&mut self.signs);
        let (problem, losses) = (self.problem, &self.losses);
        let mut evaluate =
            |x: &[f64], gradient: &mut [f64]| balanced(problem, losses, &signs, x, gradient);
        let mut lbfgs = Lbfgs::new(x.len());
        lbfgs.minimise(&mut evaluate, &mut x, DESCENT, &mut |_| {
            control.halt().is_none()
        });
        self.directions.clear();
        self.weights.clear();
        for (i, sign) in signs.into_iter().enumerate() {
            let (w, a) = (&x[i * d..(i + 1) * d], x[m * d + i]);
            self.push(w, sign * a.signum(), norm(w) * a.abs());
        }
    }
}

impl Completion for OwnNetwork<'_> {
    fn outputs(&mut self) -> Option<Vec<f64>> {
        let images = self.images();
        let mut f = vec![0.0; self.losses.len()];
        for (i, weight) in self.weights.iter().enumerate() {
            for (f, h) in f.iter_mut().zip(images.col(i).iter()) {
                *f += self.signs[i] * weight * h;
            }
        }
        Some(f)
    }

    fn take_in(&mut self, direction: &[f64], sign: f64, control: &Control<'_>) {
        self.push(direction, sign, 0.0);
        self.correct();
        self.descend(control);
        self.correct();
    }
}

/// `(X w)_+`, `n_samples x columns of w`.
fn images(x: MatRef<'_, f64>, hidden: MatRef<'_, f64>) -> Mat<f64> {
    let mut images = Mat::zeros(x.nrows(), hidden.ncols());
    product(images.as_mut(), Accum::Replace, x, hidden, 1.0);
    for j in 0..images.ncols() {
        for i in 0..images.nrows() {
            images[(i, j)] = images[(i, j)].max(0.0);
        }
    }
    images
}

/// `sum_j w_j loss(f_j, y_j) + B sum_i (|w_i|^2 + a_i^2) / 2` of `f(x) = sum_i s_i a_i (w_i'x)_+`, and its
/// gradient, in batches of rows. `x` holds the `w_i`, then the `a_i`.
fn balanced(
    problem: &BoundProblem<'_>,
    losses: &Losses,
    signs: &[f64],
    x: &[f64],
    gradient: &mut [f64],
) -> f64 {
    let (d, m, n) = (problem.n_features(), signs.len(), problem.n_samples());
    let threshold = problem.threshold();
    let (w, a) = x.split_at(d * m);
    let hidden = MatRef::from_column_major_slice(w, d, m);
    let mut value = 0.5 * threshold * dot(x, x);
    for (g, x) in gradient.iter_mut().zip(x) {
        *g = threshold * x;
    }
    let mut first = 0;
    while first < n {
        let count = BATCH.min(n - first);
        let rows = problem.x().subrows(first, count);
        let mut h = images(rows, hidden);
        let misfit: Vec<f64> = (0..count)
            .map(|j| {
                let f: f64 = (0..m).map(|i| signs[i] * a[i] * h[(j, i)]).sum();
                let (loss, slope) = losses.at(first + j, f);
                value += loss;
                slope
            })
            .collect();
        for i in 0..m {
            for (j, e) in misfit.iter().enumerate() {
                gradient[d * m + i] += signs[i] * e * h[(j, i)];
                let open = f64::from(h[(j, i)] > 0.0);
                h[(j, i)] = open * signs[i] * a[i] * e;
            }
        }
        let mut slopes = Mat::<f64>::zeros(d, m);
        product(
            slopes.as_mut(),
            Accum::Replace,
            rows.transpose(),
            h.as_ref(),
            1.0,
        );
        for i in 0..m {
            for k in 0..d {
                gradient[i * d + k] += slopes[(k, i)];
            }
        }
        first += count;
    }
    value
}
