mod block_exact;
mod blocks;
mod cg;
mod graph;
mod inner;
mod least_squares_step;
mod lift;
mod outer;
mod pcg;
mod rbcd;

pub use block_exact::BlockExactPrimal;
pub use cg::CgPrimal;
pub use graph::GraphStep;
pub use inner::InnerPrimal;
pub use least_squares_step::LeastSquaresStep;
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
    /// A control said stop on the way: what stands in `u` and `fu` is no step, and is to be left.
    pub halted: bool,
}

impl PrimalReport {
    /// Takes in what another target cost.
    fn join(&mut self, other: Self) {
        self.inner_iterations += other.inner_iterations;
        self.residual = self.residual.max(other.residual);
        self.short |= other.short;
        self.halted |= other.halted;
    }
}

/// The quadratic step that every smooth part comes down to, for a target `y` and a penalty `rho`:
///
/// ```text
///     u = argmin |F u - y|^2 / 2 + rho/2 |u - w|^2
/// ```
///
/// The target is an argument, so that one factor, sketch or preconditioner serves whatever stands in
/// its place: the targets of a least-squares loss ([`LeastSquaresStep`]), or the point `p = F u` of any
/// other ([`GraphStep`]). Several targets at once share it, too: `K` of them, one after the other, with
/// `w`, `fw`, `u` and `fu` likewise.
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
    /// **Shapes** `target`, `fw`, `fu`: `K` times the rows of `F`; `w`, `u`: `K` times its columns.
    ///
    /// # Errors
    /// [`PrimalError`] when the system turns out not to be positive definite or finite, or the target
    /// is not `K` columns of the operator's height.
    ///
    /// # Panics
    /// If another length does not fit.
    fn solve(
        &mut self,
        target: &[T],
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError>;

    /// Whether `rho (u - w) = F'(gradient)` holds to rounding, as for a direct solve.
    fn is_exact(&self) -> bool;
}

/// The smooth part of a problem, through its step.
///
/// A smooth part that is split once more has a variable of two parts, `(u, s p)`, with a penalty
/// parameter each: `rho` for `u` and `rho s^2` for `p`. `s^2` is the ratio.
pub trait SmoothStep<T: Real> {
    /// Takes a new `rho`, and the ratio of a split. False: nothing was factored for it.
    ///
    /// # Errors
    /// [`PrimalError`] when a factorisation fails or is stopped by `control`.
    fn set_penalty(&mut self, rho: T, ratio: T, control: &Control<'_>)
    -> Result<bool, PrimalError>;

    /// `u = argmin f(F u) + rho/2 |u - w|^2`, with `fw = F w` given and `fu = F u` returned; `tol` as
    /// in [`PrimalSolver::solve`].
    ///
    /// # Errors
    /// As [`PrimalSolver::solve`].
    ///
    /// # Panics
    /// As [`PrimalSolver::solve`].
    fn step(
        &mut self,
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError>;
}

/// How many columns of `rows` numbers a target has.
fn columns<T>(target: &[T], rows: usize) -> Result<usize, PrimalError> {
    let count = target.len() / rows.max(1);
    if count > 0 && count * rows == target.len() {
        return Ok(count);
    }
    let (what, want, got) = ("target", rows * count.max(1), target.len());
    Err(linalg_core::LinalgError::Shape { what, want, got }.into())
}

/// Makes room for `len` numbers, once.
fn room<T: Real>(buffer: &mut Vec<T>, len: usize) {
    if buffer.len() != len {
        buffer.clear();
        buffer.resize(len, T::of(0.0));
    }
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
