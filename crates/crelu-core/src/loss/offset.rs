use core::fmt;
use core::ops::Range;
use std::sync::Arc;

use super::sum::Sum;
use super::{Loss, RowLoss, Scaled};

/// A loss with a constant added to every row: what rows of equal features lose together when they
/// are one row with their mean target.
///
/// ```text
///     l(F) + sum_j c_j;     -l*(-theta) + sum_j c_j
/// ```
pub struct Offset {
    loss: Arc<dyn Loss>,
    /// One a row, at least 0.
    constants: Vec<f64>,
    /// Their sum, rounded down.
    total: f64,
}

impl Offset {
    /// Adds `constants`, one a row.
    ///
    /// # Panics
    /// If there is another number of them than of rows.
    #[must_use]
    pub fn new(loss: Arc<dyn Loss>, constants: Vec<f64>) -> Self {
        assert_eq!(constants.len(), loss.n_samples(), "constants: one a row");
        let mut sum = Sum::default();
        for constant in &constants {
            sum.add(*constant, *constant);
        }
        Self {
            loss,
            total: sum.down().max(0.0),
            constants,
        }
    }
}

impl fmt::Debug for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offset")
            .field("loss", &self.loss)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl Loss for Offset {
    fn name(&self) -> &'static str {
        self.loss.name()
    }
    fn n_samples(&self) -> usize {
        self.loss.n_samples()
    }
    fn outputs(&self) -> usize {
        self.loss.outputs()
    }
    fn mass(&self) -> f64 {
        self.loss.mass()
    }
    fn weight(&self, row: usize) -> f64 {
        self.loss.weight(row)
    }
    fn value_slope(&self, rows: Range<usize>, fitted: &[f64], slope: &mut [f64]) -> f64 {
        let constant: f64 = self.constants[rows.clone()].iter().sum();
        self.loss.value_slope(rows, fitted, slope) + constant
    }
    fn prox_into(&self, rows: Range<usize>, at: &[f64], rho: f64, out: &mut [f64]) {
        self.loss.prox_into(rows, at, rho, out);
    }
    fn dual(&self, theta: &[f64], most: f64) -> Scaled {
        let Scaled { scale, value } = self.loss.dual(theta, most);
        let sum = value + self.total;
        // one more rounding: downwards
        let value = sum - f64::EPSILON * sum.abs();
        Scaled { scale, value }
    }
    fn curvature_bound(&self) -> f64 {
        self.loss.curvature_bound()
    }
    fn curvature_into(&self, rows: Range<usize>, fitted: &[f64], out: &mut [f64]) {
        self.loss.curvature_into(rows, fitted, out);
    }
    fn is_quadratic(&self) -> bool {
        self.loss.is_quadratic()
    }
    fn by_rows(&self) -> Option<RowLoss<'_>> {
        let rows = self.loss.by_rows()?;
        let constant = rows.constant + self.constants.iter().sum::<f64>();
        Some(RowLoss { constant, ..rows })
    }
    fn best_scale(&self, fitted: &[f64], penalty: f64) -> f64 {
        self.loss.best_scale(fitted, penalty)
    }
}
