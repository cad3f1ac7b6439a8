use crelu_convex::{Check, Observer, Programme, relative_gap};
use faer::Mat;

use super::observer::{FitObserver, Progress};
use super::point_network::point_outputs;
use crate::path::Watch;
use crate::prepared::Prepared;
use crate::report::HistoryEntry;

/// Writes the history of a solve, and tells the caller.
pub(super) struct Recorder<'a> {
    pub(super) observer: &'a mut dyn FitObserver,
    pub(super) programme: &'a Programme,
    pub(super) prepared: &'a Prepared,
    /// Test inputs in the programme's coordinates.
    pub(super) test: Option<Mat<f64>>,
    pub(super) history: Vec<HistoryEntry>,
    /// Where rows held out choose: the blocks of the best network.
    pub(super) watch: Option<Watch<Mat<f64>>>,
    pub(super) stop: bool,
}

impl Observer for Recorder<'_> {
    fn iteration(&mut self, iteration: usize) -> bool {
        self.stop |= !self.observer.progress(Progress::Iteration(iteration));
        !self.stop
    }

    fn check(&mut self, check: &Check<'_>) {
        let n = self.prepared.loss().mass();
        let point = check.point;
        let (v, fitted, objective, active) = match check.network {
            Some(own) => (own.v.as_ref(), &own.fitted, own.objective, own.active),
            None => (
                point.v.as_ref(),
                &point.fitted,
                point.objective,
                point.active,
            ),
        };
        let outputs = self.programme.outputs_in_rows(fitted);
        let train = self.prepared.train_score(&outputs);
        let test = self.test.as_ref().and_then(|inputs| {
            let outputs = point_outputs(self.programme, v, inputs.as_ref());
            self.prepared.test_score(&outputs)
        });
        let mut entry = HistoryEntry::of(
            (check.iteration, check.seconds),
            objective / n,
            active,
            train,
            test,
        );
        entry.dual_bound = Some(check.dual_bound / n);
        entry.gap = Some(relative_gap(objective, check.dual_bound));
        self.history.push(entry);
        self.stop |= !self.observer.progress(Progress::Check(&entry));
        if let (Some(watch), Some(score)) = (&mut self.watch, &test) {
            self.stop |= !watch.see(check.iteration, score, || v.to_owned());
        }
    }
}
