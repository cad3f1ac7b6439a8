use krylov::{CgSettings, CgStatus, CgWorkspace, NormalOperator, pcg};
use linalg_core::{
    Adjoint, Control, LinalgError, LinearOperator, Preconditioner, Real, axpy, norm, scale,
    sub_into,
};

use super::{Lift, PrimalReport, PrimalSolver, columns, residual_bound, room};
use crate::error::PrimalError;

/// On which side of the operator the system of [`PcgPrimal`] is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// `(A'A + s I) x = A'(y - F w) / c`, as wide as the operator.
    Columns,
    /// `(A A' + s I) theta = s (y - F w)`, as tall as the operator; `x = A' theta / rho`. Not for
    /// an operator whose rows are sharded: the sums over rows are taken where they are.
    Rows,
}

/// The quadratic step by preconditioned conjugate gradients, from the last step
/// as the start.
///
/// ```text
///     u = w + (x, -x),   s = rho / c       (c = factor of the lift)
/// ```
///
/// The preconditioner is one of `A'A` or `A A'`, as the [`Space`] says; it is told the shift `s`
/// whenever `rho` changes.
///
/// **Cost** an inner iteration: a product with `A`, one with `A'` and the preconditioner; no matrix
/// is formed.
/// **Source** Zhao, Frangella & Udell 2022 (NysADMM), for any preconditioner.
pub struct PcgPrimal<'a, T> {
    op: &'a dyn LinearOperator<T>,
    lift: Lift,
    space: Space,
    preconditioner: Box<dyn Preconditioner<T> + 'a>,
    max_iters: usize,
    control: Control<'a>,
    rho: Option<T>,
    /// No step has been made yet.
    first: bool,
    work: CgWorkspace<T>,
    /// The unknown of the system, the start of the next solve; a column for each target.
    unknown: Vec<T>,
    rhs: Vec<T>,
    /// Likewise.
    step: Vec<T>,
    tall: Vec<T>,
    scratch: Vec<T>,
}

impl<'a, T: Real> PcgPrimal<'a, T> {
    /// Joins the operator `A` and a preconditioner; `max_iters` bounds the inner iterations of a step.
    ///
    /// # Errors
    /// [`linalg_core::LinalgError::Shape`] when the sizes do not fit.
    pub fn new(
        op: &'a dyn LinearOperator<T>,
        lift: Lift,
        space: Space,
        preconditioner: Box<dyn Preconditioner<T> + 'a>,
        max_iters: usize,
    ) -> Result<Self, PrimalError> {
        let side = match space {
            Space::Columns => op.cols(),
            Space::Rows => op.rows(),
        };
        let (what, want, got) = ("preconditioner", side, preconditioner.dim());
        if got != want {
            return Err(LinalgError::Shape { what, want, got }.into());
        }
        let zeros = |len: usize| vec![T::of(0.0); len];
        Ok(Self {
            op,
            lift,
            space,
            preconditioner,
            max_iters,
            control: Control::default(),
            rho: None,
            first: true,
            work: CgWorkspace::new(),
            unknown: zeros(side),
            rhs: zeros(side),
            step: zeros(op.cols()),
            tall: zeros(op.rows()),
            scratch: zeros(op.scratch_len()),
        })
    }

    /// Ends an inner iteration early when `control` says so; there is then no step.
    #[must_use]
    pub fn controlled(mut self, control: Control<'a>) -> Self {
        self.control = control;
        self
    }
}

impl<T: Real> PcgPrimal<'_, T> {
    /// One target, the `k`-th.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a step, and which"
    )]
    fn solve_one(
        &mut self,
        k: usize,
        first: bool,
        target: &[T],
        w: &[T],
        fw: &[T],
        tol: f64,
        u: &mut [T],
        fu: &mut [T],
    ) -> Result<PrimalReport, PrimalError> {
        let rho = self.rho.ok_or(PrimalError::NoPenalty)?;
        let factor = T::of(self.lift.factor());
        let shift = rho / factor;
        let (side, cols) = (self.rhs.len(), self.op.cols());
        let unknown = &mut self.unknown[k * side..(k + 1) * side];
        let step = &mut self.step[k * cols..(k + 1) * cols];
        let flipped = Adjoint::new(self.op);
        let system = match self.space {
            Space::Columns => NormalOperator::new(self.op, T::of(1.0), shift),
            Space::Rows => NormalOperator::new(&flipped, T::of(1.0), shift),
        };
        sub_into(target, fw, &mut self.tall);
        if first {
            // a state handed over at its end is met where it stands: x = u - w, theta = y - F u
            match self.space {
                Space::Columns => sub_into(&u[..cols], &w[..cols], unknown),
                Space::Rows => sub_into(target, fu, unknown),
            }
        }
        // the error of the step by the residual r of the system: at most |r| / s, and
        // |A'(A A' + s)^-1 r| / rho <= |r| / (2 sqrt(s) rho)
        let (size, per_residual) = match self.space {
            Space::Columns => {
                self.op
                    .apply_adjoint(&self.tall, &mut self.rhs, &mut self.scratch);
                scale(T::of(1.0) / factor, &mut self.rhs);
                (norm(&self.rhs).wide(), 1.0 / shift.wide())
            }
            Space::Rows => {
                self.rhs.copy_from_slice(&self.tall);
                scale(shift, &mut self.rhs);
                let s = shift.wide();
                (norm(&self.rhs).wide(), 0.5 / (s.sqrt() * rho.wide()))
            }
        };
        let length = match self.space {
            Space::Columns => norm(unknown).wide(),
            Space::Rows => norm(step).wide(),
        };
        let settings = CgSettings::default()
            .tol(residual_bound(tol, length, size, per_residual).max(8.0 * T::EPS))
            .max_iters(self.max_iters)
            .check()?;
        let report = pcg(
            &system,
            self.preconditioner.as_ref(),
            &self.rhs,
            unknown,
            &settings,
            &self.control,
            &mut (),
            &mut self.work,
        )?;
        let report = PrimalReport {
            inner_iterations: report.iterations,
            residual: report.residual,
            short: report.status != CgStatus::Converged,
            halted: report.status == CgStatus::Halted,
        };
        if report.halted {
            return Ok(report);
        }
        match self.space {
            Space::Columns => step.copy_from_slice(unknown),
            Space::Rows => {
                self.op.apply_adjoint(unknown, step, &mut self.scratch);
                scale(T::of(1.0) / rho, step);
            }
        }
        self.lift.add(T::of(1.0), step, w, u);
        self.op.apply(step, &mut self.tall, &mut self.scratch);
        fu.copy_from_slice(fw);
        axpy(factor, &self.tall, fu);
        Ok(report)
    }
}

impl<T: Real> PrimalSolver<T> for PcgPrimal<'_, T> {
    fn set_penalty(&mut self, rho: T, _control: &Control<'_>) -> Result<(), PrimalError> {
        let wide = rho.wide();
        if !(wide.is_finite() && wide > 0.0) {
            return Err(LinalgError::NotFinite { what: "rho" }.into());
        }
        if let Some(old) = self.rho
            && self.space == Space::Columns
        {
            // F'theta hardly moves with rho, and the step is F'theta / rho
            scale(old / rho, &mut self.unknown);
        }
        self.preconditioner
            .set_shift(rho / T::of(self.lift.factor()))?;
        self.rho = Some(rho);
        Ok(())
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
        self.rho.ok_or(PrimalError::NoPenalty)?;
        let (rows, cols) = (self.op.rows(), self.op.cols());
        let count = columns(target, rows)?;
        room(&mut self.unknown, count * self.rhs.len());
        room(&mut self.step, count * cols);
        let (first, dim) = (core::mem::take(&mut self.first), self.lift.dim(cols));
        let mut all = PrimalReport::default();
        for k in 0..count {
            let (tall, wide) = (k * rows..(k + 1) * rows, k * dim..(k + 1) * dim);
            let report = self.solve_one(
                k,
                first,
                &target[tall.clone()],
                &w[wide.clone()],
                &fw[tall.clone()],
                tol,
                &mut u[wide],
                &mut fu[tall],
            )?;
            all.join(report);
            if all.halted {
                break;
            }
        }
        Ok(all)
    }

    fn is_exact(&self) -> bool {
        false
    }
}
