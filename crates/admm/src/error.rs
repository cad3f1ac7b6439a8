use core::error::Error;
use core::fmt;
use std::sync::Arc;

use krylov::KrylovError;
use linalg_core::{LinalgError, SettingsError};

/// What a primal step can run into.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PrimalError {
    /// The factorisation failed, or its shapes do not fit.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
    /// The inner iteration failed.
    #[error(transparent)]
    Krylov(#[from] KrylovError),
    /// The corrections of a factor of lower precision leave more than half of the digits wrong.
    #[error("the factor of lower precision is too coarse: relative residual {residual:e}")]
    Inaccurate {
        /// The relative residual that was reached.
        residual: f64,
    },
    /// A block descent met NaN or an infinity.
    #[error("a gradient that is not finite in sweep {sweep}")]
    NotFinite {
        /// The sweep that met it; 0: the start.
        sweep: usize,
    },
    /// A penalty parameter, or what is made of it, is outside its range.
    #[error(transparent)]
    Setting(#[from] SettingsError),
    /// A solve was asked for before a penalty was set.
    #[error("set_penalty must come before solve")]
    NoPenalty,
    /// A primal step from outside this crate failed, for a reason of its own.
    #[error(transparent)]
    Foreign(ForeignError),
}

impl PrimalError {
    /// Wraps the error of a primal step from outside this crate.
    pub fn foreign(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Foreign(ForeignError::new(error))
    }
}

/// An error of another crate, shared; two are equal if they say the same.
#[derive(Debug, Clone)]
pub struct ForeignError(Arc<dyn Error + Send + Sync>);

impl ForeignError {
    /// Shares an error.
    pub fn new(error: impl Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }
}

impl PartialEq for ForeignError {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl fmt::Display for ForeignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for ForeignError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// Why there is no iterate worth reading.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmmError {
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
    /// The penalty parameter of the state, or a setting, is outside its range.
    #[error(transparent)]
    Setting(#[from] SettingsError),
    /// The primal step failed.
    #[error(transparent)]
    Primal(#[from] PrimalError),
    /// The iterate holds NaN or an infinity.
    #[error("iterate is not finite at iteration {iteration} in {precision}")]
    NotFinite {
        /// The iteration that made it.
        iteration: usize,
        /// The precision of the iteration.
        precision: &'static str,
    },
}
