use std::sync::{Arc, OnceLock};

use admm::Lift;
use crelu_core::{Activation, Loss, LossKind, Rows, Subject, TrainingSet};
use faer::{Mat, MatRef};
use linalg_core::{
    Control, DenseRows, LinalgError, LinearOperator, MaskedBlocks, Masks, Real, norm,
    symmetric_eigenvalues,
};

use crate::error::ProgrammeError;
use crate::row_loss::RowLoss;

/// Patterns, times outputs, whose prices are taken between two questions to a control: a product of
/// full speed, a tenth of a second at 60000 rows of rank 784.
const AT_A_TIME: usize = 64;

/// A convex programme over given patterns, in sum scaling:
///
/// ```text
///     min_v  l(F v) + beta_sum sum_b |v_b|_2,   (F v)_k = sum_b s_b D_b R v_b
///     ReLU:  (2 D_b - I) R v_b >= 0,  two blocks a pattern, s = +1 and -1
/// ```
///
/// With several outputs `k` every block belongs to one of them: its neuron has the output weights
/// `+-e_k`. Rows of a weight `w` stand here times its root: the outputs of the programme, and those of
/// its points, are `sqrt(w)` times those of the network, and what they are compared with likewise. Cones
/// and patterns are the same.
///
/// **Shapes** `data` is `R'`: `rank x n_samples`; `masks`: `n_samples x n_patterns`; `gates`:
/// `rank x n_patterns`, in the coordinates of the data, with `D_b = 1[R g_b >= 0]`.
/// **Source** Pilanci & Ergen 2020, eq. 8; gated: Mishkin, Sahiner & Pilanci 2022, eq. 3.
#[derive(Debug, Clone)]
pub struct Programme {
    /// The rows: those of the training set, or times the roots of their weights.
    data: Arc<DenseRows<f64>>,
    /// The same in `f32`, once they were asked for.
    narrow: Arc<OnceLock<DenseRows<f32>>>,
    masks: Masks,
    gates: Mat<f64>,
    loss: RowLoss,
    /// The prices at the zero network, once they were asked for.
    at_zero: Arc<OnceLock<Vec<f64>>>,
    beta_sum: f64,
    activation: Activation,
    largest_row: f64,
}

impl Programme {
    /// The programme of squared loss; `beta_sum` is `n_samples` times the `beta` of the mean objective.
    ///
    /// # Errors
    /// [`ProgrammeError::Shape`] when sizes do not fit, [`ProgrammeError::NotFinite`] for NaN or infinities,
    /// [`ProgrammeError::Range`] for values whose squares overflow.
    pub fn new(
        data: Mat<f64>,
        masks: Masks,
        gates: Mat<f64>,
        target: Vec<f64>,
        beta_sum: f64,
        activation: Activation,
    ) -> Result<Self, ProgrammeError> {
        let (what, want, got) = (Subject::Target, data.ncols(), target.len());
        if want != got {
            return Err(ProgrammeError::Shape { what, want, got });
        }
        if target.iter().any(|y| !y.is_finite()) {
            return Err(ProgrammeError::NotFinite { what });
        }
        let rows = target.len();
        let loss = LossKind::Squared.of(target, 1, None);
        let columns = data.nrows();
        let loss = loss.map_err(|_| ProgrammeError::Empty { rows, columns })?;
        Self::of_loss(data, masks, gates, loss, beta_sum, activation)
    }

    /// The programme of a loss of any number of outputs, with its targets and weights; `beta_sum` is
    /// the sum of the weights times the `beta` of the mean objective.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_loss(
        data: Mat<f64>,
        masks: Masks,
        gates: Mat<f64>,
        loss: Arc<dyn Loss>,
        beta_sum: f64,
        activation: Activation,
    ) -> Result<Self, ProgrammeError> {
        let masked = (Subject::Masks, data.ncols(), masks.n_samples());
        if let (what, want, got) = masked
            && want != got
        {
            return Err(ProgrammeError::Shape { what, want, got });
        }
        let rows = DenseRows::of_columns(data.as_ref());
        drop(data);
        let set = TrainingSet::new(rows, loss)?;
        Self::of_set(&set, masks, gates, beta_sum, activation)
    }

    /// The programme of a training set, whose rows it shares unless they have weights other than 1.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`ProgrammeError::SparseRows`] where the rows are sparse.
    pub fn of_set(
        set: &TrainingSet,
        masks: Masks,
        gates: Mat<f64>,
        beta_sum: f64,
        activation: Activation,
    ) -> Result<Self, ProgrammeError> {
        let Rows::Dense(data) = set.rows() else {
            return Err(ProgrammeError::SparseRows);
        };
        let loss = RowLoss::new(Arc::clone(set.loss()));
        for (what, want, got) in [
            (Subject::Masks, data.n_rows(), masks.n_samples()),
            (Subject::Target, data.n_rows(), loss.n_samples()),
            (Subject::Gates, masks.n_blocks(), gates.ncols()),
            (Subject::GateCoordinates, data.width(), gates.nrows()),
        ] {
            if want != got {
                return Err(ProgrammeError::Shape { what, want, got });
            }
        }
        // a set's numbers are finite; times a root they may not be
        let (data, is_finite) = match loss.scales() {
            true => {
                let data = weighted(data, &loss);
                let is_finite = data.values().iter().all(|x| x.is_finite());
                (Arc::new(data), is_finite)
            }
            false => (Arc::clone(data), true),
        };
        let theta = loss.theta_at_zero();
        let largest_row = (0..data.n_rows())
            .map(|i| norm(data.row(i)))
            .fold(0.0, f64::max);
        // a fold by max passes over NaN: look at every number
        let finite = |m: MatRef<'_, f64>| {
            (0..m.ncols()).all(|j| (0..m.nrows()).all(|i| m[(i, j)].is_finite()))
        };
        for (what, ok) in [
            (Subject::Data, is_finite),
            (Subject::Gates, finite(gates.as_ref())),
            (Subject::Target, theta.iter().all(|y| y.is_finite())),
            (Subject::Beta, beta_sum.is_finite() && beta_sum >= 0.0),
        ] {
            if !ok {
                return Err(ProgrammeError::NotFinite { what });
            }
        }
        // gradients, products and the objective of zero must be numbers
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let (count, misfit) = (data.n_rows() as f64, norm(theta));
        for (what, size) in [
            (Subject::Data, largest_row.powi(2) * count),
            (Subject::Target, misfit.powi(2)),
            (Subject::DataTimesTarget, largest_row * misfit),
        ] {
            if !size.is_finite() {
                return Err(ProgrammeError::Range { what });
            }
        }
        Ok(Self {
            data,
            narrow: Arc::default(),
            masks,
            gates,
            loss,
            at_zero: Arc::default(),
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
            narrow: Arc::clone(&self.narrow),
            masks: self.masks.select(patterns),
            gates: Mat::from_fn(self.rank(), patterns.len(), |k, j| {
                self.gates[(k, patterns[j])]
            }),
            loss: self.loss.clone(),
            at_zero: Arc::default(),
            ..*self
        }
    }

    /// `R'`, `rank x n_samples`.
    #[must_use]
    pub fn data(&self) -> MatRef<'_, f64> {
        self.data.matrix()
    }

    /// The data in another precision, rounded once.
    pub(crate) fn data_as<T: Real>(&self) -> MatRef<'_, T> {
        let rounded = || self.data.map(f32::of);
        T::either(self.data(), || self.narrow.get_or_init(rounded).matrix())
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

    /// Minus the gradient of the loss at outputs of 0, a column an output: for squared loss these are
    /// the targets.
    #[must_use]
    pub fn target(&self) -> &[f64] {
        self.loss.theta_at_zero()
    }

    /// Minus the gradient of the loss at outputs in the rows of the programme, a column an output.
    #[must_use]
    pub fn theta(&self, fitted: &[f64]) -> Vec<f64> {
        self.loss.theta(fitted)
    }

    /// The loss in the rows of the programme.
    pub(crate) fn loss(&self) -> &RowLoss {
        &self.loss
    }

    /// Outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.loss.outputs()
    }

    /// Whether the loss is squared, so that it needs no split.
    #[must_use]
    pub fn is_least_squares(&self) -> bool {
        self.loss.is_quadratic()
    }

    /// Whether it is the squared loss of one output: what parts of the method are made for.
    pub(crate) fn is_plain(&self) -> bool {
        self.is_least_squares() && self.outputs() == 1
    }

    /// Outputs of a point of the programme as a loss and a network have them: `K` numbers a row.
    #[must_use]
    pub fn outputs_in_rows(&self, fitted: &[f64]) -> Vec<f64> {
        self.loss.outputs_in_rows(fitted)
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
        self.data.n_rows()
    }

    /// Coordinates of the data.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.data.width()
    }

    /// Patterns.
    #[must_use]
    pub fn n_patterns(&self) -> usize {
        self.masks.n_blocks()
    }

    /// Blocks of `v`, output by output: two a pattern for ReLU (all positive ones first), one for
    /// gated.
    #[must_use]
    pub fn n_blocks(&self) -> usize {
        self.outputs() * self.signs() * self.n_patterns()
    }

    /// Blocks of a pattern and an output.
    fn signs(&self) -> usize {
        match self.activation {
            Activation::Relu => 2,
            Activation::Gated => 1,
        }
    }

    /// The output of a block.
    #[must_use]
    pub fn output(&self, block: usize) -> usize {
        block / (self.signs() * self.n_patterns()).max(1)
    }

    /// The pattern of a block.
    #[must_use]
    pub fn pattern(&self, block: usize) -> usize {
        block % self.n_patterns()
    }

    /// The sign of a block.
    #[must_use]
    pub fn sign(&self, block: usize) -> f64 {
        if (block / self.n_patterns()).is_multiple_of(self.signs()) {
            1.0
        } else {
            -1.0
        }
    }

    /// How blocks are made of copies of the masked data.
    #[must_use]
    pub fn lift(&self) -> Lift {
        match self.activation {
            Activation::Relu => Lift::Mirrored,
            Activation::Gated => Lift::Single,
        }
    }

    /// The masked data as an operator, for one output.
    #[must_use]
    pub fn blocks(&self) -> MaskedBlocks<'_, f64> {
        MaskedBlocks::new(self.data(), &self.masks)
    }

    /// The largest norm of a row of `R`.
    #[must_use]
    pub fn largest_row(&self) -> f64 {
        self.largest_row
    }

    /// The objective of the zero network.
    #[must_use]
    pub fn zero_objective(&self) -> f64 {
        self.loss.value_at_zero()
    }

    /// `max_i |R' D_i theta|_2`, the largest singular value, with `theta` minus the gradient at the zero
    /// network: at or above this `beta_sum` the gated optimum is zero, and so is the ReLU one (whose
    /// threshold may be lower, as that of several outputs).
    #[must_use]
    pub fn zero_threshold(&self) -> f64 {
        // a decomposition that does not converge knows no threshold
        self.zero_threshold_within(&Control::default())
            .unwrap_or(f64::INFINITY)
    }

    /// [`zero_threshold`](Self::zero_threshold) within the limit of `control`.
    ///
    /// # Errors
    /// [`LinalgError::Halted`]; [`LinalgError::NoSvd`] of several outputs.
    pub fn zero_threshold_within(&self, control: &Control<'_>) -> Result<f64, LinalgError> {
        let (outputs, rank) = (self.outputs(), self.rank());
        let price = self.prices_at_zero(control)?;
        if outputs == 1 {
            let sizes = price.chunks_exact(rank.max(1)).map(norm);
            return Ok(sizes.fold(0.0, f64::max));
        }
        let cols = self.n_patterns() * rank;
        let mut largest = 0.0_f64;
        for k in 0..self.n_patterns() {
            let column = |o: usize| &price[o * cols + k * rank..o * cols + (k + 1) * rank];
            let gram = Mat::from_fn(outputs, outputs, |a, b| {
                linalg_core::dot(column(a), column(b))
            });
            let square = symmetric_eigenvalues(gram.as_ref())?;
            largest = square
                .iter()
                .map(|s| s.max(0.0).sqrt())
                .fold(largest, f64::max);
        }
        Ok(largest)
    }

    /// The prices of minus the gradient at outputs of 0; made once.
    pub(crate) fn prices_at_zero(&self, control: &Control<'_>) -> Result<&[f64], LinalgError> {
        if let Some(known) = self.at_zero.get() {
            return Ok(known);
        }
        let made = self.prices_within(self.target(), control)?;
        Ok(self.at_zero.get_or_init(|| made))
    }

    /// `R'D_i theta_k` of every pattern, output by output; `control` is asked on the way.
    pub(crate) fn prices_within(
        &self,
        theta: &[f64],
        control: &Control<'_>,
    ) -> Result<Vec<f64>, LinalgError> {
        let (outputs, rank) = (self.outputs(), self.rank());
        let cols = self.n_patterns() * rank;
        let mut price = vec![0.0; outputs * cols];
        let all: Vec<usize> = (0..self.n_patterns()).collect();
        let (mut part, mut scratch) = (Vec::new(), Vec::new());
        for some in all.chunks((AT_A_TIME / outputs).max(1)) {
            if control.halt().is_some() {
                return Err(LinalgError::Halted);
            }
            let masks = self.masks.select(some);
            let blocks = MaskedBlocks::new(self.data(), &masks);
            part.resize(outputs * blocks.cols(), 0.0);
            scratch.resize(blocks.block_scratch_len(outputs), 0.0);
            blocks.apply_adjoint_block(outputs, theta, &mut part, &mut scratch);
            for (o, part) in part.chunks_exact(blocks.cols().max(1)).enumerate() {
                let from = o * cols + some[0] * rank;
                price[from..from + part.len()].copy_from_slice(part);
            }
        }
        Ok(price)
    }

    /// The same programme under another penalty.
    #[must_use]
    pub fn with_beta_sum(mut self, beta_sum: f64) -> Self {
        self.beta_sum = beta_sum;
        self
    }
}

/// Rows times the roots of their weights.
fn weighted(data: &DenseRows<f64>, loss: &RowLoss) -> DenseRows<f64> {
    let mut out = data.clone();
    let width = data.width().max(1);
    for (j, row) in out.values_mut().chunks_exact_mut(width).enumerate() {
        let root = loss.root(j);
        row.iter_mut().for_each(|x| *x *= root);
    }
    out
}

/// Whether the programme has cones.
pub(crate) fn has_cones(programme: &Programme) -> bool {
    programme.activation() == Activation::Relu
}
