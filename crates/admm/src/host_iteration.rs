use core::ops::Range;

use linalg_core::{Control, LinearOperator, Real, SettingsError, axpy, combine, distance, norm};

use crate::anderson::Anderson;
use crate::error::{AdmmError, PrimalError};
use crate::iteration::{Advanced, Iterate, Iteration, Lengths};
use crate::phases::{PhaseSeconds, Watch};
use crate::primal::SmoothStep;
use crate::prox::Proximal;
use crate::settings::CheckedAdmmSettings;
use crate::state::AdmmState;

/// The parts of a problem: the operator `F`, the smooth part and the penalty.
pub struct Splitting<'a, T, S: ?Sized, X: ?Sized> {
    /// `F`.
    pub operator: &'a dyn LinearOperator<T>,
    /// The step of `f(F u)`.
    pub primal: &'a mut S,
    /// The step of `g(v)`.
    pub prox: &'a mut X,
}

/// The iteration on the host's vectors: those of a state, which the caller keeps.
pub struct HostIteration<'h, 's, T, S: ?Sized, X: ?Sized> {
    pub(crate) problem: &'h mut Splitting<'s, T, S, X>,
    pub(crate) state: &'h mut AdmmState<T>,
    relaxation: T,
    anderson: Anderson<T>,
    /// The point of the primal step, then the next `z`.
    w: Vec<T>,
    fw: Vec<T>,
    /// `v` before.
    before: Vec<T>,
    scratch: Vec<T>,
}

impl<'h, 's, T: Real, S: SmoothStep<T> + ?Sized, X: Proximal<T> + ?Sized>
    HostIteration<'h, 's, T, S, X>
{
    /// From a state: `v` and `fv` are the proximal step at `z` and its image, `rho` and `ratio` the first
    /// penalty parameters.
    ///
    /// # Errors
    /// [`AdmmError::Shape`] where lengths do not fit, [`AdmmError::Setting`] for penalty parameters that
    /// are not positive and finite.
    pub fn new(
        problem: &'h mut Splitting<'s, T, S, X>,
        settings: &CheckedAdmmSettings,
        state: &'h mut AdmmState<T>,
    ) -> Result<Self, AdmmError> {
        let settings = settings.get();
        let (dim, rows) = (problem.prox.dim(), problem.operator.rows());
        for (what, want, got) in [
            ("operator", dim, problem.operator.cols()),
            ("state z", dim, state.z.len()),
            ("state v", dim, state.v.len()),
            ("state u", dim, state.u.len()),
            ("state fz", rows, state.fz.len()),
            ("state fv", rows, state.fv.len()),
            ("state fu", rows, state.fu.len()),
        ] {
            if want != got {
                return Err(AdmmError::Shape { what, want, got });
            }
        }
        for (name, value) in [("rho", state.rho.wide()), ("ratio", state.ratio.wide())] {
            let holds = value.is_finite() && value > 0.0;
            SettingsError::unless(holds, name, value, "positive and finite")?;
        }
        let zeros = |len| vec![T::of(0.0); len];
        Ok(Self {
            relaxation: T::of(settings.relaxation),
            anderson: Anderson::new(settings.anderson, dim, rows),
            w: zeros(dim),
            fw: zeros(rows),
            before: state.v.clone(),
            scratch: zeros(problem.operator.scratch_len()),
            problem,
            state,
        })
    }

    /// Where the first part of the variable ends.
    fn split(&self) -> usize {
        self.problem.prox.split().unwrap_or(self.state.z.len())
    }

    fn lengths(&self, part: Range<usize>) -> Lengths {
        let (u, v) = (&self.state.u[part.clone()], &self.state.v[part.clone()]);
        let (z, before) = (&self.state.z[part.clone()], &self.before[part]);
        Lengths {
            u: norm(u).wide(),
            v: norm(v).wide(),
            apart: distance(u, v).wide(),
            moved: distance(v, before).wide(),
            slack: distance(z, v).wide(),
        }
    }
}

impl<T: Real, S: SmoothStep<T> + ?Sized, X: Proximal<T> + ?Sized> Iteration<T>
    for HostIteration<'_, '_, T, S, X>
{
    fn set_penalty(&mut self, control: &Control<'_>) -> Result<bool, PrimalError> {
        let (rho, ratio) = (self.state.rho, self.state.ratio);
        self.problem.prox.set_ratio(ratio);
        self.problem.prox.set_penalty(rho);
        self.problem.primal.set_penalty(rho, ratio, control)
    }

    fn advance(
        &mut self,
        tol: f64,
        accelerate: bool,
        control: &Control<'_>,
    ) -> Result<Advanced, AdmmError> {
        let mut watch = Watch::new(control);
        let mut seconds = PhaseSeconds::default();
        let (one, two, alpha) = (T::of(1.0), T::of(2.0), self.relaxation);
        let (state, w, fw) = (&mut *self.state, &mut self.w, &mut self.fw);
        combine(two, &state.v, -one, &state.z, w);
        combine(two, &state.fv, -one, &state.fz, fw);
        let primal = &mut self.problem.primal;
        let report = primal.step(w, fw, tol, &mut state.u, &mut state.fu)?;
        seconds.primal = watch.lap();
        if report.halted {
            return Ok(Advanced::halted(report, seconds));
        }

        // g = z + alpha (u - v), in the buffers of w
        combine(alpha, &state.u, -alpha, &state.v, w);
        axpy(one, &state.z, w);
        combine(alpha, &state.fu, -alpha, &state.fv, fw);
        axpy(one, &state.fz, fw);
        self.anderson.step(&state.z, w, fw, accelerate);
        core::mem::swap(&mut state.z, w);
        core::mem::swap(&mut state.fz, fw);
        seconds.dual = watch.lap();

        core::mem::swap(&mut self.before, &mut state.v);
        self.problem.prox.apply(&state.z, &mut state.v);
        let operator = self.problem.operator;
        operator.apply(&state.v, &mut state.fv, &mut self.scratch);
        seconds.prox = watch.lap();

        state.iteration += 1;
        let is_finite = state.is_finite();
        let (split, dim) = (self.split(), self.state.z.len());
        let (first, second) = (self.lengths(0..split), self.lengths(split..dim));
        seconds.dual += watch.lap();
        Ok(Advanced {
            report,
            first,
            second,
            is_finite,
            seconds,
        })
    }

    /// The second part, from the split on, is scaled by the root of the ratio.
    fn rescale(&mut self, first: f64, second: f64) -> Result<(), AdmmError> {
        let split = self.split();
        let state = &mut *self.state;
        let factor = T::of(first);
        state.rho *= factor;
        state.ratio *= T::of(second / first);
        let (z, z_second) = state.z.split_at_mut(split);
        let (v, v_second) = state.v.split_at_mut(split);
        for (z, v) in z.iter_mut().zip(v) {
            *z = *v + (*z - *v) / factor;
        }
        let (scale, second) = (T::of((second / first).sqrt()), T::of(second));
        for (z, v) in z_second.iter_mut().zip(v_second) {
            let apart = (*z - *v) / second;
            *v *= scale;
            *z = *v + scale * apart;
        }
        for (z, v) in state.fz.iter_mut().zip(&state.fv) {
            *z = *v + (*z - *v) / factor;
        }
        self.anderson.clear();
        Ok(())
    }

    fn forget(&mut self) {
        self.anderson.clear();
    }

    fn shrinkage(&mut self) -> Result<Option<f64>, AdmmError> {
        Ok(self.problem.prox.shrinkage(&self.state.v))
    }

    fn penalised(&mut self) -> Result<&[T], AdmmError> {
        Ok(&self.state.v)
    }

    fn iterate(&mut self) -> Result<Iterate<'_, T>, AdmmError> {
        Ok(Iterate {
            z: &self.state.z,
            v: &self.state.v,
            fu: &self.state.fu,
            rho: self.state.rho,
        })
    }
}
