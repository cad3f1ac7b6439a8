use serde::Serialize;

use super::score::Score;

/// The run at one check, or at a proven bound.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HistoryEntry {
    /// Iterations so far.
    pub iteration: usize,
    /// Seconds on the caller's clock.
    pub seconds: f64,
    /// `J` of the best network so far.
    pub objective_network: f64,
    /// The best lower bound so far; none until a certificate is made.
    pub dual_bound: Option<f64>,
    /// `(objective_network - dual_bound) / objective_network`.
    pub gap: Option<f64>,
    /// Neurons of the best network so far.
    pub neurons: usize,
    /// Global mode: flops so far.
    pub flops: Option<f64>,
    /// Global mode: the largest price that the round's search found.
    pub max_price: Option<f64>,
    /// Global mode: the relative gap if no neuron is dearer.
    pub search_gap: Option<f64>,
    /// After the training, of the returned network: the best bound over all networks that is
    /// proven so far.
    pub proven_bound: Option<f64>,
    /// Its mean training loss.
    pub train_loss: f64,
    /// Its training accuracy (classification).
    pub train_accuracy: Option<f64>,
    /// Its training r2 (regression).
    pub train_r2: Option<f64>,
    /// Its mean test loss, where there are test data.
    pub test_loss: Option<f64>,
    /// Its test accuracy.
    pub test_accuracy: Option<f64>,
    /// Its test r2.
    pub test_r2: Option<f64>,
}

impl HistoryEntry {
    /// A network and its scores on the training and on the test rows, without a bound.
    pub(crate) fn of(
        (iteration, seconds): (usize, f64),
        objective_network: f64,
        neurons: usize,
        train: Score,
        test: Option<Score>,
    ) -> Self {
        Self {
            iteration,
            seconds,
            objective_network,
            dual_bound: None,
            gap: None,
            neurons,
            flops: None,
            max_price: None,
            search_gap: None,
            proven_bound: None,
            train_loss: train.loss,
            train_accuracy: train.accuracy(),
            train_r2: train.r2(),
            test_loss: test.map(|t| t.loss),
            test_accuracy: test.and_then(|t| t.accuracy()),
            test_r2: test.and_then(|t| t.r2()),
        }
    }
}
