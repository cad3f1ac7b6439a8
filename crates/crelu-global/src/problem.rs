use core::ops::Range;
use std::sync::Arc;

use crelu_core::{Backend, Loss, LossKind, Rows, Subject, TrainingSet};
use faer::{Mat, MatRef};
use linalg_core::{Control, DenseRows, SparseRows, in_pool};

use crate::engine::RowEngine;
use crate::error::GlobalError;
use crate::fused::Part;
use crate::host_rows::HostRows;
use crate::row_parts::{self, Gathered};
use crate::sharded::{Sharded, narrow, wide};
use crate::work::FlopCount;

/// The training problem over all neurons, in sum scaling:
///
/// ```text
///     J_sum = loss(sum_i c_i (R u_i)_+ a_i') + beta_sum sum_i c_i,   |u_i| = |a_i| = 1,  c_i >= 0
/// ```
///
/// **Shapes** `data` is `R'`: `rank x n_samples`, a sample's coordinates together; outputs and
/// `theta`: `K` numbers a sample.
#[derive(Debug, Clone)]
pub struct GlobalProblem {
    /// The rows that are here, and the loss of all.
    set: Arc<TrainingSet>,
    /// Numbers of a row that passes go over, of all rows.
    entries: usize,
    beta_sum: f64,
    work: FlopCount,
    engine: Arc<dyn RowEngine>,
}

impl GlobalProblem {
    /// The problem of squared loss and one output; `beta_sum` is `n_samples` times the `beta` of the
    /// mean objective.
    ///
    /// # Errors
    /// As [`with_loss`](Self::with_loss), and [`GlobalError::Loss`] for a target that is NaN or infinite.
    pub fn new(data: Mat<f64>, target: Vec<f64>, beta_sum: f64) -> Result<Self, GlobalError> {
        if data.ncols() != target.len() {
            return Err(GlobalError::Shape {
                what: Subject::Target,
                want: data.ncols(),
                got: target.len(),
            });
        }
        if target.iter().any(|y| !y.is_finite()) {
            return Err(GlobalError::NotFinite {
                what: Subject::Target,
            });
        }
        Self::with_loss(data, LossKind::Squared.of(target, 1, None)?, beta_sum)
    }

    /// Joins the parts; `beta_sum` is the mass of the loss times the `beta` of the mean objective.
    ///
    /// # Errors
    /// [`GlobalError::Shape`] when sizes do not fit, [`GlobalError::NotFinite`] for NaN or infinities.
    pub fn with_loss(
        data: Mat<f64>,
        loss: Arc<dyn Loss>,
        beta_sum: f64,
    ) -> Result<Self, GlobalError> {
        let rows = DenseRows::of_columns(data.as_ref());
        Self::of_set(Arc::new(TrainingSet::new(rows, loss)?), beta_sum)
    }

    /// The problem of a set that others may share.
    ///
    /// # Errors
    /// [`GlobalError::NotFinite`] for a penalty that is NaN, infinite or negative;
    /// [`GlobalError::Shape`] where the set holds only some rows of its loss.
    pub fn of_set(set: Arc<TrainingSet>, beta_sum: f64) -> Result<Self, GlobalError> {
        let (all, here) = (set.loss().n_samples(), set.rows().n_rows());
        if all != here {
            return Err(GlobalError::Shape {
                what: Subject::Data,
                want: all,
                got: here,
            });
        }
        checked(beta_sum)?;
        let entries = set.rows().entries();
        Ok(Self::made(set, entries, beta_sum, Arc::new(HostRows)))
    }

    /// The problem of rows that are divided over processes: `data` are those of this one, the loss is that of
    /// all rows, on every process. To all ranks of the engine at once; each then makes the same calls on its
    /// problem, and vectors with numbers for rows are of its own.
    ///
    /// # Errors
    /// As [`with_loss`](Self::with_loss), on all processes where on one: [`GlobalError::OtherProcess`] on the
    /// others; [`GlobalError::Exchange`] where the exchange fails.
    pub fn over_shards(
        data: Mat<f64>,
        loss: Arc<dyn Loss>,
        beta_sum: f64,
        engine: Sharded,
    ) -> Result<Self, GlobalError> {
        let rows = DenseRows::of_columns(data.as_ref()).into();
        Self::divided(rows, loss, beta_sum, engine)
    }

    /// The same of sparse rows.
    ///
    /// # Errors
    /// As [`over_shards`](Self::over_shards).
    pub fn over_sparse_shards(
        rows: SparseRows<f64>,
        loss: Arc<dyn Loss>,
        beta_sum: f64,
        engine: Sharded,
    ) -> Result<Self, GlobalError> {
        Self::divided(rows.into(), loss, beta_sum, engine)
    }

    /// The problem of sparse rows, `n_samples x rank`; passes go over their entries alone. Directions are
    /// dense: a neuron takes `rank` numbers.
    ///
    /// # Errors
    /// As [`with_loss`](Self::with_loss).
    pub fn of_sparse(
        rows: SparseRows<f64>,
        loss: Arc<dyn Loss>,
        beta_sum: f64,
    ) -> Result<Self, GlobalError> {
        Self::of_set(Arc::new(TrainingSet::new(rows, loss)?), beta_sum)
    }

    /// Of the rows of a process: an error here is one everywhere, and nobody goes on alone.
    fn divided(
        rows: Rows,
        loss: Arc<dyn Loss>,
        beta_sum: f64,
        engine: Sharded,
    ) -> Result<Self, GlobalError> {
        let (rank, entries, largest) = (wide(rows.width()), rows.entries(), rows.largest());
        let set = checked(beta_sum).and_then(|()| {
            let (what, want, got) = (Subject::Target, engine.all(), loss.n_samples());
            match want == got {
                true => Ok(TrainingSet::of_span(rows, loss, engine.span())?),
                false => Err(GlobalError::Shape { what, want, got }),
            }
        });
        let mut most = [f64::from(u8::from(set.is_err())), rank, -rank, largest];
        let mut sum = [wide(entries)];
        engine.try_join_largest(&mut most)?;
        engine.try_join(&mut sum)?;
        let set = set?;
        if most[0] > 0.0 || most[1] != -most[2] {
            return Err(GlobalError::OtherProcess);
        }
        let set = Arc::new(set.with_largest(most[3]));
        Ok(Self::made(set, narrow(sum[0]), beta_sum, Arc::new(engine)))
    }

    /// **Shapes** `entries`: of all rows.
    fn made(
        set: Arc<TrainingSet>,
        entries: usize,
        beta_sum: f64,
        engine: Arc<dyn RowEngine>,
    ) -> Self {
        Self {
            entries: entries.div_ceil(set.loss().n_samples().max(1)),
            set,
            beta_sum,
            work: FlopCount::default(),
            engine,
        }
    }

    /// The problem of some of all its rows, with their loss.
    pub(crate) fn of_rows(
        &self,
        rows: &[usize],
        loss: Arc<dyn Loss>,
        beta_sum: f64,
    ) -> Result<Self, GlobalError> {
        let span = self.span();
        let first = rows.partition_point(|row| *row < span.start);
        let end = rows.partition_point(|row| *row < span.end);
        let here: Vec<usize> = rows[first..end]
            .iter()
            .map(|row| row - span.start)
            .collect();
        let part = self.set.rows().select(&here);
        match self.engine.shards() {
            Some(shards) => {
                let engine = shards.of_part(first..end, rows.len());
                Self::divided(part, loss, beta_sum, engine)
            }
            None => Self::of_set(Arc::new(TrainingSet::new(part, loss)?), beta_sum),
        }
    }

    /// The same with another penalty.
    ///
    /// # Errors
    /// [`GlobalError::NotFinite`] for one that is NaN, infinite or negative.
    pub fn with_beta_sum(self, beta_sum: f64) -> Result<Self, GlobalError> {
        checked(beta_sum)?;
        Ok(Self { beta_sum, ..self })
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

    /// The same problem with its passes over the rows by another engine.
    #[must_use]
    pub fn with_engine(mut self, engine: Arc<dyn RowEngine>) -> Self {
        self.engine = engine;
        self
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

    pub(crate) fn engine(&self) -> &dyn RowEngine {
        self.engine.as_ref()
    }

    /// What runs the searches and slides, and what is to be said about it.
    #[must_use]
    pub fn engine_used(&self) -> (Backend, Option<String>) {
        (self.engine.backend(), self.engine.note())
    }

    /// Replaces sums over the rows here by those over all rows.
    pub(crate) fn join(&self, sums: &mut [f64]) {
        if let Some(shards) = self.engine.shards() {
            shards.join(sums);
        }
    }

    /// The same of a largest value.
    pub(crate) fn join_largest(&self, largest: f64) -> f64 {
        let mut value = [largest];
        if let Some(shards) = self.engine.shards() {
            shards.join_largest(&mut value);
        }
        value[0]
    }

    /// What joins the rows of several processes; none where all rows are here.
    pub(crate) fn shards(&self) -> Option<&Sharded> {
        self.engine.shards()
    }

    /// Whether all rows are here.
    pub(crate) fn is_whole(&self) -> bool {
        self.engine.shards().is_none()
    }

    /// The control by which all processes halt in one place.
    pub(crate) fn agreed<'c>(&'c self, control: &Control<'c>) -> Control<'c> {
        let agreed = |shards: &'c Sharded| shards.agreed(control);
        self.engine.shards().map_or(*control, agreed)
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
        let processes = self.engine.shards().map_or(1, Sharded::processes);
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
        let value = match self.engine.shards() {
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

fn checked(beta_sum: f64) -> Result<(), GlobalError> {
    if beta_sum.is_finite() && beta_sum >= 0.0 {
        return Ok(());
    }
    Err(GlobalError::NotFinite {
        what: Subject::Beta,
    })
}
