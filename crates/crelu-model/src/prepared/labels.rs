use crelu_core::LossKind;

use crate::coding::{Coded, Coding, Task};
use crate::dataset::Dataset;
use crate::error::FitError;
use crate::settings::FitSettings;

/// What the targets of the training rows say, in the user's units.
pub(super) struct Labels {
    pub(super) task: Task,
    pub(super) coding: Coding,
    pub(super) kind: LossKind,
    pub(super) coded: Coded,
    /// Of the rows in the loss.
    pub(super) weights: Option<Vec<f64>>,
}

impl Labels {
    pub(super) fn of(train: &Dataset, s: &FitSettings) -> Result<Self, FitError> {
        let task = s.task.unwrap_or_else(|| Task::of(train.target()));
        let coding = Coding::of(train.targets(), task)?;
        let coded = coding.code(train.targets())?;
        let weights = s.class_weight.of_rows(&coding, &coded, train.weights())?;
        let kind = s.loss.kind(&coded, weights.as_deref(), s)?;
        Ok(Self {
            task,
            coding,
            kind,
            coded,
            weights,
        })
    }

    /// The targets of other rows, coded alike.
    pub(super) fn code(&self, rows: &Dataset) -> Result<Coded, FitError> {
        self.coding.code(rows.targets())
    }
}
