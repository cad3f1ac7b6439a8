use linalg_core::Halt;

/// How a solve ended. Whatever it says, the iterate handed back is worth reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// The stopping rule was met.
    Converged,
    /// The stopping rule was not met, but what is left to win is below what was asked for.
    Settled,
    /// The iteration limit came first.
    IterationLimit,
    /// The time limit came first.
    TimeLimit,
    /// No further progress in this precision.
    Stalled,
    /// The interruption flag was raised, or the callback said stop.
    Interrupted,
}

impl Status {
    /// Whether the stopping rule was met.
    #[must_use]
    pub fn is_converged(self) -> bool {
        self == Self::Converged
    }

    /// The name used in reports: `converged`, `settled`, `iteration_limit`, `time_limit`, `stalled`,
    /// `interrupted`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Settled => "settled",
            Self::IterationLimit => "iteration_limit",
            Self::TimeLimit => "time_limit",
            Self::Stalled => "stalled",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Halt> for Status {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::TimeLimit => Self::TimeLimit,
            Halt::Interrupted => Self::Interrupted,
        }
    }
}
