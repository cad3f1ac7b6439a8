use super::leg::Place;
use crate::fit::Fit;
use crate::report::{FoldScores, PathEntry};

/// A network of the path on all rows.
pub(super) struct Step {
    pub(super) beta: f64,
    pub(super) fit: Fit,
    pub(super) place: Place,
}

impl Step {
    /// The same network at a smaller penalty, where no bound that it had holds.
    pub(super) fn at(&self, beta: f64) -> Self {
        let mut fit = self.fit.clone();
        fit.certificate = None;
        let objective = fit.report.train.loss + beta * fit.model.network.penalty();
        fit.report.at_smaller_penalty(beta, objective);
        let gap = fit.report.gap;
        (fit.model.beta, fit.model.objective, fit.model.gap) = (beta, objective, gap);
        Self {
            beta,
            fit,
            place: self.place.clone(),
        }
    }
}

/// What a report says of the steps.
pub(super) fn entries(steps: &[Step], scores: Option<&[FoldScores]>) -> Vec<PathEntry> {
    let entry = |(k, step): (usize, &Step)| {
        let report = &step.fit.report;
        PathEntry {
            beta: step.beta,
            objective: report.objective_network,
            neurons: report.neurons,
            search_gap: report.global().and_then(|global| global.search_gap),
            programme_gap: report.global().is_none().then_some(report.programme_gap),
            proven_gap: report.proven_gap,
            train: report.train,
            cv: scores.map(|scores| scores[k].clone()),
        }
    };
    steps.iter().enumerate().map(entry).collect()
}
