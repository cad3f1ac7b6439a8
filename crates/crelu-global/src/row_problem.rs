use core::ops::Range;
use std::sync::Arc;

use crelu_core::{Loss, Rows, TrainingSet};
use faer::MatRef;
use linalg_core::{Control, in_pool};

use crate::error::GlobalError;
use crate::fused::Part;
use crate::row_parts::{self, Gathered};
use crate::sharded::Sharded;
use crate::work::FlopCount;

/// A training problem as what passes over its rows sees it: set, penalty, and what joins the rows of
/// several processes. [`GlobalProblem`](crate::GlobalProblem) is one with an engine for the passes.
#[derive(Debug, Clone)]
pub struct RowProblem {
    /// The rows that are here, and the loss of all.
    set: Arc<TrainingSet>,
    /// Numbers of a row that passes go over, of all rows.
    entries: usize,
    beta_sum: f64,
    work: FlopCount,
    shards: Option<Arc<Sharded>>,
}

impl RowProblem {
    /// **Shapes** `entries`: of all rows.
    pub(crate) fn new(
        set: Arc<TrainingSet>,
        entries: usize,
        beta_sum: f64,
        shards: Option<Arc<Sharded>>,
    ) -> Self {
        Self {
            entries: entries.div_ceil(set.loss().n_samples().max(1)),
            set,
            beta_sum,
            work: FlopCount::default(),
            shards,
        }
    }

    /// The same with another penalty.
    pub(crate) fn with_beta_sum(self, beta_sum: f64) -> Self {
        Self { beta_sum, ..self }
    }

    /// The rows that are here, and the loss of all.
    #[must_use]
    pub fn set(&self) -> &Arc<TrainingSet> {
        &self.set
    }

    /// `R'`, `rank x n_samples`; none where the rows are sparse.
    #[must_use]
    pub fn data(&self) -> Option<MatRef<'_, f64>> {
        match self.set.rows() {
            Rows::Dense(rows) => Some(rows.matrix()),
            Rows::Sparse(_) => None,
        }
    }

    /// Whether its rows are sparse.
    #[must_use]
    pub fn is_sparse(&self) -> bool {
        self.data().is_none()
    }

    /// Some samples.
    pub(crate) fn rows(&self, rows: core::ops::Range<usize>) -> Part<'_, f64> {
        row_parts::wide(&self.set, rows)
    }

    /// All samples in `f32`, divided by the largest entry.
    pub(crate) fn narrow(&self) -> Part<'_, f32> {
        row_parts::narrow(&self.set)
    }

    /// A copy of some of them.
    pub(crate) fn gather(&self, rows: &[usize]) -> Gathered {
        row_parts::gather(&self.set, rows)
    }

    /// Numbers of a row that passes go over: its coordinates, or of sparse rows their entries on average.
    pub(crate) fn entries(&self) -> usize {
        self.entries
    }

    /// The flops of a row, of which a task that sums up slopes is made: sparse rows are one task, since
    /// the sums are far longer than the rows, and their columns are shared out instead.
    pub(crate) fn slope_flops(&self, flops: usize) -> usize {
        if self.is_sparse() { 0 } else { flops }
    }

    /// What `R` is multiplied by there.
    #[must_use]
    pub fn narrow_scale(&self) -> f64 {
        self.set.narrow_scale()
    }

    /// All samples in `f32`, divided by the largest entry, `rank` numbers each: what a device takes.
    ///
    /// # Errors
    /// [`GlobalError::SparseOnDevice`] where the rows are sparse.
    pub fn narrow_rows(&self) -> Result<&[f32], GlobalError> {
        self.narrow().as_slice().ok_or(GlobalError::SparseOnDevice)
    }

    /// Counts `2 rows inner columns` flops, `times` over, towards the work of the problem.
    pub fn count_products(&self, times: usize, rows: usize, inner: usize, columns: usize) {
        self.work.add_products(times, rows, inner, columns);
    }

    /// Replaces sums over the rows here by those over all rows.
    pub(crate) fn join(&self, sums: &mut [f64]) {
        if let Some(shards) = self.shards.as_deref() {
            shards.join(sums);
        }
    }

    /// The same of a largest value.
    pub(crate) fn join_largest(&self, largest: f64) -> f64 {
        let mut value = [largest];
        if let Some(shards) = self.shards.as_deref() {
            shards.join_largest(&mut value);
        }
        value[0]
    }

    /// What joins the rows of several processes; none where all rows are here.
    pub(crate) fn shards(&self) -> Option<&Sharded> {
        self.shards.as_deref()
    }

    /// Whether all rows are here.
    pub(crate) fn is_whole(&self) -> bool {
        self.shards.as_deref().is_none()
    }

    /// The control by which all processes halt in one place.
    pub(crate) fn agreed<'c>(&'c self, control: &Control<'c>) -> Control<'c> {
        let agreed = |shards: &'c Sharded| shards.agreed(control);
        self.shards.as_deref().map_or(*control, agreed)
    }

    /// A chain of passes on a thread of the pool; of several processes on the own thread, since a thread
    /// that waits for others does nothing for the pool.
    pub(crate) fn chained<A: Send>(&self, work: impl FnOnce() -> A + Send) -> A {
        if self.is_whole() {
            in_pool(work)
        } else {
            work()
        }
    }

    /// The loss, of all rows.
    #[must_use]
    pub fn loss_of(&self) -> &Arc<dyn Loss> {
        self.set.loss()
    }

    /// Outputs of a network, `K`.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.set.loss().outputs()
    }

    /// The penalty in sum scaling.
    #[must_use]
    pub fn beta_sum(&self) -> f64 {
        self.beta_sum
    }

    /// Coordinates of the data.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.set.width()
    }

    /// Flops of the matrix products with the rows so far, in whatever precision: searches,
    /// outputs, gradients and Gram matrices.
    #[must_use]
    pub fn flops(&self) -> u64 {
        self.work.flops()
    }

    pub(crate) fn work(&self) -> &FlopCount {
        &self.work
    }

    /// Rows of the data, of this process where they are divided.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.span().len()
    }

    /// Rows of all processes.
    pub(crate) fn n_all(&self) -> usize {
        self.set.loss().n_samples()
    }

    /// The rows that each process would have of an even division.
    pub(crate) fn rows_a_process(&self) -> usize {
        let processes = self.shards.as_deref().map_or(1, Sharded::processes);
        self.n_all().div_ceil(processes)
    }

    /// The rows of this process among all.
    pub(crate) fn span(&self) -> &Range<usize> {
        self.set.span()
    }

    /// The loss of predictions, in sum scaling; predictions for the rows here, the loss of all rows.
    #[must_use]
    pub fn loss(&self, fitted: &[f64]) -> f64 {
        let rows = 0..self.n_samples();
        let mut value = [self.loss_of_rows(rows, fitted, &mut vec![0.0; fitted.len()])];
        self.join(&mut value);
        value[0]
    }

    /// `theta`, minus the gradient of the loss at predictions.
    #[must_use]
    pub fn theta(&self, fitted: &[f64]) -> Vec<f64> {
        let mut theta = vec![0.0; fitted.len()];
        self.loss_of_rows(0..self.n_samples(), fitted, &mut theta);
        for value in &mut theta {
            *value = -*value;
        }
        theta
    }

    /// The curvature of rows at predictions, `K` numbers a row.
    pub(crate) fn curvature_into(&self, fitted: &[f64], out: &mut [f64]) {
        self.set
            .loss()
            .curvature_into(self.span().clone(), fitted, out);
    }

    /// The best value of the dual at `c theta`, `0 <= c <= most`; 0 if it is not finite.
    pub(crate) fn dual_value(&self, theta: &[f64], most: f64) -> f64 {
        let value = match self.shards.as_deref() {
            None => self.set.loss().dual(theta, most).value,
            Some(shards) => {
                let all = shards.gather(theta, self.outputs());
                self.set.loss().dual(&all, most).value
            }
        };
        if value.is_finite() { value } else { 0.0 }
    }

    /// The loss of some rows, and its derivative by their predictions.
    pub(crate) fn loss_of_rows(
        &self,
        rows: core::ops::Range<usize>,
        fitted: &[f64],
        slope: &mut [f64],
    ) -> f64 {
        let first = self.span().start;
        let rows = rows.start + first..rows.end + first;
        self.set.loss().value_slope(rows, fitted, slope)
    }

    /// The lower bound on the optimum over all networks, in sum scaling, that holds if no unit neuron
    /// is priced above `max_price` times `beta_sum` at `theta`:
    ///
    /// ```text
    ///     max over 0 <= c <= 1 / max(1, max_price) of -l*(-c theta)
    /// ```
    ///
    /// Evidence where `max_price` comes from a search, proof where it is a proven bound on the price.
    /// **Source** the Fenchel dual over all neurons.
    ///
    /// # Panics
    /// If the length differs.
    #[must_use]
    pub fn search_bound(&self, theta: &[f64], max_price: f64) -> f64 {
        let most = 1.0 / max_price.max(1.0);
        if !most.is_finite() {
            return 0.0;
        }
        self.dual_value(theta, most)
    }

    /// A price in units of `beta_sum`; finite for a `beta_sum` of zero too.
    pub(crate) fn relative(&self, price: f64) -> f64 {
        price / self.beta_sum.max(f64::MIN_POSITIVE.sqrt())
    }
}
