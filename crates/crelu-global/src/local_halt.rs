use core::sync::atomic::{AtomicBool, Ordering};

use linalg_core::Control;

use crate::problem::GlobalProblem;

/// A pass was cut short by a halt, on this process or on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut;

/// What the tasks of a pass know of a halt: each asks the clock of this process, and all of them stop where
/// one saw it.
pub(crate) struct LocalHalt<'a> {
    control: Control<'a>,
    raised: AtomicBool,
}

impl<'a> LocalHalt<'a> {
    pub(crate) fn of(control: &Control<'a>) -> Self {
        Self {
            control: control.alone(),
            raised: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_raised(&self) -> bool {
        if !self.raised.load(Ordering::Relaxed) && self.control.halt().is_some() {
            self.raised.store(true, Ordering::Relaxed);
        }
        self.raised.load(Ordering::Relaxed)
    }

    /// The pass is whole where it is so on all processes.
    pub(crate) fn agreed(self, problem: &GlobalProblem) -> Result<(), Cut> {
        let raised = self.raised.into_inner();
        match problem.agreed(&Control::default()).any(raised) {
            true => Err(Cut),
            false => Ok(()),
        }
    }
}
