use krylov::{CgSettings, CgWorkspace, NormalOperator, cg};
use linalg_core::{Control, LinearOperator, Real, axpy, norm, sub_into};

use super::{Lift, PrimalReport, PrimalSolver};
use crate::error::PrimalError;

/// Least squares `f(p) = |p - y|^2 / 2` by conjugate gradients on the system of
/// [`InnerPrimal`](crate::InnerPrimal), from the last step as the start.
///
/// **Cost** a product with `A` and with `A'` an inner iteration; no matrix is formed.
pub struct CgPrimal<'a, T> {
    op: &'a dyn LinearOperator<T>,
    target: &'a [T],
    lift: Lift,
    max_iters: usize,
    rho: Option<T>,
    work: Option<CgWorkspace<T>>,
    rhs: Vec<T>,
    step: Vec<T>,
    tall: Vec<T>,
    scratch: Vec<T>,
}

impl<'a, T: Real> CgPrimal<'a, T> {
    /// Joins the operator `A` and the target `y`; `max_iters` bounds the inner iterations of a
    /// step.
    ///
    /// # Errors
    /// [`linalg_core::LinalgError::Shape`] when the sizes do not fit.
    pub fn new(
        op: &'a dyn LinearOperator<T>,
        target: &'a [T],
        lift: Lift,
        max_iters: usize,
    ) -> Result<Self, PrimalError> {
        if target.len() != op.rows() {
            let (want, got) = (op.rows(), target.len());
            return Err(linalg_core::LinalgError::Shape {
                what: "target",
                want,
                got,
            }
            .into());
        }
        Ok(Self {
            op,
            target,
            lift,
            max_iters,
            rho: None,
            work: None,
            rhs: vec![T::of(0.0); op.cols()],
            step: vec![T::of(0.0); op.cols()],
            tall: vec![T::of(0.0); op.rows()],
            scratch: vec![T::of(0.0); op.scratch_len()],
        })
    }
}

impl<T: Real> PrimalSolver<T> for CgPrimal<'_, T> {
    fn set_penalty(&mut self, rho: T, _control: &Control<'_>) -> Result<(), PrimalError> {
        if let Some(old) = self.rho {
            // F'theta hardly moves with rho, and the step is F'theta / rho
            linalg_core::scale(old / rho, &mut self.step);
        }
        self.rho = Some(rho);
        Ok(())
    }

    fn solve(
        &mut self,
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        let rho = self.rho.ok_or(PrimalError::NoPenalty)?;
        sub_into(self.target, fw, &mut self.tall);
        self.op
            .apply_adjoint(&self.tall, &mut self.rhs, &mut self.scratch);
        let system = NormalOperator::new(self.op, T::of(self.lift.factor()), rho);
        if self.work.is_none() {
            // a state handed over at its end is met where it stands
            for ((step, u), w) in self.step.iter_mut().zip(&*u).zip(w) {
                *step = *u - *w;
            }
        }
        let work = self.work.get_or_insert_with(|| CgWorkspace::new(&system));
        // the system is at least rho I: |error| <= |residual| / rho, and the caller's bound is on
        // the error, relative to the step (the last one stands for this one)
        let (length, size) = (norm(&self.step).wide(), norm(&self.rhs).wide());
        let accuracy = if length > 0.0 && size > 0.0 {
            tol * (rho.wide() * length / size).min(1.0)
        } else {
            tol
        };
        let settings = CgSettings {
            tol: accuracy.max(8.0 * T::EPS),
            max_iters: self.max_iters,
        };
        let report = cg(&system, &self.rhs, &mut self.step, &settings, work)?;
        self.lift.add(T::of(1.0), &self.step, w, u);
        self.op.apply(&self.step, &mut self.tall, &mut self.scratch);
        fu.copy_from_slice(fw);
        axpy(T::of(self.lift.factor()), &self.tall, fu);
        Ok(PrimalReport {
            inner_iterations: report.iterations,
            residual: report.residual,
        })
    }

    fn is_exact(&self) -> bool {
        false
    }
}
