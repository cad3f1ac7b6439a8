use std::sync::Arc;

use crelu_core::{Backend, Loss, LossKind, Subject};
use faer::{Mat, MatRef};
use linalg_core::SparseRows;

use crate::engine::RowEngine;
use crate::error::GlobalError;
use crate::fused::Part;
use crate::host_rows::HostRows;
use crate::row_store::{Gathered, RowStore};
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
    loss: Arc<dyn Loss>,
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
        if data.ncols() != loss.n_samples() {
            return Err(GlobalError::Shape {
                what: Subject::Target,
                want: data.ncols(),
                got: loss.n_samples(),
            });
        }
        let finite = (0..data.ncols()).all(|j| (0..data.nrows()).all(|i| data[(i, j)].is_finite()));
        for (what, ok) in [
            (Subject::Data, finite),
            (Subject::Beta, beta_sum.is_finite() && beta_sum >= 0.0),
        ] {
            if !ok {
                return Err(GlobalError::NotFinite { what });
            }
        }
        let rank = data.nrows();
        Ok(Self::of_store(rank, RowStore::dense(&data), loss, beta_sum))
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
        if rows.n_rows() != loss.n_samples() {
            return Err(GlobalError::Shape {
                what: Subject::Target,
                want: rows.n_rows(),
                got: loss.n_samples(),
            });
        }
        if !(beta_sum.is_finite() && beta_sum >= 0.0) {
            return Err(GlobalError::NotFinite {
                what: Subject::Beta,
            });
        }
        let rank = rows.n_columns();
        Ok(Self::of_store(rank, RowStore::sparse(rows), loss, beta_sum))
    }

    fn of_store(
        rank: usize,
        (store, narrow_scale): (RowStore, f64),
        loss: Arc<dyn Loss>,
        beta_sum: f64,
    ) -> Self {
        Self {
            rank,
            store,
            narrow_scale,
            loss,
            beta_sum,
            work: FlopCount::default(),
            engine: Arc::new(HostRows),
        }
    }

    /// The problem of some of its rows and of their loss.
    pub(crate) fn of_rows(
        &self,
        rows: &[usize],
        loss: Arc<dyn Loss>,
        beta_sum: f64,
    ) -> Result<Self, GlobalError> {
        match &self.store {
            RowStore::Dense { wide, .. } => {
                let rank = self.rank;
                let data = Mat::from_fn(rank, rows.len(), |k, i| wide[rows[i] * rank + k]);
                Self::with_loss(data, loss, beta_sum)
            }
            RowStore::Sparse { wide, .. } => Self::of_sparse(wide.select(rows), loss, beta_sum),
        }
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
        self.store.entries(self.rank)
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

    /// The loss.
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

    /// Rows of the data.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.loss.n_samples()
    }

    /// The loss of predictions, in sum scaling.
    #[must_use]
    pub fn loss(&self, fitted: &[f64]) -> f64 {
        self.loss.value(fitted)
    }

    /// `theta`, minus the gradient of the loss at predictions.
    #[must_use]
    pub fn theta(&self, fitted: &[f64]) -> Vec<f64> {
        self.loss.theta(fitted)
    }

    /// The loss of some rows, and its derivative by their predictions.
    pub(crate) fn loss_of_rows(
        &self,
        rows: core::ops::Range<usize>,
        fitted: &[f64],
        slope: &mut [f64],
    ) -> f64 {
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
        let value = self.loss.dual(theta, most).value;
        if value.is_finite() { value } else { 0.0 }
    }

    /// A price in units of `beta_sum`; finite for a `beta_sum` of zero too.
    pub(crate) fn relative(&self, price: f64) -> f64 {
        price / self.beta_sum.max(f64::MIN_POSITIVE.sqrt())
    }
}
