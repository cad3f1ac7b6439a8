use serde::Serialize;

/// How well outputs fit coded targets, in the means of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    /// Mean loss without the penalty.
    pub loss: f64,
    /// The measures that fit the task.
    #[serde(flatten)]
    pub kind: ScoreKind,
}

/// The measures of a task.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ScoreKind {
    /// Of labels.
    Labels {
        /// Share of rows with the right label.
        accuracy: f64,
        /// Mean of `-log p` of the right label; none where outputs are no probabilities.
        log_loss: Option<f64>,
        /// Mean of `(p - 1)^2` of the right label of two; none where outputs are no probabilities.
        brier: Option<f64>,
    },
    /// Of numbers.
    Numbers {
        /// Coefficient of determination; 0 for targets that are all the same.
        r2: f64,
    },
}

/// A probability is kept this far from 0 and 1 before its logarithm is taken.
const LEAST_PROBABILITY: f64 = 1e-15;

impl Score {
    /// The score of outputs against coded targets. With labels, coded -1 and +1, the probability of
    /// the larger is `clip((f + 1) / 2, 0, 1)`.
    ///
    /// # Panics
    /// If the lengths differ.
    #[must_use]
    pub fn of(outputs: &[f64], target: &[f64], classify: bool) -> Self {
        assert_eq!(
            outputs.len(),
            target.len(),
            "outputs, target: one value a row"
        );
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let n = target.len().max(1) as f64;
        let square = sum(outputs, target, |f, y| (f - y).powi(2));
        let kind = if classify {
            let right = |f: f64, y: f64| f64::from((f >= 0.0) == (y > 0.0));
            // of the label that the row has
            let p = |f: f64, y: f64| (0.5 * (y.signum() * f + 1.0)).clamp(0.0, 1.0);
            let kept = |p: f64| p.clamp(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY);
            ScoreKind::Labels {
                accuracy: sum(outputs, target, right) / n,
                log_loss: Some(-sum(outputs, target, |f, y| kept(p(f, y)).ln()) / n),
                brier: Some(sum(outputs, target, |f, y| (p(f, y) - 1.0).powi(2)) / n),
            }
        } else {
            let mean = target.iter().sum::<f64>() / n;
            let spread: f64 = target.iter().map(|y| (y - mean).powi(2)).sum();
            let r2 = if spread > 0.0 {
                1.0 - square / spread
            } else {
                0.0
            };
            ScoreKind::Numbers { r2 }
        };
        Self {
            loss: 0.5 * square / n,
            kind,
        }
    }

    /// Share of rows with the right label; none for numbers.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        match self.kind {
            ScoreKind::Labels { accuracy, .. } => Some(accuracy),
            ScoreKind::Numbers { .. } => None,
        }
    }

    /// Coefficient of determination; none for labels.
    #[must_use]
    pub fn r2(&self) -> Option<f64> {
        match self.kind {
            ScoreKind::Labels { .. } => None,
            ScoreKind::Numbers { r2 } => Some(r2),
        }
    }
}

fn sum(outputs: &[f64], target: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    outputs.iter().zip(target).map(|(f, y)| term(*f, *y)).sum()
}
