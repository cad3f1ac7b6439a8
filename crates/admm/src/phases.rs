use linalg_core::Control;

/// Seconds on the caller's clock spent in each phase.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PhaseSeconds {
    /// Factorisations.
    pub setup: f64,
    /// Primal steps.
    pub primal: f64,
    /// Proximal steps and the product with their result.
    pub prox: f64,
    /// The update of the state, acceleration included.
    pub dual: f64,
    /// The monitor.
    pub monitor: f64,
}

impl PhaseSeconds {
    /// Adds those of another run, or of one iteration.
    pub fn add(&mut self, other: &Self) {
        self.setup += other.setup;
        self.primal += other.primal;
        self.prox += other.prox;
        self.dual += other.dual;
        self.monitor += other.monitor;
    }
}

/// Seconds between looks at a caller's clock.
pub(crate) struct Watch<'a> {
    control: Control<'a>,
    last: f64,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(control: &Control<'a>) -> Self {
        Self {
            control: *control,
            last: control.seconds(),
        }
    }

    pub(crate) fn lap(&mut self) -> f64 {
        let now = self.control.seconds();
        let spent = now - self.last;
        self.last = now;
        spent
    }
}
