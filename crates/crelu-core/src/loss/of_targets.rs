use std::sync::Arc;

use super::{Huber, Logistic, Loss, LossKind, Separable, Softmax, Squared};
use crate::error::LossError;

impl LossKind {
    /// The loss of targets.
    ///
    /// **Shapes** `target`: `outputs` numbers a row, a row's together; for softmax label shares;
    /// `weights`: one a row.
    ///
    /// # Errors
    /// [`LossError`] where a length does not fit or a number has no loss.
    pub fn of(
        &self,
        target: Vec<f64>,
        outputs: usize,
        weights: Option<Vec<f64>>,
    ) -> Result<Arc<dyn Loss>, LossError> {
        Ok(match self {
            Self::Squared => Arc::new(Separable::new(Squared, target, outputs, weights)?),
            Self::Logistic => {
                let out = target.iter().position(|y| y.abs() > 1.0);
                if let Some(at) = out {
                    return Err(LossError::Value {
                        what: "label",
                        row: at / outputs.max(1),
                        value: target[at],
                        want: "not from -1 to 1",
                    });
                }
                Arc::new(Separable::new(Logistic, target, outputs, weights)?)
            }
            Self::Softmax => Arc::new(Softmax::new(target, outputs, weights)?),
            Self::Huber { delta } => {
                let each: Result<Vec<Huber>, _> = delta.iter().map(|d| Huber::new(*d)).collect();
                Arc::new(Separable::of_outputs(each?, target, outputs, weights)?)
            }
        })
    }
}
