use core::sync::atomic::{AtomicBool, Ordering};

/// A source of seconds, given by the caller: nothing in the numerical crates reads a clock of
/// its own.
pub trait Clock: Sync {
    /// Seconds since a fixed moment, never falling.
    fn seconds(&self) -> f64;
}

/// The clock of a caller that has none: always zero, so no time limit ever strikes.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoClock;

impl Clock for NoClock {
    fn seconds(&self) -> f64 {
        0.0
    }
}

/// Why a computation should end early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// The clock has passed the limit.
    TimeLimit,
    /// The flag was raised, from another thread or a signal handler.
    Interrupted,
}

/// The clock, the time limit on it and the interruption flag of a computation.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    clock: &'a dyn Clock,
    limit: Option<f64>,
    interrupt: Option<&'a AtomicBool>,
}

impl Default for Control<'_> {
    fn default() -> Self {
        Self {
            clock: &NoClock,
            limit: None,
            interrupt: None,
        }
    }
}

impl core::fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Control")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl<'a> Control<'a> {
    /// A control that reads `clock` and has no limit.
    #[must_use]
    pub fn with_clock(clock: &'a dyn Clock) -> Self {
        Self {
            clock,
            limit: None,
            interrupt: None,
        }
    }

    /// Sets the moment on the clock, in seconds, after which [`Control::halt`] says stop.
    #[must_use]
    pub fn limit(mut self, seconds: Option<f64>) -> Self {
        self.limit = seconds;
        self
    }

    /// Sets the flag whose `true` means: stop.
    #[must_use]
    pub fn interrupt(mut self, flag: Option<&'a AtomicBool>) -> Self {
        self.interrupt = flag;
        self
    }

    /// The same control without limit and flag, for work that must be completed.
    #[must_use]
    pub fn unlimited(self) -> Self {
        Self {
            clock: self.clock,
            limit: None,
            interrupt: None,
        }
    }

    /// The moment on the clock after which the computation should stop, if there is one.
    #[must_use]
    pub fn time_limit(&self) -> Option<f64> {
        self.limit
    }

    /// Seconds on the clock.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.clock.seconds()
    }

    /// Whether to stop now, and why.
    #[must_use]
    pub fn halt(&self) -> Option<Halt> {
        if self
            .interrupt
            .is_some_and(|flag| flag.load(Ordering::Relaxed))
        {
            return Some(Halt::Interrupted);
        }
        match self.limit {
            Some(limit) if self.clock.seconds() >= limit => Some(Halt::TimeLimit),
            _ => None,
        }
    }
}
