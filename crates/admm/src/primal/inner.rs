use linalg_core::{Control, LinearOperator, Real, ShiftedSolve, axpy, sub_into};

use super::{Lift, PrimalReport, PrimalSolver, columns, room};
use crate::error::PrimalError;

/// The quadratic step through the wide side: one system of as many rows as
/// the operator has columns.
///
/// ```text
///     (rho I + c A'A) x = A'(y - F w),   u = w + (x, -x),   F u = F w + c A x
/// ```
///
/// **Cost** a factorisation a `rho`, then `2 cols^2` flops and a product with `A` and with `A'`.
pub struct InnerPrimal<'a, T> {
    op: &'a dyn LinearOperator<T>,
    gram: Box<dyn ShiftedSolve<T> + 'a>,
    lift: Lift,
    rho: Option<T>,
    step: Vec<T>,
    tall: Vec<T>,
    scratch: Vec<T>,
}

impl<'a, T: Real> InnerPrimal<'a, T> {
    /// Joins the operator `A` and the matrix `A'A`.
    ///
    /// # Errors
    /// [`linalg_core::LinalgError::Shape`] when the sizes do not fit.
    pub fn new(
        op: &'a dyn LinearOperator<T>,
        gram: impl ShiftedSolve<T> + 'a,
        lift: Lift,
    ) -> Result<Self, PrimalError> {
        let (what, want, got) = ("gram matrix", op.cols(), gram.dim());
        if got != want {
            return Err(linalg_core::LinalgError::Shape { what, want, got }.into());
        }
        Ok(Self {
            op,
            gram: Box::new(gram),
            lift,
            rho: None,
            step: vec![T::of(0.0); op.cols()],
            tall: vec![T::of(0.0); op.rows()],
            scratch: vec![T::of(0.0); op.scratch_len()],
        })
    }
}

impl<T: Real> PrimalSolver<T> for InnerPrimal<'_, T> {
    fn set_penalty(&mut self, rho: T, control: &Control<'_>) -> Result<(), PrimalError> {
        self.rho = None;
        self.gram.factor(rho, T::of(self.lift.factor()), control)?;
        self.rho = Some(rho);
        Ok(())
    }

    fn solve(
        &mut self,
        target: &[T],
        w: &[T],
        fw: &[T],
        _tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        self.rho.ok_or(PrimalError::NoPenalty)?;
        let count = columns(target, self.op.rows())?;
        room(&mut self.tall, target.len());
        room(&mut self.step, count * self.op.cols());
        room(&mut self.scratch, self.op.block_scratch_len(count));
        sub_into(target, fw, &mut self.tall);
        self.op
            .apply_adjoint_block(count, &self.tall, &mut self.step, &mut self.scratch);
        self.gram.solve_block(count, &mut self.step);
        self.lift.add_block(count, T::of(1.0), &self.step, w, u);
        self.op
            .apply_block(count, &self.step, &mut self.tall, &mut self.scratch);
        fu.copy_from_slice(fw);
        axpy(T::of(self.lift.factor()), &self.tall, fu);
        Ok(PrimalReport::default())
    }

    fn is_exact(&self) -> bool {
        true
    }
}
