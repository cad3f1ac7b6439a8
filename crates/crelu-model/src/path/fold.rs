use linalg_core::Control;

use super::leg::Leg;
use super::metric::Metric;
use super::progress::PathProgress;
use super::shared::Shared;
use super::splits::Split;
use crate::dataset::Dataset;
use crate::error::{FitError, Setting};
use crate::fit::is_halt;
use crate::report::Work;
use crate::settings::{Beta, CheckedFitSettings};

/// What a fold came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Fold {
    /// The scores of the rows held out, one a penalty; fewer where a limit came.
    pub(super) scores: Vec<f64>,
    /// What it took.
    pub(super) work: Work,
}

/// What all folds share.
pub(super) struct Course<'a> {
    pub(super) train: &'a Dataset,
    pub(super) betas: &'a [f64],
    pub(super) metric: Metric,
    pub(super) settings: &'a CheckedFitSettings,
    pub(super) folds: usize,
}

impl Course<'_> {
    /// A path on the rows of a fold.
    pub(super) fn run(
        &self,
        fold: usize,
        split: &Split,
        control: &Control<'_>,
        shared: &Shared<'_>,
    ) -> Result<Fold, FitError> {
        let mut out = Fold::default();
        match self.follow(fold, split, control, shared, &mut out) {
            Err(error) if !is_halt(&error) => Err(error),
            _ => Ok(out),
        }
    }

    fn follow(
        &self,
        fold: usize,
        split: &Split,
        control: &Control<'_>,
        shared: &Shared<'_>,
        out: &mut Fold,
    ) -> Result<(), FitError> {
        if control.halt().is_some() || shared.is_stopped() {
            return Ok(());
        }
        let held_out = self.train.select(&split.held_out);
        let mut leg = {
            let train = self.train.select(&split.train);
            match Leg::new(&train, Some(&held_out), self.settings, control) {
                // the targets of these rows do not vary: there is nothing to choose by
                Err(FitError::Setting {
                    setting: Setting::HuberDelta,
                    ..
                }) => return Ok(()),
                other => other?,
            }
        };
        for (k, &beta) in self.betas.iter().enumerate() {
            let mut quiet = shared.quiet();
            let fit = leg.fit(Beta::Absolute(beta), self.settings, control, &mut quiet)?;
            let report = fit.report;
            if let Some(work) = &report.work {
                out.work += *work;
            }
            // half a step is none
            if control.halt().is_some() || shared.is_stopped() {
                return Ok(());
            }
            let Some(score) = &report.test else { continue };
            let score = self.metric.value(score)?;
            out.scores.push(score);
            shared.tell(PathProgress::Step {
                fold: Some(fold),
                folds: self.folds,
                step: k + 1,
                steps: self.betas.len(),
                beta,
                objective: report.objective_network,
                neurons: report.neurons,
                score: Some(score),
            });
        }
        Ok(())
    }
}
