use crelu_model::gates::{GateSampler, sample};
use crelu_model::programme::{Activation, Programme};
use crelu_model::{Task, global::GlobalProblem};
use faer::Mat;
use linalg_core::RowSpace;

use super::known;
use crate::sets;

/// Patterns, of seed 0, over which `beta_max` is taken, and the rank up to which an SVD reduces the
/// data: as `crelu fit` does it.
const BETA_PATTERNS: usize = 100;
const SVD_WIDTH: usize = 128;

/// A set at one penalty.
pub(crate) struct Case {
    pub(crate) set: String,
    pub(crate) task: Task,
    /// Preprocessed inputs, `width x n_samples`.
    pub(crate) inputs: Mat<f64>,
    pub(crate) target: Vec<f64>,
    /// Of `beta_max`.
    pub(crate) fraction: f64,
    /// Of the mean objective.
    pub(crate) beta: f64,
}

impl Case {
    /// A set of the tables at a share of `beta_max`; at the prototype's penalty where it has one.
    pub(crate) fn load(name: &str, fraction: f64) -> Result<Self, String> {
        let (_, raw) = sets::raw(name)?;
        let set = sets::load(name)?;
        let beta = match known::unit_beta(name) {
            Some(whole) => whole * fraction,
            None => fraction * beta_max(&set.inputs, &set.target)?,
        };
        Ok(Self {
            set: name.to_owned(),
            task: raw.task,
            inputs: set.inputs,
            target: set.target,
            fraction,
            beta,
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    pub(crate) fn count(&self) -> f64 {
        self.target.len() as f64
    }

    /// `SET|FRACTION`, the part of a row's name that says where it is.
    pub(crate) fn key(&self) -> String {
        key(&self.set, self.fraction)
    }
}

/// As [`Case::key`].
pub(crate) fn key(set: &str, fraction: f64) -> String {
    format!("{set}|{fraction}")
}

/// The data in the solver's coordinates.
pub(crate) fn row_space(inputs: &Mat<f64>) -> Result<RowSpace, String> {
    let (d, n) = (inputs.nrows(), inputs.ncols());
    Ok(if d > n {
        RowSpace::qr(inputs.transpose())
    } else if d <= SVD_WIDTH {
        RowSpace::svd(inputs.transpose()).map_err(|e| e.to_string())?
    } else {
        RowSpace::columns(inputs.transpose())
    })
}

/// The training problem in those coordinates, at `beta` of the mean objective.
pub(crate) fn problem(
    space: &RowSpace,
    target: &[f64],
    beta: f64,
) -> Result<GlobalProblem, String> {
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let beta_sum = beta * target.len() as f64;
    GlobalProblem::new(space.rows().to_owned(), target.to_vec(), beta_sum)
        .map_err(|e| e.to_string())
}

/// `max |X'D_i y| / n` over Gaussian patterns of seed 0.
pub(crate) fn beta_max(inputs: &Mat<f64>, target: &[f64]) -> Result<f64, String> {
    let gaussian = GateSampler::Gaussian;
    let found = sample(inputs.as_ref(), target, true, gaussian, BETA_PATTERNS, 0)
        .map_err(|e| e.to_string())?;
    let programme = Programme::new(
        inputs.to_owned(),
        found.masks,
        found.gates,
        target.to_vec(),
        0.0,
        Activation::Relu,
    )
    .map_err(|e| e.to_string())?;
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let count = target.len() as f64;
    Ok(programme.zero_threshold() / count)
}
