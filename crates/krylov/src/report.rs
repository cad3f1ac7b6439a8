/// How an iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CgStatus {
    /// The true residual is within the tolerance.
    Converged,
    /// The iteration limit was reached first.
    IterationLimit,
    /// The true residual no longer falls: the precision's limit.
    Stagnated,
    /// The [`Control`](linalg_core::Control) said stop.
    Halted,
}

impl CgStatus {
    /// Whether the true residual is within the tolerance.
    #[must_use]
    pub fn is_converged(self) -> bool {
        self == Self::Converged
    }
}

/// What an iteration reached, for one right-hand side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CgReport {
    /// How it ended.
    pub status: CgStatus,
    /// Products with the operator inside the iteration.
    pub iterations: usize,
    /// `|b - A x| / |b|` of the vector handed back, computed from it (0 for `b = 0`).
    pub residual: f64,
}
