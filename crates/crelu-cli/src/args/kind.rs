//! The commands that train.

/// Which of the commands that train.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `fit`
    Fit,
    /// `path`
    Path,
}

impl Kind {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fit => "fit",
            Self::Path => "path",
        }
    }
}
