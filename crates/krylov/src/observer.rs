/// Where one right-hand side stands after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CgProgress {
    /// The right-hand side, counted from 0.
    pub column: usize,
    /// Its steps so far.
    pub iteration: usize,
    /// `|r| / |b|` of the residual that the recurrence carries: the true one, but for rounding.
    pub residual: f64,
}

/// The caller's eye on an iteration: told of every step of every right-hand side. A closure
/// serves; `&mut ()` looks at nothing.
pub trait CgObserver {
    /// Takes note of a step.
    fn observe(&mut self, progress: &CgProgress);
}

impl CgObserver for () {
    fn observe(&mut self, _progress: &CgProgress) {}
}

impl<F: FnMut(&CgProgress)> CgObserver for F {
    fn observe(&mut self, progress: &CgProgress) {
        self(progress);
    }
}
