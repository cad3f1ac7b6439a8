//! The rows of condition numbers: one a set and system.

use super::systems::Coordinates;

/// The systems whose condition is measured.
pub(crate) const SYSTEMS: [System; 3] = [System::Two, System::Three, System::Source];
/// The sets, with their coordinates.
pub(crate) const SETS: [(&str, Coordinates); 3] = [
    ("teacher 1000 x 100", Coordinates::Columns),
    ("demo images 7 x 14", Coordinates::Columns),
    ("demo images 7 x 14, SVD coordinates", Coordinates::Svd),
];

/// A linear system of the primal step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// `A'A + (rho / 2) I`, the reduced form of `F'F + rho I`.
    Two,
    /// `A'A + (rho / 2) I (x) K`, the reduced form with the cone copy.
    Three,
    /// `F'F / rho + I + G'G`, not reduced, the cone copy not scaled.
    Source,
}

impl System {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Two => "two-block, reduced",
            Self::Three => "three-block, reduced",
            Self::Source => "three-block, full: the source's",
        }
    }
}

pub(crate) fn key(set: &str, system: System) -> String {
    format!("condition|{set}|{}", system.name())
}
