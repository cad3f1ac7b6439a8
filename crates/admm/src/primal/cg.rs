use linalg_core::{Control, Identity, LinearOperator, Real};

use super::{Lift, PcgPrimal, PrimalReport, PrimalSolver, Space};
use crate::error::PrimalError;

/// The quadratic step by conjugate gradients: [`PcgPrimal`] without a
/// preconditioner, on the system of [`InnerPrimal`](crate::InnerPrimal).
///
/// **Cost** a product with `A` and with `A'` an inner iteration; no matrix is formed.
pub struct CgPrimal<'a, T> {
    inner: PcgPrimal<'a, T>,
}

impl<'a, T: Real> CgPrimal<'a, T> {
    /// Takes the operator `A`; `max_iters` bounds the inner iterations of a step.
    ///
    /// # Errors
    /// [`linalg_core::LinalgError::Shape`] when the sizes do not fit.
    pub fn new(
        op: &'a dyn LinearOperator<T>,
        lift: Lift,
        max_iters: usize,
    ) -> Result<Self, PrimalError> {
        let none = Box::new(Identity::new(op.cols()));
        let inner = PcgPrimal::new(op, lift, Space::Columns, none, max_iters)?;
        Ok(Self { inner })
    }

    /// As [`PcgPrimal::controlled`].
    #[must_use]
    pub fn controlled(self, control: Control<'a>) -> Self {
        Self {
            inner: self.inner.controlled(control),
        }
    }
}

impl<T: Real> PrimalSolver<T> for CgPrimal<'_, T> {
    fn set_penalty(&mut self, rho: T, control: &Control<'_>) -> Result<(), PrimalError> {
        self.inner.set_penalty(rho, control)
    }

    fn solve(
        &mut self,
        target: &[T],
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        self.inner.solve(target, w, fw, tol, u, fu)
    }

    fn is_exact(&self) -> bool {
        false
    }
}
