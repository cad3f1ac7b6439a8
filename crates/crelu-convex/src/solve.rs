use admm::Status;
use linalg_core::Control;

use crate::choose::choose;
use crate::error::ProgrammeError;
use crate::plain_run::{answer, in_force, run};
use crate::programme::Programme;
use crate::settings::CheckedProgrammeSettings;
use crate::solution::{Solution, WarmStart};
use crate::tracker::{Observer, Totals, Tracker};
use crate::working_set;

/// Solves a programme to a relative duality gap.
///
/// **Errors as statuses** a limit or an interruption ends with the best point so far.
///
/// # Errors
/// [`ProgrammeError`] where there is no answer: shapes, memory, a failed factorisation in `f64`.
pub fn solve(
    programme: &Programme,
    settings: &CheckedProgrammeSettings,
    control: &Control<'_>,
    warm: Option<&WarmStart>,
    observer: &mut dyn Observer,
) -> Result<Solution, ProgrammeError> {
    let settings = settings.get();
    if programme.n_patterns() == 0 {
        return Err(ProgrammeError::NoPattern);
    }
    let mut choice = choose(programme, settings)?;
    let mut tracker = Tracker::new(programme, settings, *control, observer);
    if programme.rank() == 0 {
        // no coordinate: the zero network is all there is, and its bound is exact
        choice.reason.push_str("; the data have rank 0");
        tracker.conclude(0);
        let totals = Totals::default();
        let precision = in_force(choice.precision);
        return Ok(answer(
            &tracker,
            &choice,
            totals,
            Status::Converged,
            None,
            precision,
        ));
    }
    if working_set::pays(programme, settings, &choice) {
        let solution = working_set::solve(&mut tracker, &mut choice, warm)?;
        return Ok(solution);
    }
    run(&mut tracker, &mut choice, warm)
}
