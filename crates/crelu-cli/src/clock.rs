//! The program's clock.

use std::time::Instant;

use crelu_model::Clock;

/// Seconds since the program started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProgramClock(Instant);

impl ProgramClock {
    /// Starts the clock.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for ProgramClock {
    fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
