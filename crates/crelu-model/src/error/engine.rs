//! The errors of the engines, as a fit has them.

use crelu_convex::{ProgrammeError, ProgrammeSetting};
use crelu_global::GlobalError;

use super::{FitError, Setting};

impl From<ProgrammeError> for FitError {
    fn from(error: ProgrammeError) -> Self {
        use ProgrammeError as E;
        match error {
            E::Shape { what, want, got } => Self::Shape { what, want, got },
            E::NotFinite { what } => Self::NotFinite { what },
            E::Range { what } => Self::Range { what },
            E::Empty { rows, columns } => Self::Empty { rows, columns },
            E::NoPattern => Self::NoPattern,
            E::Memory { needed, limit } => Self::Memory { needed, limit },
            E::Setting { setting, problem } => Self::Setting {
                setting: setting.into(),
                problem,
            },
            E::Linalg(error) => Self::Linalg(error),
            E::Preconditioner(error) => Self::Preconditioner(error),
            E::Admm(error) => Self::Admm(error),
            other => Self::Programme(other),
        }
    }
}

impl From<ProgrammeSetting> for Setting {
    fn from(setting: ProgrammeSetting) -> Self {
        match setting {
            ProgrammeSetting::Splitting => Self::Splitting,
            ProgrammeSetting::Form => Self::Form,
            ProgrammeSetting::Backend => Self::Backend,
            ProgrammeSetting::Precision => Self::Precision,
            _ => Self::Iteration,
        }
    }
}

impl From<GlobalError> for FitError {
    fn from(error: GlobalError) -> Self {
        use GlobalError as E;
        match error {
            E::Shape { what, want, got } => Self::Shape { what, want, got },
            E::NotFinite { what } => Self::NotFinite { what },
            E::Loss(error) => Self::Loss(error),
            E::Linalg(error) => Self::Linalg(error),
            other => Self::Global(other),
        }
    }
}
