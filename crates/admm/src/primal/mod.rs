mod block_exact;
mod blocks;
mod cg;
mod inner;
mod lift;
mod outer;
mod pcg;
mod rbcd;

pub use block_exact::BlockExactPrimal;
pub use cg::CgPrimal;
pub use inner::InnerPrimal;
pub use lift::Lift;
pub use outer::{Factor, OuterPrimal};
pub use pcg::{PcgPrimal, Space};
pub use rbcd::RbcdPrimal;

use linalg_core::{Control, Real};

use crate::error::PrimalError;

/// What a primal step cost and reached.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PrimalReport {
    /// Iterations of an inner method, each about a product with the operator and its adjoint; 0
    /// for a direct solve.
    pub inner_iterations: usize,
    /// Relative residual of the linear system, where it is known (0 for a direct solve).
    pub residual: f64,
    /// The tolerance was not met: a limit of the inner iterations or of the precision came first.
    pub short: bool,
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

/// The relative residual at which an inexact step's error is within `tol` of the step's `length`,
/// if an error is at most `per_residual` times the residual; `size` is the norm of the right-hand
/// side. The last step stands for this one; where there is none yet, `tol` itself.
fn residual_bound(tol: f64, length: f64, size: f64, per_residual: f64) -> f64 {
    if length > 0.0 && size > 0.0 {
        tol * (length / (size * per_residual)).min(1.0)
    } else {
        tol
    }
}
