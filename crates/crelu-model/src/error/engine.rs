//! The errors of the engines, as a fit has them.

use crelu_convex::{ProgrammeError, ProgrammeSetting};
use crelu_global::GlobalError;
use linalg_core::SettingsError;

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
            E::Settings(error) => error.into(),
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
            E::Settings(error) => error.into(),
            E::Linalg(error) => Self::Linalg(error),
            other => Self::Global(other),
        }
    }
}

impl From<SettingsError> for FitError {
    fn from(error: SettingsError) -> Self {
        Self::SettingRange {
            setting: Setting::named(error.name).unwrap_or(Setting::Iteration),
            must_be: error.must_be,
        }
    }
}

impl FitError {
    /// The setting that it is about.
    #[must_use]
    pub fn setting(&self) -> Option<Setting> {
        match self {
            Self::Setting { setting, .. } | Self::SettingRange { setting, .. } => Some(*setting),
            _ => None,
        }
    }
}
