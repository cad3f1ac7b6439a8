use crate::coding::Task;
use crate::error::{FitError, Setting};
use crate::report::{Score, ScoreKind};
use serde::Serialize;

/// What held-out rows are scored by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Metric {
    /// Mean of `-log p` of the right label; smaller is better.
    LogLoss,
    /// Share of rows with the right label; larger is better.
    Accuracy,
    /// Mean square of what the probability lacks; smaller is better.
    Brier,
    /// Coefficient of determination; larger is better.
    R2,
    /// Mean loss of the training, without the penalty; smaller is better.
    Loss,
}

const OF_NUMBERS: &str = "numbers are scored by r2 or loss";
const OF_LABELS: &str = "labels are scored by accuracy, log_loss, brier or loss";

impl Metric {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::LogLoss,
        Self::Accuracy,
        Self::Brier,
        Self::R2,
        Self::Loss,
    ];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LogLoss => "log_loss",
            Self::Accuracy => "accuracy",
            Self::Brier => "brier",
            Self::R2 => "r2",
            Self::Loss => "loss",
        }
    }

    /// Whether a larger value is a better one.
    #[must_use]
    pub fn larger_is_better(self) -> bool {
        matches!(self, Self::Accuracy | Self::R2)
    }

    /// What suits a score of a fit with a loss: the accuracy for labels under the squared loss, whose outputs
    /// are no probabilities, the logarithm's loss for labels under another, r2 for numbers.
    pub(super) fn of_score(score: &Score, loss: &str) -> Self {
        match score.kind {
            ScoreKind::Labels { .. } if loss == "squared" => Self::Accuracy,
            ScoreKind::Labels { .. } => Self::LogLoss,
            ScoreKind::Numbers { .. } => Self::R2,
        }
    }

    /// Whether a task can be scored by it, whatever the loss.
    ///
    /// # Errors
    /// [`FitError::Setting`] where it cannot.
    pub(super) fn check(self, task: Task) -> Result<(), FitError> {
        let problem = match (self, task) {
            (Self::Accuracy | Self::LogLoss | Self::Brier, Task::Regress) => OF_NUMBERS,
            (Self::R2, Task::Classify) => OF_LABELS,
            _ => return Ok(()),
        };
        Err(FitError::Setting {
            setting: Setting::Metric,
            problem,
        })
    }

    /// Its value of a score.
    ///
    /// # Errors
    /// [`FitError::Setting`] where scores of this kind have none.
    pub fn value(self, score: &Score) -> Result<f64, FitError> {
        let value = match (self, score.kind) {
            (Self::Loss, _) => Some(score.loss),
            (Self::Accuracy, ScoreKind::Labels { accuracy, .. }) => Some(accuracy),
            (Self::LogLoss, ScoreKind::Labels { log_loss, .. }) => log_loss,
            (Self::Brier, ScoreKind::Labels { brier, .. }) => brier,
            (Self::R2, ScoreKind::Numbers { r2 }) => Some(r2),
            _ => None,
        };
        value.ok_or(FitError::Setting {
            setting: Setting::Metric,
            problem: match score.kind {
                ScoreKind::Numbers { .. } => OF_NUMBERS,
                ScoreKind::Labels { .. } if self == Self::R2 => OF_LABELS,
                ScoreKind::Labels { .. } => {
                    "the squared loss of more than two classes has no probabilities: accuracy or loss"
                }
            },
        })
    }
}
