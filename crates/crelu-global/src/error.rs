use crelu_core::{SetError, Subject};
use linalg_core::{ExchangeError, LinalgError, SettingsError};

/// Why a problem could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GlobalError {
    /// Two sizes that must agree do not.
    #[error("{what}: {got}, expected {want}")]
    Shape {
        /// Of what.
        what: Subject,
        /// The size it must have.
        want: usize,
        /// The size it has.
        got: usize,
    },
    /// An argument holds NaN or an infinity.
    #[error("{what} holds a value that is not finite")]
    NotFinite {
        /// Of what.
        what: Subject,
    },
    /// The targets have no such loss.
    #[error(transparent)]
    Loss(#[from] crelu_core::LossError),
    /// A setting is outside its range.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Sparse rows and a device.
    #[error("sparse rows are trained on by the processor: --backend faer")]
    SparseOnDevice,
    /// The processes that hold the rows could not agree.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// What another process brought cannot be trained on.
    #[error("another process has rows that cannot be trained on: its own error says why")]
    OtherProcess,
    /// The linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

impl From<SetError> for GlobalError {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Shape { what, want, got } => Self::Shape { what, want, got },
            SetError::NotFinite { what } => Self::NotFinite { what },
        }
    }
}
