use core::ops::Range;
use std::sync::Arc;

use crelu_core::{Backend, Loss, LossKind, Subject};
use faer::{Mat, MatRef};
use linalg_core::{Control, SparseRows, in_pool};

use crate::engine::RowEngine;
use crate::error::GlobalError;
use crate::fused::Part;
use crate::host_rows::HostRows;
use crate::row_store::{Gathered, RowStore, largest_entry, largest_of};
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
    rank: usize,
    store: RowStore,
    narrow_scale: f64,
    /// Numbers of a row that passes go over, of all rows.
    entries: usize,
    /// The loss of all rows, and which of them are here.
    loss: Arc<dyn Loss>,
    span: Range<usize>,
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
        Self::made(Rows::Dense(data), loss, beta_sum, Arc::new(HostRows))
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
        Self::made(Rows::Dense(data), loss, beta_sum, Arc::new(engine))
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
        Self::made(Rows::Sparse(rows), loss, beta_sum, Arc::new(engine))
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
        Self::made(Rows::Sparse(rows), loss, beta_sum, Arc::new(HostRows))
    }

    fn made(
        rows: Rows,
        loss: Arc<dyn Loss>,
        beta_sum: f64,
        engine: Arc<dyn RowEngine>,
    ) -> Result<Self, GlobalError> {
        let span = engine.shards().map_or(0..rows.len(), Sharded::span);
        let all = engine.shards().map_or(rows.len(), Sharded::all);
        let right = rows.check(span.len(), beta_sum).and_then(|()| {
            let shape = |want, got| GlobalError::Shape {
                what: Subject::Target,
                want,
                got,
            };
            let fits = loss.n_samples() == all;
            fits.then_some(()).ok_or(shape(all, loss.n_samples()))
        });
        let (mut entries, mut largest) = (rows.entries(), rows.largest());
        if let Some(shards) = engine.shards() {
            // an error here is one everywhere: nobody goes on alone
            let rank = wide(rows.rank());
            let mut most = [f64::from(u8::from(right.is_err())), rank, -rank, largest];
            let mut sum = [wide(entries)];
            shards.try_join_largest(&mut most)?;
            shards.try_join(&mut sum)?;
            right?;
            if most[0] > 0.0 || most[1] != -most[2] {
                return Err(GlobalError::OtherProcess);
            }
            (entries, largest) = (narrow(sum[0]), most[3]);
        } else {
            right?;
        }
        let rank = rows.rank();
        let (store, narrow_scale) = rows.store(largest);
        Ok(Self {
            rank,
            store,
            narrow_scale,
            entries: entries.div_ceil(all.max(1)),
            loss,
            span,
            beta_sum,
            work: FlopCount::default(),
            engine,
        })
    }

    /// The problem of some of all its rows, with their loss.
    pub(crate) fn of_rows(
        &self,
        rows: &[usize],
        loss: Arc<dyn Loss>,
        beta_sum: f64,
    ) -> Result<Self, GlobalError> {
        let first = rows.partition_point(|row| *row < self.span.start);
        let end = rows.partition_point(|row| *row < self.span.end);
        let here: Vec<usize> = rows[first..end]
            .iter()
            .map(|row| row - self.span.start)
            .collect();
        let engine: Arc<dyn RowEngine> = match self.engine.shards() {
            Some(shards) => Arc::new(shards.of_part(first..end, rows.len())),
            None => Arc::new(HostRows),
        };
        let part = match &self.store {
            RowStore::Dense { wide, .. } => {
                let rank = self.rank;
                Rows::Dense(Mat::from_fn(rank, here.len(), |k, i| {
                    wide[here[i] * rank + k]
                }))
            }
            RowStore::Sparse { wide, .. } => Rows::Sparse(wide.select(&here)),
        };
        Self::made(part, loss, beta_sum, engine)
    }

    /// The same with another penalty.
    ///
    /// # Errors
    /// [`GlobalError::NotFinite`] for one that is NaN, infinite or negative.
    pub fn with_beta_sum(self, beta_sum: f64) -> Result<Self, GlobalError> {
        if beta_sum.is_finite() && beta_sum >= 0.0 {
            Ok(Self { beta_sum, ..self })
        } else {
            Err(GlobalError::NotFinite {
                what: Subject::Beta,
            })
        }
    }

    /// `R'`, `rank x n_samples`; none where the rows are sparse.
    #[must_use]
    pub fn data(&self) -> Option<MatRef<'_, f64>> {
        self.store.as_matrix(self.rank, self.n_samples())
    }

    /// Whether its rows are sparse.
    #[must_use]
    pub fn is_sparse(&self) -> bool {
        self.data().is_none()
    }

    /// Some samples.
    pub(crate) fn rows(&self, rows: core::ops::Range<usize>) -> Part<'_, f64> {
        self.store.wide(self.rank, rows)
    }

    /// All samples in `f32`, divided by the largest entry.
    pub(crate) fn narrow(&self) -> Part<'_, f32> {
        self.store.narrow(self.rank, self.n_samples())
    }

    /// A copy of some of them.
    pub(crate) fn gather(&self, rows: &[usize]) -> Gathered {
        self.store.gather(self.rank, rows)
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
        self.narrow_scale
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
        &self.loss
    }

    /// Outputs of a network, `K`.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.loss.outputs()
    }

    /// The penalty in sum scaling.
    #[must_use]
    pub fn beta_sum(&self) -> f64 {
        self.beta_sum
    }

    /// Coordinates of the data.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
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
        self.span.len()
    }

    /// Rows of all processes.
    pub(crate) fn n_all(&self) -> usize {
        self.loss.n_samples()
    }

    /// The rows that each process would have of an even division.
    pub(crate) fn rows_a_process(&self) -> usize {
        let processes = self.engine.shards().map_or(1, Sharded::processes);
        self.n_all().div_ceil(processes)
    }

    /// The rows of this process among all.
    pub(crate) fn span(&self) -> &Range<usize> {
        &self.span
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
        self.loss.curvature_into(self.span.clone(), fitted, out);
    }

    /// The best value of the dual at `c theta`, `0 <= c <= most`; 0 if it is not finite.
    pub(crate) fn dual_value(&self, theta: &[f64], most: f64) -> f64 {
        let value = match self.engine.shards() {
            None => self.loss.dual(theta, most).value,
            Some(shards) => {
                let all = shards.gather(theta, self.outputs());
                self.loss.dual(&all, most).value
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
        let first = self.span.start;
        let rows = rows.start + first..rows.end + first;
        self.loss.value_slope(rows, fitted, slope)
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

/// Rows that a problem is made of.
enum Rows {
    /// `rank x rows`.
    Dense(Mat<f64>),
    Sparse(SparseRows<f64>),
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Self::Dense(data) => data.ncols(),
            Self::Sparse(rows) => rows.n_rows(),
        }
    }

    fn rank(&self) -> usize {
        match self {
            Self::Dense(data) => data.nrows(),
            Self::Sparse(rows) => rows.n_columns(),
        }
    }

    fn entries(&self) -> usize {
        match self {
            Self::Dense(data) => data.nrows() * data.ncols(),
            Self::Sparse(rows) => rows.n_entries(),
        }
    }

    fn largest(&self) -> f64 {
        match self {
            Self::Dense(data) => largest_of(data),
            Self::Sparse(rows) => largest_entry(rows),
        }
    }

    /// Whether so many rows are wanted, and all numbers are finite; sparse rows are by their type.
    fn check(&self, want: usize, beta_sum: f64) -> Result<(), GlobalError> {
        if self.len() != want {
            return Err(GlobalError::Shape {
                what: Subject::Data,
                want,
                got: self.len(),
            });
        }
        let finite = match self {
            Self::Dense(data) => {
                let mut cells =
                    (0..data.ncols()).flat_map(|j| (0..data.nrows()).map(move |i| (i, j)));
                cells.all(|at| data[at].is_finite())
            }
            Self::Sparse(_) => true,
        };
        for (what, ok) in [
            (Subject::Data, finite),
            (Subject::Beta, beta_sum.is_finite() && beta_sum >= 0.0),
        ] {
            if !ok {
                return Err(GlobalError::NotFinite { what });
            }
        }
        Ok(())
    }

    fn store(self, largest: f64) -> (RowStore, f64) {
        match self {
            Self::Dense(data) => RowStore::dense(&data, largest),
            Self::Sparse(rows) => RowStore::sparse(rows, largest),
        }
    }
}
