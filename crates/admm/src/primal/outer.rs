use linalg_core::{Control, LinalgError, LinearOperator, Real, ShiftedSolve, axpy, norm, sub_into};

use super::{Lift, PrimalReport, PrimalSolver, columns, room};
use crate::error::PrimalError;

/// The factored matrix of [`OuterPrimal`], in the precision of the iteration or below it.
pub enum Factor<'a, T> {
    /// `A A'` in the precision of the iteration.
    Same(Box<dyn ShiftedSolve<T> + 'a>),
    /// `A A'` in `f32`, corrected by residuals in the precision of the iteration.
    Refined(Box<dyn ShiftedSolve<f32> + 'a>),
}

/// The quadratic step through the small side: one system of as many rows as
/// there are samples.
///
/// ```text
///     M = I + (c / rho) A A',   theta = M^-1 (y - F w),
///     u = w + F' theta / rho,   F u = y - theta          (c = factor of the lift)
/// ```
///
/// **Cost** a factorisation a `rho`, then `2 n^2` flops and one product with `A'` a step; the
/// refined form makes a product with `A` and `A'` more for each correction.
/// **Source** the matrix inversion lemma (Woodbury).
pub struct OuterPrimal<'a, T> {
    op: &'a dyn LinearOperator<T>,
    factor: Factor<'a, T>,
    lift: Lift,
    rho: Option<T>,
    theta: Vec<T>,
    image: Vec<T>,
    narrow: Vec<f32>,
    correction: Vec<T>,
    residual: Vec<T>,
    scratch: Vec<T>,
}

/// Residual at which the correction of a lower-precision factor stops, relative: the two or
/// three digits that are left do not show beside the rounding of the products.
const REFINED: f64 = 1e-12;
/// Most corrections: with `cond(M) < 1e5` each wins two digits or more.
const CORRECTIONS: usize = 12;

impl<'a, T: Real> OuterPrimal<'a, T> {
    /// Joins the operator `A` and the matrix `A A'`.
    ///
    /// # Errors
    /// [`linalg_core::LinalgError::Shape`] when the sizes do not fit.
    pub fn new(
        op: &'a dyn LinearOperator<T>,
        factor: Factor<'a, T>,
        lift: Lift,
    ) -> Result<Self, PrimalError> {
        let want = op.rows();
        let got = match &factor {
            Factor::Same(gram) => gram.dim(),
            Factor::Refined(gram) => gram.dim(),
        };
        if got != want {
            let what = "gram matrix";
            return Err(LinalgError::Shape { what, want, got }.into());
        }
        let refined = matches!(factor, Factor::Refined(_));
        let tall = vec![T::of(0.0); want];
        Ok(Self {
            op,
            factor,
            lift,
            rho: None,
            theta: tall.clone(),
            image: vec![T::of(0.0); op.cols()],
            narrow: vec![0.0; if refined { want } else { 0 }],
            correction: if refined { tall.clone() } else { Vec::new() },
            residual: tall,
            scratch: vec![T::of(0.0); op.scratch_len()],
        })
    }

    /// The trace of `A A'`.
    #[must_use]
    pub fn trace(&self) -> f64 {
        match &self.factor {
            Factor::Same(gram) => gram.trace().wide(),
            Factor::Refined(gram) => gram.trace().wide(),
        }
    }

    /// Residual correction: `theta` and `image = A' theta` for the right-hand side in `residual`.
    fn refine(&mut self, rho: T) -> f64 {
        let Factor::Refined(gram) = &self.factor else {
            return 0.0;
        };
        let scale = T::of(self.lift.factor()) / rho;
        let size = norm(&self.residual).wide();
        let rhs = self.residual.clone();
        self.theta.fill(T::of(0.0));
        self.image.fill(T::of(0.0));
        let mut reached = 1.0;
        for _ in 0..CORRECTIONS {
            let left = norm(&self.residual).wide();
            if left == 0.0 || left / size <= REFINED || left / size > 0.9 * reached && reached < 1.0
            {
                break;
            }
            reached = left / size;
            // scaled, so that a small residual does not underflow in f32
            for (out, value) in self.narrow.iter_mut().zip(&self.residual) {
                *out = f32::of(value.wide() / left);
            }
            gram.solve_vector(&mut self.narrow);
            for (out, value) in self.correction.iter_mut().zip(&self.narrow) {
                *out = T::of(f64::from(*value) * left);
            }
            axpy(T::of(1.0), &self.correction, &mut self.theta);
            self.op
                .apply_adjoint(&self.theta, &mut self.image, &mut self.scratch);
            self.op
                .apply(&self.image, &mut self.residual, &mut self.scratch);
            for ((res, theta), b) in self.residual.iter_mut().zip(&self.theta).zip(&rhs) {
                *res = *b - *theta - scale * *res;
            }
        }
        norm(&self.residual).wide() / size.max(f64::MIN_POSITIVE)
    }
}

impl<T: Real> PrimalSolver<T> for OuterPrimal<'_, T> {
    fn set_penalty(&mut self, rho: T, control: &Control<'_>) -> Result<(), PrimalError> {
        let scale = self.lift.factor() / rho.wide();
        self.rho = None;
        match &mut self.factor {
            Factor::Same(gram) => gram.factor(T::of(1.0), T::of(scale), control)?,
            Factor::Refined(gram) => gram.factor(1.0, f32::of(scale), control)?,
        }
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
        let rho = self.rho.ok_or(PrimalError::NoPenalty)?;
        let (rows, cols) = (self.op.rows(), self.op.cols());
        let count = columns(target, rows)?;
        let (dim, step) = (self.lift.dim(cols), T::of(1.0) / rho);
        let mut residual = 0.0_f64;
        if let Factor::Same(gram) = &self.factor {
            room(&mut self.theta, count * rows);
            room(&mut self.image, count * cols);
            room(&mut self.scratch, self.op.block_scratch_len(count));
            sub_into(target, fw, &mut self.theta);
            gram.solve_block(count, &mut self.theta);
            self.op
                .apply_adjoint_block(count, &self.theta, &mut self.image, &mut self.scratch);
            self.lift.add_block(count, step, &self.image, w, u);
            sub_into(target, &self.theta, fu);
        } else {
            for k in 0..count {
                let (tall, wide) = (k * rows..(k + 1) * rows, k * dim..(k + 1) * dim);
                sub_into(&target[tall.clone()], &fw[tall.clone()], &mut self.residual);
                let reached = self.refine(rho);
                if reached > T::EPS.sqrt() {
                    return Err(PrimalError::Inaccurate { residual: reached });
                }
                residual = residual.max(reached);
                self.lift
                    .add(step, &self.image, &w[wide.clone()], &mut u[wide]);
                sub_into(&target[tall.clone()], &self.theta, &mut fu[tall]);
            }
        }
        Ok(PrimalReport {
            inner_iterations: 0,
            residual,
            short: false,
            halted: false,
        })
    }

    fn is_exact(&self) -> bool {
        true
    }
}
