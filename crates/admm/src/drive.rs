use linalg_core::{Control, Real};

use crate::error::{AdmmError, PrimalError};
use crate::iteration::{Iteration, Lengths};
use crate::monitor::{Residuals, Verdict};
use crate::penalty::PenaltyRule;
use crate::phases::{PhaseSeconds, Watch};
use crate::schedule::InnerSchedule;
use crate::settings::CheckedAdmmSettings;
use crate::status::Status;

/// What a run reached; the iterate is where the [`Iteration`] has it, for [`solve`](crate::solve) in the state it
/// was given.
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

/// Runs an [`Iteration`] until `observe`, which is shown every iterate, a limit or the control ends it.
/// [`solve`](crate::solve) is this on the host's vectors.
///
/// # Errors
/// As [`solve`](crate::solve).
pub fn drive<T: Real, I: Iteration<T> + ?Sized>(
    iteration: &mut I,
    settings: &CheckedAdmmSettings,
    control: &Control<'_>,
    observe: &mut dyn FnMut(&mut I, &Residuals) -> Result<Verdict, AdmmError>,
) -> Result<AdmmSolution, AdmmError> {
    let settings = settings.get();
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
    let mut watch = Watch::new(control);

    if let Some(halt) = control.halt() {
        solution.status = halt.into();
        return Ok(solution);
    }
    if !set_penalty(iteration, control, &mut solution)? {
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
        let tol = schedule.tolerance(k, slip.0, slip.1);
        let accelerate = k % settings.anderson_every == 0;
        let advanced = iteration.advance(tol, accelerate, control)?;
        watch.lap();
        let report = advanced.report;
        solution.inner_iterations += report.inner_iterations;
        solution.seconds.add(&advanced.seconds);
        if report.halted {
            // the iterate before it stands
            solution.status = control.halt().map_or(Status::Interrupted, Status::from);
            break;
        }
        solution.iterations = k;
        // a shard of the outputs is one process's own: all leave where one must
        if control.any(!advanced.is_finite) {
            return Err(AdmmError::NotFinite {
                iteration: k,
                precision: T::NAME,
            });
        }
        let (first, second);
        (first, slip) = measure(&advanced.first);
        (second, _) = measure(&advanced.second);
        let residuals = Residuals {
            primal: first.primal.max(second.primal),
            dual: first.dual.max(second.dual),
        };
        solution.residuals = residuals;
        solution.seconds.dual += watch.lap();

        let verdict = observe(iteration, &residuals)?;
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
                iteration.forget();
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
            let shrinkage = match rule {
                PenaltyRule::Calibrated => iteration.shrinkage()?,
                _ => None,
            };
            let is_empty = advanced.first.v == 0.0;
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
                iteration.rescale(change.unwrap_or(1.0), second.unwrap_or(1.0))?;
                if !set_penalty(iteration, control, &mut solution)? {
                    break;
                }
                solution.seconds.setup += watch.lap();
            }
        }
    }
    Ok(solution)
}

/// Hands the penalty parameters down; false when the control stopped the factorisation.
fn set_penalty<T: Real, I: Iteration<T> + ?Sized>(
    iteration: &mut I,
    control: &Control<'_>,
    solution: &mut AdmmSolution,
) -> Result<bool, AdmmError> {
    match iteration.set_penalty(control) {
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

/// The residuals of an iterate, and both over `|z - v|`, the length of the step `u - w` at the end:
/// what an error of the step is seen beside. Of one part of the variable.
///
/// What is measured against is never zero while `z` is not: a penalty may leave nothing active
/// (`v = 0`), a constraint may be met from inside (`z = v`).
fn measure(of: &Lengths) -> (Residuals, (f64, f64)) {
    let point = if of.v > 0.0 { of.v } else { of.slack };
    let multiplier = if of.slack > 0.0 { of.slack } else { of.v };
    let residuals = Residuals {
        primal: ratio(of.apart, point.max(of.u)),
        dual: ratio(of.moved, multiplier),
    };
    (residuals, (ratio(of.apart, multiplier), residuals.dual))
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
