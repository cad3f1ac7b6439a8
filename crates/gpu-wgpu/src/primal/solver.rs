use admm::{Lift, PrimalError, PrimalReport, PrimalSolver};
use linalg_core::{Control, Real};

use super::{LinearStep, MaskedSystem, Solved};
use crate::error::GpuError;

/// Waits for what the device is asked.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    pollster::block_on(future)
}

/// A primal step that is solved on the device, in `f32`: what goes up is a number a row, what comes
/// back the step and its image.
///
/// The outer iteration may be in either precision. A tolerance below what `f32` reaches, a relative
/// residual of about 1e-6, makes steps that are reported as short.
pub struct DevicePrimal<'a> {
    step: LinearStep,
    lift: Lift,
    cols: usize,
    control: Control<'a>,
    rho: Option<f32>,
    tall: Vec<f32>,
    /// The last step of every target, where there are several: one is on the device.
    steps: Vec<Vec<f32>>,
    /// No step has been made yet.
    first: bool,
}

impl<'a> DevicePrimal<'a> {
    /// Of a linear step that was built for this system and lift.
    #[must_use]
    pub fn new(system: &MaskedSystem, lift: Lift, step: LinearStep) -> Self {
        Self {
            step,
            lift,
            cols: system.cols(),
            control: Control::default(),
            rho: None,
            tall: vec![0.0; system.rows().n_samples()],
            steps: Vec::new(),
            first: true,
        }
    }

    /// Ends a step between batches of inner iterations when `control` says so.
    #[must_use]
    pub fn controlled(mut self, control: Control<'a>) -> Self {
        self.control = control;
        self
    }

    /// The step of one target from where the device stands: `x`, and `F u`.
    fn solve_one<T: Real>(
        &mut self,
        target: &[T],
        fw: &[T],
        tol: f64,
        fu: &mut [T],
    ) -> Result<(Solved, Vec<f32>), GpuError> {
        let control = self.control;
        let goes_on = || control.halt().is_none();
        let rows = self.tall.iter_mut().zip(target.iter().zip(fw));
        match &mut self.step {
            LinearStep::Cg(cg) => {
                for (t, (y, f)) in rows {
                    *t = f32::of((*y - *f).wide());
                }
                let solved = pollster::block_on(cg.solve(&self.tall, f32::of(tol), goes_on))?;
                let (x, image) = pollster::block_on(cg.solution())?;
                let factor = self.lift.factor();
                for ((out, f), image) in fu.iter_mut().zip(fw).zip(image) {
                    *out = *f + T::of(factor * f64::from(image));
                }
                Ok((solved, x))
            }
            LinearStep::Descent(descent) => {
                for (t, (y, f)) in rows {
                    *t = f32::of((*f - *y).wide());
                }
                let carried = linalg_core::norm(target).wide() + linalg_core::norm(fw).wide();
                let solve = descent.solve(&self.tall, carried, tol, goes_on);
                let solved = pollster::block_on(solve)?;
                let (x, misfit) = pollster::block_on(descent.solution())?;
                for ((out, y), p) in fu.iter_mut().zip(target).zip(misfit) {
                    *out = *y + T::of(f64::from(p));
                }
                Ok((solved, x))
            }
        }
    }
}

impl<T: Real> PrimalSolver<T> for DevicePrimal<'_> {
    fn set_penalty(&mut self, rho: T, _control: &Control<'_>) -> Result<(), PrimalError> {
        let rho = f32::of(rho.wide());
        if !(rho.is_finite() && rho > 0.0) {
            return Err(PrimalError::foreign(GpuError::NotFinite { what: "rho" }));
        }
        if let Some(old) = self.rho {
            for x in self.steps.iter_mut().flatten() {
                *x *= old / rho;
            }
        }
        self.step.set_penalty(rho).map_err(PrimalError::foreign)?;
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
        if self.rho.is_none() {
            return Err(PrimalError::NoPenalty);
        }
        let (n, dim) = (self.tall.len(), self.lift.dim(self.cols));
        let count = target.len().checked_div(n).unwrap_or(0);
        for (what, want, got) in [
            ("target", count * n, target.len()),
            ("w", count * dim, w.len()),
            ("u", count * dim, u.len()),
            ("fw", count * n, fw.len()),
            ("fu", count * n, fu.len()),
        ] {
            assert_eq!(want, got, "{what}: its length");
        }
        let first = core::mem::take(&mut self.first);
        self.steps
            .resize(if count > 1 { count } else { 0 }, Vec::new());
        let mut report = PrimalReport::default();
        for k in 0..count {
            let (rows, part) = (k * n..(k + 1) * n, k * dim..(k + 1) * dim);
            if first {
                // a state handed over at its end is met where it stands
                let x = u[part.clone()][..self.cols].iter().zip(&w[part.clone()]);
                let x: Vec<f32> = x.map(|(u, w)| f32::of((*u - *w).wide())).collect();
                self.step.set_start(&x);
            } else if count > 1 {
                let x = core::mem::take(&mut self.steps[k]);
                self.step.set_start(&x);
            }
            let (target, fw) = (&target[rows.clone()], &fw[rows.clone()]);
            let one = self.solve_one(target, fw, tol, &mut fu[rows]);
            let (solved, x) = one.map_err(PrimalError::foreign)?;
            let wide: Vec<T> = x.iter().map(|x| T::of(f64::from(*x))).collect();
            self.lift
                .add(T::of(1.0), &wide, &w[part.clone()], &mut u[part]);
            if count > 1 {
                self.steps[k] = x;
            }
            report.inner_iterations += solved.iterations;
            report.residual = report.residual.max(solved.residual);
            report.short |= solved.short;
            report.halted |= solved.short && self.control.halt().is_some();
            if report.halted {
                break;
            }
        }
        Ok(report)
    }

    fn is_exact(&self) -> bool {
        false
    }
}
