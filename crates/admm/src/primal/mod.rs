mod cg;
mod inner;
mod lift;
mod outer;

pub use cg::CgPrimal;
pub use inner::InnerPrimal;
pub use lift::Lift;
pub use outer::{Factor, OuterPrimal};

use linalg_core::{Control, Real};

use crate::error::PrimalError;

/// What a primal step cost and reached.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PrimalReport {
    /// Iterations of an inner method; 0 for a direct solve.
    pub inner_iterations: usize,
    /// Relative residual of the linear system, where it is known (0 for a direct solve).
    pub residual: f64,
}

/// The smooth part, through its step `u = argmin f(F u) + rho/2 |u - w|^2`.
pub trait PrimalSolver<T: Real> {
    /// Takes a new `rho`: what depends on it is made anew, once.
    ///
    /// # Errors
    /// [`PrimalError`] when a factorisation fails or is stopped by `control`.
    fn set_penalty(&mut self, rho: T, control: &Control<'_>) -> Result<(), PrimalError>;

    /// The step at `w`, with `fw = F w` given and `fu = F u` returned, so that a direct solve
    /// needs one product. `tol` bounds the error of an inexact method, relative to the step
    /// `u - w`; on entry `u` holds the last step.
    ///
    /// # Errors
    /// [`PrimalError`] when the system turns out not to be positive definite or finite.
    ///
    /// # Panics
    /// If a length does not fit.
    fn solve(
        &mut self,
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError>;

    /// Whether `rho (u - w) = F'(gradient)` holds to rounding, as for a direct solve.
    fn is_exact(&self) -> bool;
}
