use core::ops::Deref;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use crate::collective::Collective;

/// A source of seconds, given by the caller: nothing in the numerical crates reads a clock of
/// its own. A closure serves: `let begun = Instant::now(); || begun.elapsed().as_secs_f64()`.
pub trait Clock: Sync {
    /// Seconds since a fixed moment, never falling.
    fn seconds(&self) -> f64;
}

impl<F: Fn() -> f64 + Sync> Clock for F {
    fn seconds(&self) -> f64 {
        self()
    }
}

/// Why a computation should end early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// The clock has passed the deadline.
    TimeLimit,
    /// The flag was raised, from another thread or a signal handler.
    Interrupted,
}

/// The clock, the deadline on it and the interruption flag of a computation.
///
/// [`Control::default`] never says stop. A deadline is set on [`Control::with_clock`] alone, so
/// that there is none that no clock reaches:
///
/// ```
/// use linalg_core::Control;
/// use std::sync::atomic::AtomicBool;
/// use std::time::{Duration, Instant};
///
/// let (begun, stop) = (Instant::now(), AtomicBool::new(false));
/// let clock = || begun.elapsed().as_secs_f64();
/// let control = Control::with_clock(&clock)
///     .within(Duration::from_secs(60))
///     .interrupt(&stop);
/// assert_eq!(control.halt(), None);
/// ```
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    clock: Option<&'a dyn Clock>,
    deadline: Option<f64>,
    interrupt: Option<&'a AtomicBool>,
    others: Option<&'a dyn Collective>,
}

/// A [`Control`] that has a clock: what a deadline can be set on. It stands wherever a `&Control`
/// is asked for.
#[derive(Debug, Clone, Copy)]
pub struct ClockedControl<'a>(Control<'a>);

impl core::fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Control")
            .field("clocked", &self.clock.is_some())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl<'a> Control<'a> {
    /// A control that reads `clock` and has no deadline yet.
    #[must_use]
    pub fn with_clock(clock: &'a dyn Clock) -> ClockedControl<'a> {
        ClockedControl(Self {
            clock: Some(clock),
            ..Self::default()
        })
    }

    /// Sets the flag whose `true` means: stop.
    #[must_use]
    pub fn interrupt(mut self, flag: impl Into<Option<&'a AtomicBool>>) -> Self {
        self.interrupt = flag.into();
        self
    }

    /// Halts on every process of `others` where one of them would: each question is an exchange of one
    /// number, so that all get the same answer in the same place, and none leaves the others waiting.
    /// For work that all processes do in step, from one thread each. Where the exchange fails it says
    /// [`Halt::Interrupted`].
    #[must_use]
    pub fn agreed(mut self, others: &'a dyn Collective) -> Self {
        self.others = (others.size() > 1).then_some(others);
        self
    }

    /// Whether this is so on any process that the control [agrees](Self::agreed) with, or the exchange
    /// failed: for failures that one shard sees by itself.
    #[must_use]
    pub fn any(&self, here: bool) -> bool {
        self.most(if here { 1.0 } else { 0.0 }) > 0.0
    }

    /// The largest over the processes; above every code where the exchange failed.
    fn most(&self, here: f64) -> f64 {
        let mut code = [here];
        match self.others.map(|others| others.max(&mut code)) {
            Some(Err(_)) => f64::INFINITY,
            _ => code[0],
        }
    }

    /// The same control without deadline, flag and agreement, for work that must be completed.
    #[must_use]
    pub fn unlimited(self) -> Self {
        Self {
            deadline: None,
            interrupt: None,
            others: None,
            ..self
        }
    }

    /// The same control without agreement, for the threads of one process within a step that is agreed upon
    /// as a whole.
    #[must_use]
    pub fn alone(self) -> Self {
        Self {
            others: None,
            ..self
        }
    }

    /// The same control, where it has a clock: to set a nearer deadline on a part of the work.
    #[must_use]
    pub fn clocked(&self) -> Option<ClockedControl<'a>> {
        self.clock.map(|_| ClockedControl(*self))
    }

    /// The moment on the clock after which the computation should stop, if there is one.
    #[must_use]
    pub fn ends_at(&self) -> Option<f64> {
        self.deadline
    }

    /// The clock's seconds; 0 without a clock.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.clock.map_or(0.0, Clock::seconds)
    }

    /// Whether to stop now, and why; with an [agreement](Self::agreed) the same on all processes, an
    /// interruption before a deadline.
    #[must_use]
    pub fn halt(&self) -> Option<Halt> {
        let here = self.halt_here();
        if self.others.is_none() {
            return here;
        }
        let code = match here {
            None => 0.0,
            Some(Halt::TimeLimit) => 1.0,
            Some(Halt::Interrupted) => 2.0,
        };
        match self.most(code) {
            most if most >= 2.0 => Some(Halt::Interrupted),
            most if most >= 1.0 => Some(Halt::TimeLimit),
            _ => None,
        }
    }

    fn halt_here(&self) -> Option<Halt> {
        if self
            .interrupt
            .is_some_and(|flag| flag.load(Ordering::Relaxed))
        {
            return Some(Halt::Interrupted);
        }
        // a deadline that is not a number has passed
        let is_before = |deadline: f64| self.seconds() < deadline;
        match self.deadline {
            Some(deadline) if !is_before(deadline) => Some(Halt::TimeLimit),
            _ => None,
        }
    }
}

impl<'a> ClockedControl<'a> {
    /// Ends the work at this moment on the clock, or at an earlier one that was set before;
    /// `None` changes nothing. A moment that is not a number has passed.
    ///
    /// **Units** seconds on the clock, as [`Clock::seconds`] tells them.
    #[must_use]
    pub fn deadline(mut self, moment: impl Into<Option<f64>>) -> Self {
        if let Some(moment) = moment.into() {
            let stays = |set: f64| set.is_nan() || moment >= set;
            if !self.0.deadline.is_some_and(stays) {
                self.0.deadline = Some(moment);
            }
        }
        self
    }

    /// Ends the work when this long has passed from now, or at an earlier moment that was set
    /// before.
    #[must_use]
    pub fn within(self, duration: Duration) -> Self {
        let moment = self.seconds() + duration.as_secs_f64();
        self.deadline(moment)
    }

    /// As [`Control::agreed`].
    #[must_use]
    pub fn agreed(self, others: &'a dyn Collective) -> Self {
        Self(self.0.agreed(others))
    }

    /// As [`Control::interrupt`].
    #[must_use]
    pub fn interrupt(self, flag: impl Into<Option<&'a AtomicBool>>) -> Self {
        Self(self.0.interrupt(flag))
    }
}

impl<'a> Deref for ClockedControl<'a> {
    type Target = Control<'a>;

    fn deref(&self) -> &Control<'a> {
        &self.0
    }
}
