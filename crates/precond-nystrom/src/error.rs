use linalg_core::{LinalgError, SettingsError};

/// What the making of a preconditioner can refuse or run into.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PrecondError {
    /// Two lengths that must agree do not.
    #[error("{what}: length {got}, expected {want}")]
    Shape {
        /// The argument.
        what: &'static str,
        /// The length it must have.
        want: usize,
        /// The length it has.
        got: usize,
    },
    /// A setting, a shift or an entry is out of its range.
    #[error(transparent)]
    Setting(#[from] SettingsError),
    /// A product of the operator holds NaN or an infinity.
    #[error("a product of the operator holds a value that is not finite")]
    NotFinite,
    /// The operator is not positive semidefinite on the space that was sketched.
    #[error("the operator is not positive semidefinite: {value:e} on a direction of length 1")]
    NotPositive {
        /// The negative number met.
        value: f64,
    },
    /// A decomposition failed, or was stopped.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

impl PrecondError {
    /// Refuses another length than the one wanted.
    pub(crate) fn shape(what: &'static str, want: usize, got: usize) -> Result<(), Self> {
        if want == got {
            return Ok(());
        }
        Err(Self::Shape { what, want, got })
    }
}

/// Refuses what is not a finite number above zero, NaN included.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<(), SettingsError> {
    let holds = value.is_finite() && value > 0.0;
    SettingsError::unless(holds, name, value, "a finite number above 0")
}
