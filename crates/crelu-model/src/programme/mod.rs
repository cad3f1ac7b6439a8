//! The convex programme over fixed activation patterns, its iteration and its certificate.

mod certificate;
mod choose;
mod cone;
mod gate_start;
mod newton;
mod price;
mod primal;
mod solve;
mod source_system;
mod sparse_network;
mod three_block;
mod three_primal;
mod two_block;
mod working_set;

pub use certificate::{Certificate, FeasiblePoint, Multipliers};
pub use choose::{Choice, Form, Method};
pub use cone::ConeGroup;
pub use solve::{
    Backend, Check, FormChoice, Observer, Precision, PrimalChoice, ProgrammeSettings, Solution,
    Splitting, Switch, WarmStart, solve,
};
pub use source_system::SourceSystem;
pub use sparse_network::SparseNetwork;
pub use three_block::ThreeBlockProx;
pub use three_primal::{ConeBasis, ThreeBlockInner, ThreeBlockPrimal};

pub(crate) use choose::check_primal;
pub(crate) use solve::relative_gap;
pub(crate) use two_block::first_rho;

use std::sync::Arc;

use admm::Lift;
use faer::{Mat, MatRef};
use linalg_core::{Control, LinalgError, MaskedBlocks, Masks, Real, norm};

use crate::error::{FitError, Subject};

/// What a neuron computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `max(0, u'x)`: a pair of blocks a pattern, each inside the pattern's cone.
    Relu,
    /// `1[g'x >= 0] u'x`: one block a pattern, no constraint.
    Gated,
}

/// Patterns whose prices are taken between two questions to a control: a product of full speed, a
/// tenth of a second at 60000 rows of rank 784.
const AT_A_TIME: usize = 64;

/// A convex programme over given patterns, in sum scaling:
///
/// ```text
///     min_v  |sum_b s_b D_b R v_b - y|^2 / 2 + beta_sum sum_b |v_b|_2
///     ReLU:  (2 D_b - I) R v_b >= 0,  two blocks a pattern, s = +1 and -1
/// ```
///
/// **Shapes** `data` is `R'`: `rank x n_samples`; `masks`: `n_samples x n_patterns`; `gates`:
/// `rank x n_patterns`, in the coordinates of the data, with `D_b = 1[R g_b >= 0]`.
/// **Source** Pilanci & Ergen 2020, eq. 8; gated: Mishkin, Sahiner & Pilanci 2022, eq. 3.
#[derive(Debug, Clone)]
pub struct Programme {
    data: Arc<Mat<f64>>,
    masks: Masks,
    gates: Mat<f64>,
    target: Arc<Vec<f64>>,
    beta_sum: f64,
    activation: Activation,
    largest_row: f64,
}

impl Programme {
    /// Joins the parts; `beta_sum` is `n_samples` times the `beta` of the mean objective.
    ///
    /// # Errors
    /// [`FitError::Shape`] when sizes do not fit, [`FitError::NotFinite`] for NaN or infinities,
    /// [`FitError::Range`] for values whose squares overflow.
    pub fn new(
        data: Mat<f64>,
        masks: Masks,
        gates: Mat<f64>,
        target: Vec<f64>,
        beta_sum: f64,
        activation: Activation,
    ) -> Result<Self, FitError> {
        for (what, want, got) in [
            (Subject::Masks, data.ncols(), masks.n_samples()),
            (Subject::Target, data.ncols(), target.len()),
            (Subject::Gates, masks.n_blocks(), gates.ncols()),
            (Subject::GateCoordinates, data.nrows(), gates.nrows()),
        ] {
            if want != got {
                return Err(FitError::Shape { what, want, got });
            }
        }
        let largest_row = (0..data.ncols())
            .map(|i| norm(cone::column(data.as_ref(), i)))
            .fold(0.0, f64::max);
        // a fold by max passes over NaN: look at every number
        let finite = |m: MatRef<'_, f64>| {
            (0..m.ncols()).all(|j| (0..m.nrows()).all(|i| m[(i, j)].is_finite()))
        };
        for (what, ok) in [
            (Subject::Data, finite(data.as_ref())),
            (Subject::Gates, finite(gates.as_ref())),
            (Subject::Target, target.iter().all(|y| y.is_finite())),
            (Subject::Beta, beta_sum.is_finite() && beta_sum >= 0.0),
        ] {
            if !ok {
                return Err(FitError::NotFinite { what });
            }
        }
        // gradients, products and the objective of zero must be numbers
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let (count, misfit) = (target.len() as f64, norm(&target));
        for (what, size) in [
            (Subject::Data, largest_row.powi(2) * count),
            (Subject::Target, misfit.powi(2)),
            (Subject::DataTimesTarget, largest_row * misfit),
        ] {
            if !size.is_finite() {
                return Err(FitError::Range { what });
            }
        }
        Ok(Self {
            data: Arc::new(data),
            masks,
            gates,
            target: Arc::new(target),
            beta_sum,
            activation,
            largest_row,
        })
    }

    /// The programme over some of the patterns, in the order given.
    ///
    /// # Panics
    /// If an index is out of range.
    #[must_use]
    pub fn select(&self, patterns: &[usize]) -> Self {
        Self {
            data: Arc::clone(&self.data),
            masks: self.masks.select(patterns),
            gates: Mat::from_fn(self.rank(), patterns.len(), |k, j| {
                self.gates[(k, patterns[j])]
            }),
            target: Arc::clone(&self.target),
            ..*self
        }
    }

    /// `R'`, `rank x n_samples`.
    #[must_use]
    pub fn data(&self) -> MatRef<'_, f64> {
        Mat::as_ref(&self.data)
    }

    /// The data in another precision: themselves in `f64`, else a rounded copy made in `room`.
    pub(crate) fn data_as<'p, T: Real>(&'p self, room: &'p mut Option<Mat<T>>) -> MatRef<'p, T> {
        match T::view(self.data()) {
            Some(data) => data,
            None => {
                let rounded = |k, i| T::of(self.data[(k, i)]);
                Mat::as_ref(room.insert(Mat::from_fn(self.rank(), self.n_samples(), rounded)))
            }
        }
    }

    /// The patterns.
    #[must_use]
    pub fn masks(&self) -> &Masks {
        &self.masks
    }

    /// The gate vectors, `rank x n_patterns`.
    #[must_use]
    pub fn gates(&self) -> MatRef<'_, f64> {
        self.gates.as_ref()
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

    /// What a neuron computes.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Rows of the data.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.data.ncols()
    }

    /// Coordinates of the data.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.data.nrows()
    }

    /// Patterns.
    #[must_use]
    pub fn n_patterns(&self) -> usize {
        self.masks.n_blocks()
    }

    /// Blocks of `v`: two a pattern for ReLU (all positive ones first), one for gated.
    #[must_use]
    pub fn n_blocks(&self) -> usize {
        match self.activation {
            Activation::Relu => 2 * self.n_patterns(),
            Activation::Gated => self.n_patterns(),
        }
    }

    /// The pattern of a block.
    #[must_use]
    pub fn pattern(&self, block: usize) -> usize {
        block % self.n_patterns()
    }

    /// The sign of a block.
    #[must_use]
    pub fn sign(&self, block: usize) -> f64 {
        if block < self.n_patterns() { 1.0 } else { -1.0 }
    }

    /// How blocks are made of copies of the masked data.
    #[must_use]
    pub fn lift(&self) -> Lift {
        match self.activation {
            Activation::Relu => Lift::Mirrored,
            Activation::Gated => Lift::Single,
        }
    }

    /// The masked data as an operator.
    #[must_use]
    pub fn blocks(&self) -> MaskedBlocks<'_, f64> {
        MaskedBlocks::new(self.data(), &self.masks)
    }

    /// The largest norm of a row of `R`.
    #[must_use]
    pub fn largest_row(&self) -> f64 {
        self.largest_row
    }

    /// Half the squared norm of the target: the objective of the zero network.
    #[must_use]
    pub fn zero_objective(&self) -> f64 {
        0.5 * linalg_core::dot(&self.target, &self.target)
    }

    /// `max_i |R' D_i y|_2`: at or above this `beta_sum` the gated optimum is zero, and so is the
    /// ReLU one (whose threshold may be lower).
    #[must_use]
    pub fn zero_threshold(&self) -> f64 {
        match self.zero_threshold_within(&Control::default()) {
            Ok(threshold) => threshold,
            Err(_) => unreachable!("a control without limit and flag never halts"),
        }
    }

    /// [`zero_threshold`](Self::zero_threshold) within the limit of `control`.
    ///
    /// # Errors
    /// [`LinalgError::Halted`].
    pub fn zero_threshold_within(&self, control: &Control<'_>) -> Result<f64, LinalgError> {
        use linalg_core::LinearOperator;
        let all: Vec<usize> = (0..self.n_patterns()).collect();
        let mut largest = 0.0_f64;
        for some in all.chunks(AT_A_TIME) {
            if control.halt().is_some() {
                return Err(LinalgError::Halted);
            }
            let masks = self.masks.select(some);
            let blocks = MaskedBlocks::new(self.data(), &masks);
            let mut price = vec![0.0; blocks.cols()];
            let mut scratch = vec![0.0; blocks.scratch_len()];
            blocks.apply_adjoint(&self.target, &mut price, &mut scratch);
            let sizes = price.chunks_exact(self.rank().max(1)).map(norm);
            largest = sizes.fold(largest, f64::max);
        }
        Ok(largest)
    }

    /// The same programme under another penalty.
    #[must_use]
    pub fn with_beta_sum(mut self, beta_sum: f64) -> Self {
        self.beta_sum = beta_sum;
        self
    }
}
