use linalg_core::{Control, Halt};
use serde::Serialize;

use super::metric::Metric;
use crate::coding::Task;
use crate::dataset::Dataset;
use crate::error::{FitError, Setting};
use crate::fit::{Carried, Fit, FitObserver, Progress, fit_prepared};
use crate::fit::{is_halt, zero_fit};
use crate::prepared::Prepared;
use crate::report::Score;
use crate::settings::CheckedFitSettings;

/// Ends a training by the score of rows that it does not see.
///
/// | name | default | range |
/// |---|---|---|
/// | `patience` | 10 | at least 1 |
/// | `metric` | by the task and the loss | |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EarlyStop {
    /// Rounds (global) or checks (sampled) without a better score after which it ends.
    pub patience: usize,
    /// What the rows are scored by; none: as for a path.
    pub metric: Option<Metric>,
}

impl Default for EarlyStop {
    fn default() -> Self {
        Self {
            patience: 10,
            metric: None,
        }
    }
}

impl EarlyStop {
    /// Sets the patience.
    #[must_use]
    pub fn patience(mut self, patience: usize) -> Self {
        self.patience = patience;
        self
    }

    /// Sets what the rows are scored by.
    #[must_use]
    pub fn metric(mut self, metric: impl Into<Option<Metric>>) -> Self {
        self.metric = metric.into();
        self
    }
}

/// How the rows held out chose a network of a training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EarlyStopped {
    /// What they were scored by.
    pub metric: Metric,
    /// Their score by the network that is returned.
    pub score: f64,
    /// The round or iteration after which that network stood.
    pub iteration: usize,
    /// Rounds or checks without a better one that end the training.
    pub patience: usize,
    /// Whether they did; else the training ended by itself, or by a limit.
    pub stopped: bool,
    /// How many rows they are.
    pub rows: usize,
}

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

/// Keeps the network of the best score.
pub(crate) struct Watch<K> {
    how: EarlyStop,
    loss: &'static str,
    best: Option<(EarlyStopped, K)>,
    since: usize,
    fault: Option<FitError>,
}

impl<K> Watch<K> {
    pub(crate) fn new(how: EarlyStop, loss: &'static str) -> Self {
        Self {
            how,
            loss,
            best: None,
            since: 0,
            fault: None,
        }
    }

    /// Sees a score, and keeps what `network` gives if it is the best; `false`: it is time to end.
    pub(crate) fn see(
        &mut self,
        iteration: usize,
        score: &Score,
        network: impl FnOnce() -> K,
    ) -> bool {
        let metric = self
            .how
            .metric
            .unwrap_or_else(|| Metric::of_score(score, self.loss));
        let value = match metric.value(score) {
            Ok(value) => value,
            Err(fault) => {
                self.fault = Some(fault);
                return false;
            }
        };
        let is_better = |best: f64| match metric.larger_is_better() {
            true => value > best,
            false => value < best,
        };
        let best = self.best.as_ref().map(|(best, _)| best.score);
        if value.is_finite() && best.is_none_or(is_better) {
            let stopped = EarlyStopped {
                metric,
                score: value,
                iteration,
                patience: self.how.patience,
                stopped: false,
                rows: 0,
            };
            self.best = Some((stopped, network()));
            self.since = 0;
            return true;
        }
        self.since += 1;
        self.since < self.how.patience
    }

    /// What was kept, if anything was.
    pub(crate) fn end(self) -> Result<Option<(EarlyStopped, K)>, FitError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let is_stopped = self.since >= self.how.patience;
        Ok(self.best.map(|(best, kept)| {
            let stopped = EarlyStopped {
                stopped: is_stopped,
                ..best
            };
            (stopped, kept)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ScoreKind;

    fn score(r2: f64) -> Score {
        Score {
            loss: 1.0,
            kind: ScoreKind::Numbers { r2 },
        }
    }

    #[test]
    fn watch_keeps_the_best_and_ends_after_its_patience() {
        let mut watch = Watch::new(EarlyStop::default().patience(2), "squared");
        let answers: Vec<bool> = [0.1, 0.4, 0.3, 0.5, 0.5, f64::NAN]
            .into_iter()
            .enumerate()
            .map(|(at, r2)| watch.see(at, &score(r2), || at))
            .collect();
        // an equal score is no better one
        assert_eq!(answers, [true, true, true, true, true, false]);
        let (stopped, kept) = watch.end().unwrap().unwrap();
        assert_eq!((kept, stopped.iteration), (3, 3));
        assert!(stopped.stopped && (stopped.score - 0.5).abs() < 1e-15);
    }

    #[test]
    fn watch_of_a_metric_that_scores_lack_is_an_error() {
        let how = EarlyStop::default().metric(Metric::Accuracy);
        let mut watch = Watch::new(how, "squared");
        assert!(!watch.see(0, &score(0.5), || ()));
        assert!(matches!(watch.end(), Err(FitError::Setting { .. })));
    }
}
