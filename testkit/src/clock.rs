use std::sync::atomic::{AtomicU64, Ordering};

use linalg_core::Clock;

/// A clock that the test moves: by hand, or by a step at each reading.
#[derive(Debug, Default)]
pub struct MovingClock {
    now: AtomicU64,
    readings: AtomicU64,
    step: f64,
}

impl MovingClock {
    /// A clock at zero that moves by hand alone.
    #[must_use]
    pub fn still() -> Self {
        Self::default()
    }

    /// A clock at zero that goes on by `step` seconds after each reading.
    #[must_use]
    pub fn ticking(step: f64) -> Self {
        Self {
            step,
            ..Self::default()
        }
    }

    /// Moves on by so many seconds.
    ///
    /// # Panics
    /// If the clock would fall.
    pub fn advance(&self, seconds: f64) {
        assert!(seconds >= 0.0, "a clock does not fall: {seconds} s");
        let later = |bits| Some((f64::from_bits(bits) + seconds).to_bits());
        let moved = self
            .now
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
        moved.expect("the new time is always given");
    }

    /// The time, without moving it.
    pub fn now(&self) -> f64 {
        f64::from_bits(self.now.load(Ordering::Relaxed))
    }

    /// How often the clock was read.
    pub fn readings(&self) -> u64 {
        self.readings.load(Ordering::Relaxed)
    }
}

impl Clock for MovingClock {
    fn seconds(&self) -> f64 {
        self.readings.fetch_add(1, Ordering::Relaxed);
        let later = |bits| Some((f64::from_bits(bits) + self.step).to_bits());
        let before = self
            .now
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
        f64::from_bits(before.expect("the new time is always given"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_moves_by_its_step_and_by_hand() {
        let clock = MovingClock::ticking(0.5);
        assert_eq!((clock.seconds(), clock.seconds()), (0.0, 0.5));
        clock.advance(10.0);
        assert_eq!((clock.now(), clock.seconds()), (11.0, 11.0));
        assert_eq!(clock.readings(), 3);
        let still = MovingClock::still();
        assert_eq!((still.seconds(), still.seconds()), (0.0, 0.0));
    }
}
