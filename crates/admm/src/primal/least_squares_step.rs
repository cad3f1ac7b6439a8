use linalg_core::{Control, Real};

use super::{PrimalReport, PrimalSolver, SmoothStep};
use crate::error::PrimalError;

/// The smooth part `f(p) = |p - y|^2 / 2`: the quadratic step itself, with the targets in it.
pub struct LeastSquaresStep<'a, T: Real> {
    primal: Box<dyn PrimalSolver<T> + 'a>,
    target: &'a [T],
}

impl<'a, T: Real> LeastSquaresStep<'a, T> {
    /// Joins a primal solver and the target, one column or several.
    #[must_use]
    pub fn new(primal: Box<dyn PrimalSolver<T> + 'a>, target: &'a [T]) -> Self {
        Self { primal, target }
    }
}

impl<T: Real> SmoothStep<T> for LeastSquaresStep<'_, T> {
    fn set_penalty(
        &mut self,
        rho: T,
        _ratio: T,
        control: &Control<'_>,
    ) -> Result<bool, PrimalError> {
        self.primal.set_penalty(rho, control).map(|()| true)
    }

    fn step(
        &mut self,
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        self.primal.solve(self.target, w, fw, tol, u, fu)
    }
}
