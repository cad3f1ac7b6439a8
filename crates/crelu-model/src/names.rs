//! The words by which choices stand in options, files and reports.

use crate::coding::Task;
use crate::report::TrainMode;
use crate::settings::LossChoice;

impl TrainMode {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Sampled, Self::Global];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::Global => "global",
        }
    }
}

impl LossChoice {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Auto,
        Self::Squared,
        Self::Logistic,
        Self::Softmax,
        Self::Huber,
    ];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Squared => "squared",
            Self::Logistic => "logistic",
            Self::Softmax => "softmax",
            Self::Huber => "huber",
        }
    }
}

crelu_core::written_by_name!(LossChoice, Task, TrainMode);
