use linalg_core::{Control, Halt};

use super::early_stop::{EarlyStop, EarlyStopped};
use crate::coding::Task;
use crate::dataset::Dataset;
use crate::error::{FitError, Setting};
use crate::fit::{Carried, Fit, FitObserver, Progress, fit_prepared, is_halt, zero_fit};
use crate::prepared::Prepared;
use crate::settings::CheckedFitSettings;

/// A fit whose network is the one, of those that stood after its rounds (global) or checks (sampled),
/// which scores best on `held_out`; it ends when none was better for [`EarlyStop::patience`] of them. The
/// `test_` figures of its history are those of `held_out`. The network is not thinned.
///
/// # Errors
/// [`FitError`] where there is no model; [`FitError::Setting`] for a metric that the scores do not have,
/// or a patience of 0.
pub fn fit_early(
    train: &Dataset,
    held_out: &Dataset,
    test: Option<&Dataset>,
    settings: &CheckedFitSettings,
    how: EarlyStop,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Result<Fit, FitError> {
    // rows of weight 0 leave before anything
    if let Some((part, kept)) = train.weighing_part() {
        let fit = fit_early(&part, held_out, test, settings, how, control, observer);
        return fit.map(|fit| fit.rows_of_all(&kept));
    }
    if how.patience == 0 {
        return Err(FitError::Setting {
            setting: Setting::Patience,
            problem: "must be at least 1",
        });
    }
    let task: Task = settings
        .get()
        .task
        .unwrap_or_else(|| Task::of(train.target()));
    if let Some(metric) = how.metric {
        metric.check(task)?;
    }
    let begun = control.seconds();
    let mut go = || -> Result<Fit, FitError> {
        observer.progress(Progress::Doing("preparing the data"));
        let prepared = Prepared::of(train, Some(held_out), settings.get(), control)?;
        let mut carried = Carried::stopped_by(how);
        let mut fit = fit_prepared(&prepared, &mut carried, settings, control, observer)?;
        let rows = held_out.n_samples();
        let stopped = carried.stopped;
        fit.report.early_stop = stopped.map(|stopped| EarlyStopped { rows, ..stopped });
        fit.report.test = match test {
            Some(test) => Some(prepared.learnt.score_of(&fit.model, test)?),
            None => None,
        };
        Ok(fit)
    };
    match go() {
        Err(error) if is_halt(&error) => {
            let halt = control.halt().unwrap_or(Halt::Interrupted);
            zero_fit(train, test, settings, halt, begun, control)
        }
        ended => ended,
    }
}
