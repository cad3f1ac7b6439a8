use faer::{Mat, MatRef};

use super::work::FlopCount;
use crate::error::{FitError, Subject};
use crate::loss::SquaredLoss;

/// The training problem over all neurons, in sum scaling:
///
/// ```text
///     J_sum = loss(sum_i s_i c_i (R u_i)_+, y) + beta_sum sum_i c_i,   |u_i| = 1,  c_i >= 0
/// ```
///
/// **Shapes** `data` is `R'`: `rank x n_samples`, a sample's coordinates together.
#[derive(Debug, Clone)]
pub struct GlobalProblem {
    rank: usize,
    /// A sample's coordinates together, one sample after the other.
    data: Vec<f64>,
    narrow: Vec<f32>,
    narrow_scale: f64,
    target: Vec<f64>,
    beta_sum: f64,
    work: FlopCount,
}

impl GlobalProblem {
    /// Joins the parts; `beta_sum` is `n_samples` times the `beta` of the mean objective.
    ///
    /// # Errors
    /// [`FitError::Shape`] when sizes do not fit, [`FitError::NotFinite`] for NaN or infinities.
    pub fn new(data: Mat<f64>, target: Vec<f64>, beta_sum: f64) -> Result<Self, FitError> {
        if data.ncols() != target.len() {
            return Err(FitError::Shape {
                what: Subject::Target,
                want: data.ncols(),
                got: target.len(),
            });
        }
        let finite = (0..data.ncols()).all(|j| (0..data.nrows()).all(|i| data[(i, j)].is_finite()));
        for (what, ok) in [
            (Subject::Data, finite),
            (Subject::Target, target.iter().all(|y| y.is_finite())),
            (Subject::Beta, beta_sum.is_finite() && beta_sum >= 0.0),
        ] {
            if !ok {
                return Err(FitError::NotFinite { what });
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
            target,
            beta_sum,
            work: FlopCount::default(),
        })
    }

    /// `R'`, `rank x n_samples`.
    #[must_use]
    pub fn data(&self) -> MatRef<'_, f64> {
        MatRef::from_column_major_slice(&self.data, self.rank, self.n_samples())
    }

    /// The coordinates of some samples, one after the other.
    pub(super) fn rows(&self, rows: core::ops::Range<usize>) -> &[f64] {
        &self.data[rows.start * self.rank..rows.end * self.rank]
    }

    /// The same of all samples in `f32`, divided by the largest entry.
    pub(super) fn narrow(&self) -> &[f32] {
        &self.narrow
    }

    /// What `R` is multiplied by there.
    pub(super) fn narrow_scale(&self) -> f64 {
        self.narrow_scale
    }

    /// The targets.
    #[must_use]
    pub fn target(&self) -> &[f64] {
        &self.target
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

    pub(super) fn work(&self) -> &FlopCount {
        &self.work
    }

    /// Rows of the data.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.target.len()
    }

    /// The loss of predictions, in sum scaling.
    #[must_use]
    pub fn loss(&self, fitted: &[f64]) -> f64 {
        SquaredLoss.value(fitted, &self.target)
    }

    /// `theta`, minus the gradient of the loss at predictions.
    #[must_use]
    pub fn theta(&self, fitted: &[f64]) -> Vec<f64> {
        let mut theta = vec![0.0; fitted.len()];
        SquaredLoss.gradient_into(fitted, &self.target, &mut theta);
        for value in &mut theta {
            *value = -*value;
        }
        theta
    }

    /// The loss of some rows, and its derivative by their predictions.
    pub(super) fn loss_of_rows(
        &self,
        rows: core::ops::Range<usize>,
        fitted: &[f64],
        slope: &mut [f64],
    ) -> f64 {
        let target = &self.target[rows];
        SquaredLoss.gradient_into(fitted, target, slope);
        SquaredLoss.value(fitted, target)
    }

    /// A price in units of `beta_sum`; finite for a `beta_sum` of zero too.
    pub(super) fn relative(&self, price: f64) -> f64 {
        price / self.beta_sum.max(f64::MIN_POSITIVE.sqrt())
    }
}
