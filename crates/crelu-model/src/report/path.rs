use serde::Serialize;

use super::score::Score;
use crate::path::{Metric, Rule};

/// A penalty of a path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathEntry {
    /// The penalty of the mean objective.
    pub beta: f64,
    /// `J` of its network on all rows, within about 1 % of that of a fit of its own.
    pub objective: f64,
    /// The neurons of that network.
    pub neurons: usize,
    /// Global mode: the relative gap of that network, before thinning, to the bound that holds if no
    /// neuron is dearer than its last search found: evidence, not proof.
    pub search_gap: Option<f64>,
    /// Sampled mode: the proven gap of the programme over the patterns.
    pub programme_gap: Option<f64>,
    /// `(objective - proven bound) / objective` where a bound on `J` over all networks was proven.
    pub proven_gap: Option<f64>,
    /// Its score on the rows it was trained on.
    pub train: Score,
    /// The scores of the folds; none where they were not complete.
    pub cv: Option<FoldScores>,
}

/// The scores of rows held out, at one penalty.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldScores {
    /// Their mean.
    pub mean: f64,
    /// Its standard error: the deviation of the folds with divisor `k - 1`, over the root of `k`.
    pub se: f64,
    /// One a fold.
    pub folds: Vec<f64>,
}

impl FoldScores {
    pub(crate) fn of(folds: Vec<f64>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a few folds")]
        let k = folds.len() as f64;
        let mean = folds.iter().sum::<f64>() / k;
        let squares: f64 = folds.iter().map(|score| (score - mean).powi(2)).sum();
        Self {
            mean,
            se: (squares / (k - 1.0).max(1.0) / k).sqrt(),
            folds,
        }
    }
}

/// What was chosen from a path.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CvChoice {
    /// The penalty.
    pub chosen: f64,
    /// By what rule.
    pub rule: Rule,
    /// By what held-out rows were scored.
    pub metric: Metric,
    /// How many folds were complete.
    pub folds: usize,
}
