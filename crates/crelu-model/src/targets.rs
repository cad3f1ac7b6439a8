use std::sync::Arc;

use crelu_core::{Loss, LossKind};

use crate::coding::Coded;
use crate::error::FitError;

/// What outputs are scored against: coded targets of some rows, with their loss and weights.
#[derive(Debug, Clone)]
pub struct Targets {
    coded: Coded,
    kind: LossKind,
    loss: Arc<dyn Loss>,
    /// Of the rows in every measure but the loss.
    weights: Option<Vec<f64>>,
}

impl Targets {
    /// Targets whose rows count alike.
    ///
    /// # Errors
    /// [`FitError::Loss`] where the loss has no value for a target.
    pub fn new(coded: Coded, kind: LossKind) -> Result<Self, FitError> {
        Self::weighted(coded, kind, None, None)
    }

    /// Targets with weights of their rows: of the loss, and of all other measures.
    ///
    /// # Errors
    /// [`FitError::Loss`] where the loss has no value for a target, or a weight is none.
    pub fn weighted(
        coded: Coded,
        kind: LossKind,
        of_loss: Option<Vec<f64>>,
        weights: Option<Vec<f64>>,
    ) -> Result<Self, FitError> {
        let loss = kind.of(coded.targets(&kind), coded.outputs(&kind), of_loss)?;
        Ok(Self {
            coded,
            kind,
            loss,
            weights,
        })
    }

    /// Rows.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.loss.n_samples()
    }

    /// Outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.loss.outputs()
    }

    /// The loss of the rows.
    #[must_use]
    pub fn loss(&self) -> &Arc<dyn Loss> {
        &self.loss
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &LossKind {
        &self.kind
    }

    /// The coded targets.
    #[must_use]
    pub fn coded(&self) -> &Coded {
        &self.coded
    }

    /// The weight of a row in every measure but the loss.
    #[must_use]
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }
}
