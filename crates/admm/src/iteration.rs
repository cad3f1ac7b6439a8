use linalg_core::{Control, Real};

use crate::error::{AdmmError, PrimalError};
use crate::phases::PhaseSeconds;
use crate::primal::PrimalReport;

/// The steps of the iteration, wherever its vectors are: the host's, or those of a device from which
/// only a few numbers come back. [`drive`](crate::drive) decides by those numbers how exact a step is,
/// when the penalty parameter changes, and when it ends.
pub trait Iteration<T: Real> {
    /// Takes the penalty parameters up, for the first time or after [`rescale`](Self::rescale); whether
    /// something was factored anew.
    ///
    /// # Errors
    /// [`PrimalError`] where a factorisation fails; [`linalg_core::LinalgError::Halted`] in it when
    /// `control` says stop.
    fn set_penalty(&mut self, control: &Control<'_>) -> Result<bool, PrimalError>;

    /// One iteration, its primal step to the tolerance `tol`, accelerated if that is wished and its
    /// safeguards allow it. A step that was halted leaves `z` and `v` as they were.
    ///
    /// # Errors
    /// [`AdmmError`] where there is no iterate worth reading.
    fn advance(
        &mut self,
        tol: f64,
        accelerate: bool,
        control: &Control<'_>,
    ) -> Result<Advanced, AdmmError>;

    /// Multiplies the penalty parameters, that of the first part and that of the second, and keeps the
    /// subgradient `rho (z - v)`; what an acceleration remembers is forgotten.
    ///
    /// # Errors
    /// [`AdmmError`] of a device.
    fn rescale(&mut self, first: f64, second: f64) -> Result<(), AdmmError>;

    /// Forgets what an acceleration remembers.
    fn forget(&mut self);

    /// Twice the threshold over the mean norm of what is active, where the penalty has such a number.
    ///
    /// # Errors
    /// [`AdmmError`] of a device.
    fn shrinkage(&mut self) -> Result<Option<f64>, AdmmError>;

    /// The penalised copy alone.
    ///
    /// # Errors
    /// [`AdmmError`] of a device.
    fn penalised(&mut self) -> Result<&[T], AdmmError>;

    /// The iterate, as the host reads it.
    ///
    /// # Errors
    /// [`AdmmError`] of a device.
    fn iterate(&mut self) -> Result<Iterate<'_, T>, AdmmError>;
}

/// The vectors of an iterate that a certificate is made of.
#[derive(Debug, Clone, Copy)]
pub struct Iterate<'i, T> {
    /// The fixed-point variable.
    pub z: &'i [T],
    /// The penalised copy.
    pub v: &'i [T],
    /// The image of the smooth copy.
    pub fu: &'i [T],
    /// The penalty parameter.
    pub rho: T,
}

/// What an iteration has come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Advanced {
    /// Of its primal step.
    pub report: PrimalReport,
    /// The lengths of the first part of the variable.
    pub first: Lengths,
    /// Those of the second; zeros where there is none.
    pub second: Lengths,
    /// Every number of the iterate is finite.
    pub is_finite: bool,
    /// Time of its phases.
    pub seconds: PhaseSeconds,
}

impl Advanced {
    /// Of a primal step that was halted: there is no new iterate.
    #[must_use]
    pub fn halted(report: PrimalReport, seconds: PhaseSeconds) -> Self {
        Self {
            report,
            first: Lengths::default(),
            second: Lengths::default(),
            is_finite: true,
            seconds,
        }
    }
}

/// Lengths of the vectors of an iterate, or of one part of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Lengths {
    /// `|u|`.
    pub u: f64,
    /// `|v|`.
    pub v: f64,
    /// `|u - v|`.
    pub apart: f64,
    /// `|v - v before|`.
    pub moved: f64,
    /// `|z - v|`.
    pub slack: f64,
}
