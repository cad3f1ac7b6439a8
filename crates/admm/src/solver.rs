use core::ops::Range;

use linalg_core::{Control, LinearOperator, Real, SettingsError, axpy, combine, distance, norm};

use crate::anderson::Anderson;
use crate::error::AdmmError;
use crate::monitor::{Monitor, Residuals, Verdict};
use crate::penalty::PenaltyRule;
use crate::primal::SmoothStep;
use crate::prox::Proximal;
use crate::schedule::InnerSchedule;
use crate::settings::CheckedAdmmSettings;
use crate::state::AdmmState;
use crate::status::Status;

/// The parts of a problem: the operator `F`, the smooth part and the penalty.
pub struct Splitting<'a, T, S: ?Sized, X: ?Sized> {
    /// `F`.
    pub operator: &'a dyn LinearOperator<T>,
    /// The step of `f(F u)`.
    pub primal: &'a mut S,
    /// The step of `g(v)`.
    pub prox: &'a mut X,
}

/// Seconds on the caller's clock spent in each phase.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PhaseSeconds {
    /// Factorisations.
    pub setup: f64,
    /// Primal steps.
    pub primal: f64,
    /// Proximal steps and the product with their result.
    pub prox: f64,
    /// The update of the state, acceleration included.
    pub dual: f64,
    /// The monitor.
    pub monitor: f64,
}

/// What a run reached; the iterate is in the [`AdmmState`] it was given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdmmSolution {
    /// How it ended.
    pub status: Status,
    /// Iterations of this run.
    pub iterations: usize,
    /// Inner iterations of the primal steps, in all.
    pub inner_iterations: usize,
    /// Factorisations made.
    pub factorisations: usize,
    /// Residuals of the last iterate.
    pub residuals: Residuals,
    /// Time of each phase.
    pub seconds: PhaseSeconds,
}

/// Runs the iteration from `state` until the monitor, a limit or the control ends it.
///
/// ```text
///     u <- argmin f(F u) + rho/2 |u - (2v - z)|^2
///     z <- z + alpha (u - v), accelerated;   v <- prox(z)
/// ```
///
/// `state.v` and `state.fv` must be the proximal step at `state.z` and its image (as the zero
/// point's are); `state.rho` is the first penalty parameter. Where the variable has a second part
/// ([`Proximal::split`]), `state.ratio` is that part's penalty parameter over `rho`, first; it follows
/// the balance of its own residuals at the iterations at which `rho` is reconsidered.
///
/// **Cost** an iteration: one primal step, one proximal step, one product with `F`, no
/// allocation beyond what the acceleration keeps.
/// **Source** Eckstein & Bertsekas 1992 (ADMM as Douglas-Rachford, over-relaxed).
///
/// # Errors
/// Over row shards the control must [agree](Control::agreed) on halts with the other processes: every other
/// decision here is taken on numbers that are the same on all of them.
///
/// [`AdmmError`] where no iterate is worth reading: shapes, a failed factorisation, NaN. A limit
/// or interruption is a status, not an error.
pub fn solve<T: Real, S: SmoothStep<T> + ?Sized, X: Proximal<T> + ?Sized>(
    problem: &mut Splitting<'_, T, S, X>,
    settings: &CheckedAdmmSettings,
    control: &Control<'_>,
    state: &mut AdmmState<T>,
    monitor: &mut dyn Monitor<T, X>,
) -> Result<AdmmSolution, AdmmError> {
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
    let first_part = 0..problem.prox.split().unwrap_or(dim);
    let second_part = first_part.end..dim;
    let alpha = T::of(settings.relaxation);
    let mut anderson = Anderson::new(settings.anderson, dim, rows);
    let (mut w, mut fw) = (vec![T::of(0.0); dim], vec![T::of(0.0); rows]);
    let (mut before, mut scratch) = (
        state.v.clone(),
        vec![T::of(0.0); problem.operator.scratch_len()],
    );
    let mut solution = AdmmSolution {
        status: Status::IterationLimit,
        iterations: 0,
        inner_iterations: 0,
        factorisations: 0,
        residuals: Residuals {
            primal: f64::INFINITY,
            dual: f64::INFINITY,
        },
        seconds: PhaseSeconds::default(),
    };
    let mut watch = Watch {
        control: *control,
        last: control.seconds(),
    };

    if let Some(halt) = control.halt() {
        solution.status = halt.into();
        return Ok(solution);
    }
    if !set_penalty(problem, state, control, &mut solution)? {
        return Ok(solution);
    }
    solution.seconds.setup += watch.lap();
    let mut schedule = InnerSchedule::new(settings.inner_tol);
    let mut reconsider = settings.penalty_first;
    let mut slip = (f64::INFINITY, f64::INFINITY);

    for k in 1..=settings.max_iters {
        if let Some(halt) = control.halt() {
            solution.status = halt.into();
            break;
        }
        let (one, two) = (T::of(1.0), T::of(2.0));
        combine(two, &state.v, -one, &state.z, &mut w);
        combine(two, &state.fv, -one, &state.fz, &mut fw);
        let tol = schedule.tolerance(k, slip.0, slip.1);
        let report = problem
            .primal
            .step(&w, &fw, tol, &mut state.u, &mut state.fu)?;
        solution.inner_iterations += report.inner_iterations;
        solution.seconds.primal += watch.lap();
        if report.halted {
            // the iterate before it stands
            solution.status = control.halt().map_or(Status::Interrupted, Status::from);
            break;
        }

        // g = z + alpha (u - v), in the buffers of w
        combine(alpha, &state.u, -alpha, &state.v, &mut w);
        axpy(one, &state.z, &mut w);
        combine(alpha, &state.fu, -alpha, &state.fv, &mut fw);
        axpy(one, &state.fz, &mut fw);
        anderson.step(&state.z, &mut w, &mut fw, k % settings.anderson_every == 0);
        core::mem::swap(&mut state.z, &mut w);
        core::mem::swap(&mut state.fz, &mut fw);
        solution.seconds.dual += watch.lap();

        core::mem::swap(&mut before, &mut state.v);
        problem.prox.apply(&state.z, &mut state.v);
        problem
            .operator
            .apply(&state.v, &mut state.fv, &mut scratch);
        solution.seconds.prox += watch.lap();

        state.iteration += 1;
        solution.iterations = k;
        // a shard of the outputs is one process's own: all leave where one must
        if control.any(!state.is_finite()) {
            return Err(AdmmError::NotFinite {
                iteration: state.iteration,
                precision: T::NAME,
            });
        }
        let (first, second);
        (first, slip) = measure(state, &before, first_part.clone());
        (second, _) = measure(state, &before, second_part.clone());
        let residuals = Residuals {
            primal: first.primal.max(second.primal),
            dual: first.dual.max(second.dual),
        };
        solution.residuals = residuals;
        solution.seconds.dual += watch.lap();

        let verdict = monitor.observe(state, &residuals, problem.prox);
        solution.seconds.monitor += watch.lap();
        let mut rule = None;
        if k == reconsider {
            let next = (settings.penalty_growth * to_f64(reconsider)).round();
            reconsider = (reconsider + 1).max(from_f64(next));
            rule = Some(settings.penalty_rule);
        }
        match verdict {
            Verdict::Continue => {}
            Verdict::Retune => {
                schedule.tighten();
                // a step that went too far is in the memory, and its safeguard refuses all others
                anderson.clear();
                if settings.penalty_rule != PenaltyRule::Fixed {
                    rule = Some(PenaltyRule::Balance);
                }
            }
            Verdict::Stop(status) => {
                solution.status = status;
                break;
            }
        }
        if let Some(rule) = rule {
            let band = settings.penalty_band;
            let shrinkage = problem.prox.shrinkage(&state.v);
            let is_empty = norm(&state.v[first_part.clone()]) == T::of(0.0);
            let change = rule.factor(first.primal, first.dual, shrinkage, is_empty, band);
            // residuals of a step that fell short are its own; a smaller rho would make it harder,
            // and so would a larger one of the second part
            let change = change.filter(|factor| *factor > 1.0 || !report.short);
            let second = match rule {
                PenaltyRule::Fixed => None,
                _ => PenaltyRule::Balance.factor(second.primal, second.dual, None, false, band),
            };
            let second = second.filter(|factor| *factor < 1.0 || !report.short);
            if change.is_some() || second.is_some() {
                let factors = (change.unwrap_or(1.0), second.unwrap_or(1.0));
                rescale(state, first_part.end, factors);
                anderson.clear();
                if !set_penalty(problem, state, control, &mut solution)? {
                    break;
                }
                solution.seconds.setup += watch.lap();
            }
        }
    }
    Ok(solution)
}

/// Hands the penalty parameters down; false when the control stopped the factorisation.
fn set_penalty<T: Real, S: SmoothStep<T> + ?Sized, X: Proximal<T> + ?Sized>(
    problem: &mut Splitting<'_, T, S, X>,
    state: &AdmmState<T>,
    control: &Control<'_>,
    solution: &mut AdmmSolution,
) -> Result<bool, AdmmError> {
    use crate::error::PrimalError;
    let (rho, ratio) = (state.rho, state.ratio);
    problem.prox.set_ratio(ratio);
    problem.prox.set_penalty(rho);
    match problem.primal.set_penalty(rho, ratio, control) {
        Ok(is_new) => {
            solution.factorisations += usize::from(is_new);
            Ok(true)
        }
        Err(PrimalError::Linalg(linalg_core::LinalgError::Halted)) => {
            solution.status = control.halt().map_or(Status::Interrupted, Status::from);
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// `rho <- factor rho` with the subgradient `rho (z - v)` kept, and so for the second part, from
/// `split` on, which is scaled by the root of the ratio.
fn rescale<T: Real>(state: &mut AdmmState<T>, split: usize, (first, second): (f64, f64)) {
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
}

/// The residuals of an iterate, and both over `|z - v|`, the length of the step `u - w` at the end:
/// what an error of the step is seen beside. Of one part of the variable.
///
/// What is measured against is never zero while `z` is not: a penalty may leave nothing active
/// (`v = 0`), a constraint may be met from inside (`z = v`).
fn measure<T: Real>(
    state: &AdmmState<T>,
    before: &[T],
    part: Range<usize>,
) -> (Residuals, (f64, f64)) {
    let (u, v) = (&state.u[part.clone()], &state.v[part.clone()]);
    let (z, before) = (&state.z[part.clone()], &before[part]);
    let (size, slack) = (norm(v).wide(), distance(z, v).wide());
    let point = if size > 0.0 { size } else { slack };
    let multiplier = if slack > 0.0 { slack } else { size };
    let apart = distance(u, v).wide();
    let residuals = Residuals {
        primal: ratio(apart, point.max(norm(u).wide())),
        dual: ratio(distance(v, before).wide(), multiplier),
    };
    (residuals, (ratio(apart, multiplier), residuals.dual))
}

fn ratio(top: f64, bottom: f64) -> f64 {
    if top == 0.0 { 0.0 } else { top / bottom }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an iteration count, far below 2^53"
)]
fn to_f64(value: usize) -> f64 {
    value as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, positive, saturating"
)]
fn from_f64(value: f64) -> usize {
    value as usize
}

struct Watch<'a> {
    control: Control<'a>,
    last: f64,
}

impl Watch<'_> {
    fn lap(&mut self) -> f64 {
        let now = self.control.seconds();
        let spent = now - self.last;
        self.last = now;
        spent
    }
}
