use linalg_core::LinalgError;

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
    /// A number is out of its range.
    #[error("{what} is {value}, must be {range}")]
    Range {
        /// The argument.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The values it may have.
        range: &'static str,
    },
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
    /// Refuses what is not a finite number above zero, NaN included.
    pub(crate) fn positive(what: &'static str, value: f64) -> Result<(), Self> {
        if value.is_finite() && value > 0.0 {
            return Ok(());
        }
        let range = "a finite number above 0";
        Err(Self::Range { what, value, range })
    }

    /// Refuses another length than the one wanted.
    pub(crate) fn shape(what: &'static str, want: usize, got: usize) -> Result<(), Self> {
        if want == got {
            return Ok(());
        }
        Err(Self::Shape { what, want, got })
    }
}
