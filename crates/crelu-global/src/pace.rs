use linalg_core::Control;

/// Flops between two looks at a control: some ten milliseconds of one core.
const FLOPS: usize = 50_000_000;

/// A loop's looks at its control, one every so many flops: a step may be too short to ask in each, and
/// too many to ask in none. Where processes agree on halts, loops over the same numbers ask alike.
pub(crate) struct Pace<'a> {
    control: &'a Control<'a>,
    spent: usize,
    halted: bool,
}

impl<'a> Pace<'a> {
    pub(crate) fn of(control: &'a Control<'a>) -> Self {
        Self {
            control,
            spent: 0,
            halted: false,
        }
    }

    /// Whether to stop after a step of so many flops; from the first `true` on it is `true`.
    pub(crate) fn ends_after(&mut self, flops: usize) -> bool {
        self.spent += flops;
        if !self.halted && self.spent >= FLOPS {
            self.spent = 0;
            self.halted = self.control.halt().is_some();
        }
        self.halted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn pace_asks_after_enough_work_and_remembers() {
        let flag = AtomicBool::new(true);
        let control = Control::default().interrupt(&flag);
        let mut pace = Pace::of(&control);
        assert!(!pace.ends_after(FLOPS - 1));
        assert!(pace.ends_after(1));
        flag.store(false, Ordering::Relaxed);
        assert!(pace.ends_after(0));
    }
}
