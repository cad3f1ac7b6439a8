use linalg_core::Halt;

use crate::certificate::Certificate;
use crate::verify::VerifiedBound;

/// Why the tight bound stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TightStatus {
    /// The bound is within the tolerance of the network's objective: nothing is left to prove.
    Closed,
    /// The bound is within the tolerance of the relaxation's own value.
    Converged,
    /// The iterations are used up.
    IterationLimit,
    /// The time is used up.
    TimeLimit,
    /// The flag was raised.
    Interrupted,
}

/// Where the tight bound stands after one of its proofs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TightProgress {
    /// Iterations done.
    pub iteration: usize,
    /// The best verified bound so far, mean units.
    pub bound: f64,
    /// The relaxation's own value at this iteration, mean units: about what the bound can reach.
    /// No proof.
    pub relaxation: f64,
}

/// The best verified bound and its certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct TightReport {
    /// The best bound.
    pub bound: VerifiedBound,
    /// What it rests on: that of the start if nothing better was found.
    pub certificate: Certificate,
    /// Why it stopped.
    pub status: TightStatus,
    /// Iterations done.
    pub iterations: usize,
    /// Blocks of rows.
    pub blocks: usize,
    /// One entry a proof.
    pub history: Vec<TightProgress>,
}

impl TightReport {
    pub(super) fn ended(mut self, halt: Halt) -> Self {
        self.status = match halt {
            Halt::TimeLimit => TightStatus::TimeLimit,
            Halt::Interrupted => TightStatus::Interrupted,
        };
        self
    }
}
