use linalg_core::Control;

use super::fold::Course;
use super::folds::Folds;
use super::leg::fold_step;
use super::metric::Metric;
use super::settings::PathSettings;
use super::shared::Shared;
use crate::coding::Task;
use crate::dataset::Dataset;
use crate::error::{FitError, Setting};
use crate::settings::CheckedFitSettings;

/// Runs the folds of a path in another place: on other machines, say, each by [`fold_scores`].
pub trait FoldRunner: Sync {
    /// The scores of the rows that each of `folds` folds holds out, one a penalty. None, or fewer scores:
    /// that fold was not complete, and has no part in the choice.
    fn run(&self, folds: usize, betas: &[f64], metric: Metric) -> Vec<Option<Vec<f64>>>;
}

/// The scores of the rows that fold `fold` of a path holds out, one a penalty; fewer where a limit came.
///
/// Every argument but `fold` is that of [`fit_path`](super::fit_path) or what it hands to its
/// [`FoldRunner`]: the scores are those that it would have come to by itself.
///
/// # Errors
/// [`FitError`] as there; [`FitError::Setting`] where there is no such fold.
pub fn fold_scores(
    train: &Dataset,
    settings: &CheckedFitSettings,
    plan: &PathSettings,
    fold: usize,
    betas: &[f64],
    metric: Metric,
    control: &Control<'_>,
) -> Result<Vec<f64>, FitError> {
    plan.check()?;
    let task = settings
        .get()
        .task
        .unwrap_or_else(|| Task::of(train.target()));
    metric.check(task)?;
    let folds = Folds::of(train, task, plan, settings.get().seed)?;
    let Some(split) = folds.splits.get(fold) else {
        return Err(FitError::Setting {
            setting: Setting::Folds,
            problem: "there is no such fold",
        });
    };
    let settings = fold_step(settings.get())?;
    let course = Course {
        train,
        betas,
        metric,
        settings: &settings,
        folds: folds.splits.len(),
    };
    let mut nobody = ();
    let shared = Shared::new(&mut nobody);
    Ok(course.run(fold, split, control, &shared)?.scores)
}
