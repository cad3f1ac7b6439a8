//! Which loss, and its parameters from the training targets.

use crelu_core::LossKind;

use crate::coding::Coded;
use crate::error::{FitError, Setting};
use crate::settings::{FitSettings, LossChoice};
use crate::standardise::{deviation, median};

/// Residuals of a normal deviation up to which the huber loss is quadratic: 95 % as efficient as
/// the squared loss where residuals are normal (Huber 1964).
const NORMAL: f64 = 1.345;
/// The deviation of a normal distribution by its median distance from the median.
const BY_MEDIAN: f64 = 1.4826;

impl LossChoice {
    /// The loss of coded training targets, in their units.
    ///
    /// # Errors
    /// [`FitError::LossTask`] for a loss that does not suit them, [`FitError::Setting`] where no
    /// `delta` can be found.
    pub(crate) fn kind(
        self,
        coded: &Coded,
        weights: Option<&[f64]>,
        s: &FitSettings,
    ) -> Result<LossKind, FitError> {
        let refuse = |loss, problem| Err(FitError::LossTask { loss, problem });
        match (self, coded) {
            (Self::Auto | Self::Squared, Coded::Numbers { .. }) | (Self::Squared, _) => {
                Ok(LossKind::Squared)
            }
            (Self::Auto | Self::Logistic, Coded::Classes { classes: 2, .. }) => {
                Ok(LossKind::Logistic)
            }
            (Self::Auto | Self::Softmax, Coded::Classes { .. }) => Ok(LossKind::Softmax),
            (Self::Logistic, Coded::Classes { .. }) => refuse(
                "logistic",
                "is for two classes, the target has more: softmax, or squared",
            ),
            (Self::Logistic, Coded::Numbers { .. }) => refuse(
                "logistic",
                "is for labels, the target is numbers: squared or huber, or --task classify",
            ),
            (Self::Softmax, Coded::Numbers { .. }) => refuse(
                "softmax",
                "is for labels, the target is numbers: squared or huber, or --task classify",
            ),
            (Self::Huber, Coded::Classes { .. }) => refuse(
                "huber",
                "is for numbers, the target is labels: logistic, softmax or squared, or --task regress",
            ),
            (Self::Huber, Coded::Numbers { values, outputs }) => {
                let column = |k: usize| values.iter().skip(k).step_by(*outputs).copied().collect();
                let delta = |k| match s.huber_delta {
                    Some(delta) => Ok(delta),
                    None => delta_of(column(k), weights),
                };
                let delta: Result<Vec<f64>, _> = (0..*outputs).map(delta).collect();
                Ok(LossKind::Huber { delta: delta? })
            }
        }
    }
}

/// The residual up to which the loss of a target is quadratic, unless it is set.
fn delta_of(target: Vec<f64>, weights: Option<&[f64]>) -> Result<f64, FitError> {
    let middle = median(&target, weights);
    let far: Vec<f64> = target.iter().map(|y| (y - middle).abs()).collect();
    let usual = BY_MEDIAN * median(&far, weights);
    let spread = match usual > 0.0 {
        true => usual,
        // more than half of the targets are the same
        false => deviation(&target, weights),
    };
    let delta = NORMAL * spread;
    match delta.is_finite() && delta > 0.0 {
        true => Ok(delta),
        false => Err(FitError::Setting {
            setting: Setting::HuberDelta,
            problem: "a target that does not vary, or overflows, gives none: set it",
        }),
    }
}

/// The same loss of targets in units of `2^unit`.
pub(crate) fn in_units(kind: &LossKind, unit: i32) -> LossKind {
    match kind {
        LossKind::Huber { delta } => LossKind::Huber {
            delta: (delta.iter())
                .map(|d| crelu_core::power::scaled(*d, -unit))
                .collect(),
        },
        other => other.clone(),
    }
}
