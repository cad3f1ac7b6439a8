//! Losses: what training and bounds ask of them.

mod by_rows;
mod exponential;
mod huber;
mod kind;
mod line;
mod logistic;
mod of_targets;
mod offset;
mod scalar;
mod separable;
mod softmax;
mod squared;
mod sum;
mod weights;

use core::fmt;
use core::ops::Range;

pub use by_rows::RowLoss;
pub use huber::Huber;
pub use kind::LossKind;
pub use logistic::Logistic;
pub use offset::Offset;
pub use scalar::ScalarLoss;
pub use separable::Separable;
pub use softmax::Softmax;
pub use squared::Squared;

/// A dual point `scale theta` and the value of the dual there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaled {
    /// The scale, at least 0.
    pub scale: f64,
    /// The dual value, rounded down.
    pub value: f64,
}

/// The loss of `n` rows with `K` outputs each, with its targets and the weights of the rows.
///
/// ```text
///     l(F) = sum_j w_j l_j(f_j),     theta = -gradient of l at F
///     l(F) + penalty(F) >= -l*(-c theta)   wherever c theta is dual feasible
/// ```
///
/// **Shapes** `fitted`, `theta`, `slope`, `at`, `out`: `K` numbers a row, a row's together, for the
/// rows given or for all. **Units** sums over rows, with their weights.
pub trait Loss: fmt::Debug + Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Rows.
    fn n_samples(&self) -> usize;

    /// Outputs of a row.
    fn outputs(&self) -> usize;

    /// The sum of the weights of all rows: what a mean divides by.
    fn mass(&self) -> f64;

    /// The weight of a row.
    fn weight(&self, row: usize) -> f64;

    /// The loss of some rows, and its derivative by their outputs.
    ///
    /// # Panics
    /// If a length does not fit.
    fn value_slope(&self, rows: Range<usize>, fitted: &[f64], slope: &mut [f64]) -> f64;

    /// The proximal point of some rows, `argmin_p l(p) + rho |p - at|^2 / 2`.
    ///
    /// # Panics
    /// If a length does not fit, or `rho` is not positive.
    fn prox_into(&self, rows: Range<usize>, at: &[f64], rho: f64, out: &mut [f64]);

    /// The best dual point `c theta` with `0 <= c <= most` in the domain of the dual, all rows: its
    /// `-l*(-c theta)` is rounded down, so that no rounding makes a bound of it that is too high.
    ///
    /// # Panics
    /// If a length does not fit.
    fn dual(&self, theta: &[f64], most: f64) -> Scaled;

    /// A bound on the second derivative in any direction of a row's outputs, weights included.
    fn curvature_bound(&self) -> f64;

    /// A bound for each of some rows on the second derivative there, at their outputs: `K` numbers a
    /// row, the diagonal of a matrix that is at least the Hessian.
    ///
    /// # Panics
    /// If a length does not fit.
    fn curvature_into(&self, rows: Range<usize>, fitted: &[f64], out: &mut [f64]);

    /// Whether the loss is `(f - y)^2 / 2`, so that a minimisation over weights is a lasso.
    fn is_quadratic(&self) -> bool {
        false
    }

    /// What the loss of a row is made of, where an engine may have code of its own for it; none: the
    /// trait's functions are all there is.
    fn by_rows(&self) -> Option<RowLoss<'_>> {
        None
    }

    /// The factor of all outputs that is best for `l(t F) + t penalty`, `t >= 0`.
    ///
    /// **Cost** some ten passes over the rows at most.
    ///
    /// # Panics
    /// If a length does not fit.
    fn best_scale(&self, fitted: &[f64], penalty: f64) -> f64 {
        let (mut at, mut slope) = (fitted.to_vec(), vec![0.0; fitted.len()]);
        if self.is_quadratic() {
            let theta = self.theta(&vec![0.0; fitted.len()]);
            self.curvature_into(0..self.n_samples(), fitted, &mut slope);
            let cells = fitted.iter().zip(&slope);
            let square: f64 = cells.map(|(f, weight)| weight * f * f).sum();
            let best = (sum::dot(&theta, fitted) - penalty) / square;
            return if best.is_finite() { best.max(0.0) } else { 0.0 };
        }
        let mut rise = |t: f64| {
            for (at, f) in at.iter_mut().zip(fitted) {
                *at = t * f;
            }
            self.value_slope(0..self.n_samples(), &at, &mut slope);
            penalty + sum::dot(&slope, fitted)
        };
        if rise(0.0) >= 0.0 {
            return 0.0;
        }
        let mut most = 1.0;
        while rise(most) < 0.0 && most < line::MOST {
            most *= 2.0;
        }
        line::root(0.0, most, rise)
    }

    /// The loss of all rows.
    ///
    /// # Panics
    /// If the length does not fit.
    fn value(&self, fitted: &[f64]) -> f64 {
        self.value_slope(0..self.n_samples(), fitted, &mut vec![0.0; fitted.len()])
    }

    /// `theta`, minus the derivative at the outputs of all rows.
    ///
    /// # Panics
    /// If the length does not fit.
    fn theta(&self, fitted: &[f64]) -> Vec<f64> {
        let mut theta = vec![0.0; fitted.len()];
        self.value_slope(0..self.n_samples(), fitted, &mut theta);
        for value in &mut theta {
            *value = -*value;
        }
        theta
    }
}
