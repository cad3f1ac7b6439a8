use crate::control::Control;
use crate::error::LinalgError;
use crate::real::Real;

/// A symmetric matrix `H` for which `(shift I + scale H) X = B` is solved directly, for one shift
/// after the other.
///
/// A solver that takes `dyn ShiftedSolve` works with any library's factorisation.
pub trait ShiftedSolve<T: Real>: Send + Sync {
    /// Side of the matrix.
    fn dim(&self) -> usize;
    /// The trace of `H`.
    fn trace(&self) -> T;
    /// Makes ready to solve with `shift I + scale H`; what stood for an earlier shift is gone.
    ///
    /// # Errors
    /// [`LinalgError::NotPositiveDefinite`], [`LinalgError::Halted`] when `control` says stop.
    fn factor(&mut self, shift: T, scale: T, control: &Control<'_>) -> Result<(), LinalgError>;
    /// Solves for `k` columns in place, column-major.
    ///
    /// # Panics
    /// If nothing is factored or the length is not `k` times [`dim`](Self::dim).
    fn solve_block(&self, k: usize, rhs: &mut [T]);
    /// Solves for one vector in place.
    ///
    /// # Panics
    /// As [`solve_block`](Self::solve_block).
    fn solve_vector(&self, rhs: &mut [T]) {
        self.solve_block(1, rhs);
    }
}

impl<T: Real, S: ShiftedSolve<T> + ?Sized> ShiftedSolve<T> for Box<S> {
    fn dim(&self) -> usize {
        (**self).dim()
    }

    fn trace(&self) -> T {
        (**self).trace()
    }

    fn factor(&mut self, shift: T, scale: T, control: &Control<'_>) -> Result<(), LinalgError> {
        (**self).factor(shift, scale, control)
    }

    fn solve_block(&self, k: usize, rhs: &mut [T]) {
        (**self).solve_block(k, rhs);
    }
}
