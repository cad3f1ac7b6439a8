use crelu_global::{GlobalObserver, Neurons, Round};
use faer::Mat;
use linalg_core::Control;

use super::observer::{FitObserver, Progress};
use crate::path::Watch;
use crate::prepared::Prepared;
use crate::report::HistoryEntry;

/// Writes the history of a training, and tells the caller.
pub(super) struct Recorder<'a> {
    pub(super) observer: &'a mut dyn FitObserver,
    pub(super) count: f64,
    pub(super) prepared: &'a Prepared,
    pub(super) test: Option<Mat<f64>>,
    pub(super) history: Vec<HistoryEntry>,
    /// Where rows held out choose the network.
    pub(super) watch: Option<Watch<Neurons>>,
    pub(super) control: &'a Control<'a>,
    pub(super) stop: bool,
}

impl GlobalObserver for Recorder<'_> {
    fn round(&mut self, round: &Round<'_>) -> bool {
        let train = self.prepared.train_score(round.fitted);
        let sparse = self.prepared.sparse.as_ref();
        let outputs = match (&self.test, sparse.and_then(|sparse| sparse.test.as_ref())) {
            (Some(inputs), _) => Some(round.neurons.outputs(inputs.as_ref())),
            (None, Some(rows)) => Some(round.neurons.outputs_sparse(rows)),
            (None, None) => None,
        };
        let test = outputs.and_then(|outputs| self.prepared.test_score(&outputs));
        let mut entry = HistoryEntry::of(
            (round.round, self.control.seconds()),
            round.objective / self.count,
            round.neurons.len(),
            train,
            test,
        );
        entry.max_price = Some(round.max_price);
        entry.search_gap = Some(round.search_gap);
        entry.flops = Some(in_flops(round.flops));
        self.history.push(entry);
        self.stop |= !self.observer.progress(Progress::Check(&entry));
        if let (Some(watch), Some(score)) = (&mut self.watch, &test) {
            self.stop |= !watch.see(round.round, score, || round.neurons.clone());
        }
        !self.stop
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count, rounded")]
pub(super) fn in_flops(count: u64) -> f64 {
    count as f64
}
