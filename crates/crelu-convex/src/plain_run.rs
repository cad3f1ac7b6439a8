//! One programme without a working set, as it is solved in one precision after another.

use admm::{AdmmError, PrimalError, Status};
use crelu_core::Backend;
use linalg_core::{LinalgError, Real};

use crate::certificate::Multipliers;
use crate::choice::Choice;
use crate::choose::choose;
use crate::error::ProgrammeError;
use crate::gate_start::gate_start;
use crate::programme::has_cones;
use crate::settings::{Precision, ProgrammeSettings, Splitting};
use crate::solution::{Solution, WarmStart};
use crate::tracker::{TOLERANCE_MARGIN, Totals, Tracker};
use crate::{newton, three_block, two_block};

/// One programme without a working set, in the precision asked for; `f64` takes over where `f32`
/// fails or gets no further.
pub(crate) fn run(
    tracker: &mut Tracker<'_>,
    choice: &mut Choice,
    warm: Option<&WarmStart>,
) -> Result<Solution, ProgrammeError> {
    let programme = tracker.programme;
    let settings = tracker.settings;
    let precision = choice.precision;
    if has_cones(programme) && warm.is_none() {
        tracker.offer_point(gate_start(programme, &tracker.control));
    }
    let mut totals = Totals::default();
    tracker.hasty = precision == Precision::F32;
    let first = match precision {
        Precision::F32 => attempt::<f32>(tracker, &mut totals, choice, warm),
        _ => attempt::<f64>(tracker, &mut totals, choice, warm),
    };
    tracker.hasty = false;
    let single = precision == Precision::F32;
    // a failure, or an end of f32's digits, that f64 may go past
    let (mut status, mut start, again) = match first {
        Ok((Status::Stalled, start))
            if single && totals.iterations < settings.max_iters && !tracker.reached() =>
        {
            choice.reason.push_str(&format!(
                "; f32 gets no further than a gap of {:.1e} (iteration {}): finished in f64",
                tracker.gap(),
                totals.iterations
            ));
            let kept = choice.splitting != Splitting::ThreeBlock;
            (Status::Stalled, start.clone(), Some(start.filter(|_| kept)))
        }
        Ok((status, start)) => (status, start, None),
        Err(error) if error.is_of_device() && settings.backend_reason.is_some() => {
            let said = format!("; {error}: the host goes on");
            choice.reason.push_str(&said);
            (Status::Stalled, None, Some(warm.cloned()))
        }
        Err(error) if precision != Precision::F64 && is_breakdown(&error) => {
            choice.reason.push_str(&format!(
                "; {} failed ({error}): done again in f64",
                precision.name()
            ));
            (Status::Stalled, None, Some(warm.cloned()))
        }
        Err(error)
            if tracker.progressed(&totals) && (is_breakdown(&error) || error.is_of_device()) =>
        {
            choice.reason.push_str(&format!(
                "; stopped at iteration {} ({error}): the best point so far",
                totals.iterations
            ));
            (Status::Stalled, None, None)
        }
        Err(error) => return Err(error),
    };
    if let Some(from) = again {
        let mut wide = ProgrammeSettings {
            precision: Precision::F64,
            ..settings.clone()
        };
        let had_device = choice.backend == Backend::Wgpu;
        if had_device {
            // a device has no f64
            wide.backend = Backend::Faer;
            wide.backend_reason = None;
            choice.backend = wide.backend;
        }
        // twice the width may ask for another system
        let outcome = choose(programme, &wide).and_then(|next| {
            if (next.method, next.form) != (choice.method, choice.form) {
                choice.follow(&next, "in f64");
            }
            choice.precision = Precision::F64;
            if had_device {
                choice.splitting = next.splitting;
            }
            attempt::<f64>(tracker, &mut totals, choice, from.as_ref())
        });
        match outcome {
            Ok(reached) => (status, start) = reached,
            Err(error)
                if tracker.progressed(&totals)
                    && (is_breakdown(&error) || matches!(error, ProgrammeError::Memory { .. })) =>
            {
                choice
                    .reason
                    .push_str(&format!("; f64 failed ({error}): the best point so far"));
            }
            Err(error) => return Err(error),
        }
    }
    let precision = in_force(choice.precision);
    Ok(answer(tracker, choice, totals, status, start, precision))
}

/// What a choice of precision comes to.
pub(crate) fn in_force(precision: Precision) -> Precision {
    match precision {
        Precision::Auto => Precision::F64,
        other => other,
    }
}

/// Whether a higher precision may help.
pub(crate) fn is_breakdown(error: &ProgrammeError) -> bool {
    matches!(
        error,
        ProgrammeError::Admm(
            AdmmError::NotFinite { .. }
                | AdmmError::Setting(_)
                | AdmmError::Primal(
                    PrimalError::Linalg(
                        LinalgError::NotPositiveDefinite { .. } | LinalgError::NotFinite { .. }
                    ) | PrimalError::Krylov(_)
                        | PrimalError::Inaccurate { .. }
                        | PrimalError::NotFinite { .. }
                )
        ) | ProgrammeError::Linalg(
            LinalgError::NotPositiveDefinite { .. } | LinalgError::NotFinite { .. }
        ) | ProgrammeError::Preconditioner(_)
    )
}

/// The run in one precision, and where it ended.
fn attempt<T: Real>(
    tracker: &mut Tracker<'_>,
    totals: &mut Totals,
    choice: &mut Choice,
    warm: Option<&WarmStart>,
) -> Result<(Status, Option<WarmStart>), ProgrammeError> {
    let settings = tracker.settings;
    let mut start = warm.cloned();
    if choice.splitting == Splitting::ThreeBlock {
        let mixed = settings.splitting == Splitting::Auto;
        let (ended, next) = three_block::run::<T>(tracker, totals, choice, mixed)?;
        start = Some(next);
        if !mixed || ended != Status::Stalled {
            return Ok((ended, start));
        }
        // the changeover: its own choice of a system, its start from the three-block iterate
        let two = ProgrammeSettings {
            splitting: Splitting::TwoBlock,
            // the host's, where a device has failed; why it was chosen has been said
            backend: choice.backend,
            backend_reason: None,
            ..settings.clone()
        };
        let changed = format!("changed over at iteration {}", totals.iterations);
        match choose(tracker.programme, &two) {
            Ok(next) => {
                choice.follow(&next, &changed);
                choice.precision = match (choice.precision, next.precision) {
                    // the precision of the iteration stays, that of a factor follows the system
                    (Precision::F32, _) => Precision::F32,
                    (_, next) => next,
                };
            }
            Err(error @ ProgrammeError::Memory { .. }) => {
                choice.reason.push_str(&format!("; not {changed}: {error}"));
                return Ok((Status::Stalled, start));
            }
            Err(error) => return Err(error),
        }
    }
    loop {
        let newton = newton::Rule::new(tracker.programme, settings);
        let left = settings.max_iters.saturating_sub(totals.iterations);
        if left == 0 && totals.iterations > 0 {
            return Ok((Status::IterationLimit, start));
        }
        let (ended, next) =
            two_block::run::<T>(tracker, totals, choice, start.as_ref(), left, &newton)?;
        if !ended.hand_over {
            return Ok((ended.status, Some(next)));
        }
        let finished = newton::by_newton(tracker, totals, next)?;
        start = Some(finished.warm_start);
        if finished.status != Status::Stalled {
            return Ok((finished.status, start));
        }
        // Newton could not do it: the plain iteration goes on from where Newton began, alone
        totals.newton_failed = true;
    }
}

/// The answer: the best point and bound of the tracker, and what it took.
pub(crate) fn answer(
    tracker: &Tracker<'_>,
    choice: &Choice,
    totals: Totals,
    status: Status,
    start: Option<WarmStart>,
    precision: Precision,
) -> Solution {
    let programme = tracker.programme;
    let warm_start = start.unwrap_or_else(|| WarmStart {
        rho: crate::two_block::first_rho(programme),
        z: vec![0.0; programme.rank() * programme.n_blocks()],
        multipliers: Multipliers::none(programme.n_blocks()),
        split: None,
    });
    let status = if tracker.gap() <= TOLERANCE_MARGIN * tracker.settings.tol {
        Status::Converged
    } else {
        status
    };
    Solution {
        status,
        point: tracker.point.clone(),
        network: tracker.better_network().cloned(),
        certificate: tracker.certificate.clone(),
        iterations: totals.iterations,
        newton_steps: totals.newton_steps,
        inner_iterations: totals.inner_iterations,
        factorisations: totals.factorisations,
        products: totals.products,
        choice: choice.clone(),
        precision,
        seconds: totals.seconds,
        polish_seconds: totals.polish_seconds,
        warm_start,
    }
}
