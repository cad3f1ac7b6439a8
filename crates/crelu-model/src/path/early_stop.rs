use serde::Serialize;

use super::metric::Metric;

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
