use core::fmt;

use admm::{AdmmError, ForeignError, PrimalError};
use crelu_core::{SetError, Subject};
use linalg_core::{LinalgError, SettingsError};

/// Why a programme could not be made or solved.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProgrammeError {
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
    /// Values so large that their squares overflow.
    #[error("{what}: values are too large to be squared, scale them down")]
    Range {
        /// Of what.
        what: Subject,
    },
    /// There are no rows, or no columns.
    #[error("the data have {rows} rows and {columns} columns: at least one of each is needed")]
    Empty {
        /// Rows.
        rows: usize,
        /// Coordinates.
        columns: usize,
    },
    /// A programme of sparse rows.
    #[error("a programme needs rows with all their numbers: these are sparse")]
    SparseRows,
    /// Every gate's pattern is empty.
    #[error("gates: no gate sees any row of the data")]
    NoPattern,
    /// The programme needs more memory than the limit allows, by every method.
    #[error("{needed} bytes are needed by the leanest method, the memory limit is {limit}")]
    Memory {
        /// Bytes the leanest method needs.
        needed: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A setting that does not go with the others.
    #[error("{setting}: {problem}")]
    Setting {
        /// The setting.
        setting: ProgrammeSetting,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A setting that is one number is outside its range.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
    /// A preconditioner could not be made.
    #[error(transparent)]
    Preconditioner(#[from] precond_nystrom::PrecondError),
    /// The device failed.
    #[error(transparent)]
    Device(ForeignError),
    /// The iteration failed.
    #[error(transparent)]
    Admm(#[from] AdmmError),
}

impl From<SetError> for ProgrammeError {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Shape { what, want, got } => Self::Shape { what, want, got },
            SetError::NotFinite { what } => Self::NotFinite { what },
        }
    }
}

/// A setting of a programme's solve, for errors about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProgrammeSetting {
    /// The splitting of the iteration.
    Splitting,
    /// The system of the linear solve.
    Form,
    /// The library of its products.
    Backend,
    /// The precision.
    Precision,
    /// Settings of the iteration that are made here.
    Iteration,
}

impl fmt::Display for ProgrammeSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Splitting => "splitting",
            Self::Form => "form",
            Self::Backend => "backend",
            Self::Precision => "precision",
            Self::Iteration => "iteration",
        })
    }
}

impl ProgrammeError {
    /// Whether something from outside failed: a device that is gone, or has no room.
    #[must_use]
    pub fn is_of_device(&self) -> bool {
        match self {
            Self::Device(_) => true,
            Self::Admm(error) => is_of_device(error),
            _ => false,
        }
    }
}

/// Whether a step from outside failed.
pub(crate) fn is_of_device(error: &AdmmError) -> bool {
    matches!(error, AdmmError::Primal(PrimalError::Foreign(_)))
}
