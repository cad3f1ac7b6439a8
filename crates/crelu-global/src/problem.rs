use std::sync::Arc;

use crelu_core::{Backend, Loss, LossKind, Subject};
use faer::{Mat, MatRef};

use crate::engine::RowEngine;
use crate::error::GlobalError;
use crate::host_rows::HostRows;
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
    /// A sample's coordinates together, one sample after the other.
    data: Vec<f64>,
    narrow: Vec<f32>,
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
        // the searches run in f32 on data of unit scale: no overflow whatever the units
        let largest = (0..data.ncols())
            .flat_map(|j| (0..data.nrows()).map(move |i| (i, j)))
            .fold(0.0_f64, |most, at| most.max(data[at].abs()));
        let scale = if largest > 0.0 { 1.0 / largest } else { 1.0 };
        let rank = data.nrows();
        let mut rows = Vec::with_capacity(rank * data.ncols());
        for i in 0..data.ncols() {
            rows.extend((0..rank).map(|k| data[(k, i)]));
        }
        let data = rows;
        let narrow: Vec<f32> = data
            .iter()
            .map(|x| linalg_core::Real::of(x * scale))
            .collect();
        Ok(Self {
            rank,
            data,
            narrow,
            narrow_scale: scale,
            loss,
            beta_sum,
            work: FlopCount::default(),
            engine: Arc::new(HostRows),
        })
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

    /// `R'`, `rank x n_samples`.
    #[must_use]
    pub fn data(&self) -> MatRef<'_, f64> {
        MatRef::from_column_major_slice(&self.data, self.rank, self.n_samples())
    }

    /// The coordinates of some samples, one after the other.
    pub(crate) fn rows(&self, rows: core::ops::Range<usize>) -> &[f64] {
        &self.data[rows.start * self.rank..rows.end * self.rank]
    }

    /// The same of all samples in `f32`, divided by the largest entry.
    pub(crate) fn narrow(&self) -> &[f32] {
        &self.narrow
    }

    /// What `R` is multiplied by there.
    pub(crate) fn narrow_scale(&self) -> f64 {
        self.narrow_scale
    }

    /// The same problem with its searches and slides on a device.
    ///
    /// # Errors
    /// [`GlobalError::Device`] where the rows do not fit there.
    #[cfg(feature = "wgpu")]
    pub fn on_device(mut self, device: &Arc<gpu_wgpu::Device>) -> Result<Self, GlobalError> {
        let rows = crate::device_rows::DeviceRows::new(device, &self)?;
        self.engine = Arc::new(rows);
        Ok(self)
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
