use core::ops::Deref;
use std::sync::Arc;

use crelu_core::{Backend, Loss, LossKind, Rows, Subject, TrainingSet};
use faer::Mat;
use linalg_core::{DenseRows, SparseRows};

use crate::engine::row_engine::RowEngine;
use crate::error::GlobalError;
use crate::host_rows::HostRows;
use crate::row_problem::RowProblem;
use crate::sharded::{Sharded, narrow, wide};

/// The training problem over all neurons, in sum scaling:
///
/// ```text
///     J_sum = loss(sum_i c_i (R u_i)_+ a_i') + beta_sum sum_i c_i,   |u_i| = |a_i| = 1,  c_i >= 0
/// ```
///
/// **Shapes** `data` is `R'`: `rank x n_samples`, a sample's coordinates together; outputs and
/// `theta`: `K` numbers a sample.
///
/// It is a [`RowProblem`], with an engine for the passes over the rows.
#[derive(Debug, Clone)]
pub struct GlobalProblem {
    rows: RowProblem,
    engine: Arc<dyn RowEngine>,
}

impl Deref for GlobalProblem {
    type Target = RowProblem;

    fn deref(&self) -> &RowProblem {
        &self.rows
    }
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
        let rows = RowProblem::new(set, entries, beta_sum, None);
        let engine = Arc::new(HostRows);
        Ok(Self { rows, engine })
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
        let (rank, entries) = (wide(rows.width()), rows.entries());
        let set = checked(beta_sum).and_then(|()| {
            let (what, want, got) = (Subject::Target, engine.all(), loss.n_samples());
            match want == got {
                true => Ok(TrainingSet::of_span(rows, loss, engine.span())?),
                false => Err(GlobalError::Shape { what, want, got }),
            }
        });
        let largest = set.as_ref().map_or(0.0, TrainingSet::largest);
        let mut most = [f64::from(u8::from(set.is_err())), rank, -rank, largest];
        let mut sum = [wide(entries)];
        engine.try_join_largest(&mut most)?;
        engine.try_join(&mut sum)?;
        let set = set?;
        if most[0] > 0.0 || most[1] != -most[2] {
            return Err(GlobalError::OtherProcess);
        }
        let set = Arc::new(set.with_largest(most[3]));
        let shards = Arc::new(engine);
        let rows = RowProblem::new(set, narrow(sum[0]), beta_sum, Some(Arc::clone(&shards)));
        Ok(Self {
            rows,
            engine: shards,
        })
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
        let part = self.set().rows().select(&here);
        match self.shards() {
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
        Ok(Self {
            rows: self.rows.with_beta_sum(beta_sum),
            ..self
        })
    }

    /// The same problem with its passes over the rows by another engine.
    #[must_use]
    pub fn with_engine(mut self, engine: Arc<dyn RowEngine>) -> Self {
        self.engine = engine;
        self
    }

    pub(crate) fn engine(&self) -> &dyn RowEngine {
        self.engine.as_ref()
    }

    /// What runs the searches and slides, and what is to be said about it.
    #[must_use]
    pub fn engine_used(&self) -> (Backend, Option<String>) {
        (self.engine.backend(), self.engine.note())
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
