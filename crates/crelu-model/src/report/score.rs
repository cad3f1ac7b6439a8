use serde::Serialize;

use crate::coding::Coded;
use crate::probability::{class_of, has_probabilities, probabilities_into};
use crate::targets::Targets;

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
        /// Mean of `(p - 1)^2` of the right label of two, of the sum of `(p_k - [k is right])^2` of
        /// more; none where outputs are no probabilities.
        brier: Option<f64>,
    },
    /// Of numbers.
    Numbers {
        /// Coefficient of determination, 0 for targets that are all the same; of several targets
        /// the mean.
        r2: f64,
    },
}

/// A probability is kept this far from 0 and 1 before its logarithm is taken.
const LEAST_PROBABILITY: f64 = 1e-15;

impl Score {
    /// The score of outputs, a row's together. Its loss is the mean with the weights of the loss,
    /// the other measures are with the weights of the rows; the `r2` of several targets is the mean
    /// of theirs.
    ///
    /// # Panics
    /// If the lengths differ.
    #[must_use]
    pub fn of(outputs: &[f64], targets: &Targets) -> Self {
        let loss = targets.loss();
        let k = targets.outputs();
        assert_eq!(
            outputs.len(),
            targets.n_samples() * k,
            "outputs, targets: as many numbers a row"
        );
        let mass: f64 = (0..targets.n_samples()).map(|j| targets.weight(j)).sum();
        let mass = if mass > 0.0 { mass } else { 1.0 };
        let kind = match targets.coded() {
            Coded::Classes { class, classes } => {
                let has = has_probabilities(targets.kind(), *classes);
                let mut p = vec![0.0; *classes];
                let (mut right, mut log_loss, mut brier) = (0.0, 0.0, 0.0);
                for (j, (f, y)) in outputs.chunks_exact(k).zip(class).enumerate() {
                    let weight = targets.weight(j);
                    right += weight * f64::from(class_of(f) == *y);
                    if has {
                        probabilities_into(targets.kind(), f, &mut p);
                        let kept = p[*y].clamp(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY);
                        log_loss -= weight * kept.ln();
                        brier += weight * brier_of(&p, *y);
                    }
                }
                ScoreKind::Labels {
                    accuracy: right / mass,
                    log_loss: has.then_some(log_loss / mass),
                    brier: has.then_some(brier / mass),
                }
            }
            Coded::Numbers { values, .. } => {
                let of_output = |at: usize| {
                    let column = || values.iter().skip(at).step_by(k).enumerate();
                    let total: f64 = column().map(|(j, y)| targets.weight(j) * y).sum();
                    let mean = total / mass;
                    let (mut square, mut spread) = (0.0, 0.0);
                    for (j, y) in column() {
                        let weight = targets.weight(j);
                        square += weight * (outputs[j * k + at] - y).powi(2);
                        spread += weight * (y - mean).powi(2);
                    }
                    match spread > 0.0 {
                        true => 1.0 - square / spread,
                        false => 0.0,
                    }
                };
                #[expect(clippy::cast_precision_loss, reason = "a small count")]
                let r2 = (0..k).map(of_output).sum::<f64>() / k as f64;
                ScoreKind::Numbers { r2 }
            }
        };
        Self {
            loss: loss.value(outputs) / loss.mass(),
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

/// `(p - 1)^2` of the right one of two classes, `sum_k (p_k - [k is right])^2` of more.
fn brier_of(p: &[f64], right: usize) -> f64 {
    match p.len() {
        2 => (p[right] - 1.0).powi(2),
        _ => (p.iter().enumerate())
            .map(|(k, p)| (p - f64::from(k == right)).powi(2))
            .sum(),
    }
}
