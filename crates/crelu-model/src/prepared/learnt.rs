use crelu_core::{LossKind, Network};
use linalg_core::Control;
use serde_json::{Map, Value, json};

use super::labels::Labels;
use super::range;
use crate::coding::{Coded, Coding, Task};
use crate::column_origin::ColumnOrigin;
use crate::dataset::Dataset;
use crate::error::{FitError, ModelError, Subject};
use crate::loss_choice;
use crate::model::Model;
use crate::report::Score;
use crate::settings::{CheckedFitSettings, FitSettings};
use crate::standardise::Standardisation;
use crate::targets::Targets;
use crate::units::Units;

/// What the training data say that a model and a report repeat: the task, the coding of the targets, the
/// loss, the scale of the inputs, and the targets themselves in the units in which they are solved.
#[derive(Debug)]
pub(crate) struct Learnt {
    task: Task,
    coding: Coding,
    /// The loss in the user's units, without its targets.
    pub(crate) kind: LossKind,
    /// What lies between the user's numbers and those that are solved.
    pub(crate) units: Units,
    /// What the outputs for the training rows are scored against, in their order, in units.
    pub(crate) targets: Targets,
    pub(super) standardisation: Option<Standardisation>,
    /// Where further targets stand unless a caller says: after the features and the first.
    other_targets: Vec<ColumnOrigin>,
}

impl Learnt {
    /// Labels in units; whether no digit was lost on the way.
    pub(super) fn of(
        labels: Labels,
        train: &Dataset,
        units: Units,
        standardisation: Option<Standardisation>,
    ) -> Result<(Self, bool), FitError> {
        let Labels {
            task,
            coding,
            kind,
            coded,
            weights,
        } = labels;
        let (targets, kept) = targets_in(coded, &kind, &units, weights, train.weights())?;
        let origin = |k: usize| ColumnOrigin {
            name: None,
            index: train.n_features() + k,
        };
        let learnt = Self {
            task,
            coding,
            kind,
            units,
            targets,
            standardisation,
            other_targets: (1..train.targets().len()).map(origin).collect(),
        };
        Ok((learnt, kept))
    }

    /// Of training rows whose inputs are not looked at: for a run that ended before they were prepared.
    pub(crate) fn of_targets(train: &Dataset, s: &FitSettings) -> Result<Self, FitError> {
        let weighing = train.weighing_rows().map(|rows| train.select(&rows));
        let train = weighing.as_ref().unwrap_or(train);
        let labels = Labels::of(train, s)?;
        let units = range::units(&labels, None, s)?;
        Ok(Self::of(labels, train, units, None)?.0)
    }

    pub(crate) fn classify(&self) -> bool {
        self.task == Task::Classify
    }

    /// Training rows.
    pub(crate) fn n(&self) -> usize {
        self.targets.n_samples()
    }

    /// Outputs of the network.
    pub(crate) fn outputs(&self) -> usize {
        self.targets.outputs()
    }

    /// Targets of other rows in units, what they were coded to.
    pub(super) fn targets_of(&self, rows: &Dataset, coded: Coded) -> Result<Targets, FitError> {
        let weights = rows.weights().map(<[f64]>::to_vec);
        let (targets, _) = targets_in(coded, &self.kind, &self.units, weights, rows.weights())?;
        Ok(targets)
    }

    /// The score of the zero network on the training rows.
    pub(crate) fn zero_score(&self) -> Score {
        let zeros = vec![0.0; self.n() * self.outputs()];
        Score::of(&zeros, &self.targets)
    }

    /// The score of the zero network on other rows.
    pub(crate) fn zero_score_of(&self, rows: &Dataset) -> Result<Score, FitError> {
        let coded = self.coding.code(rows.targets())?;
        let targets = self.targets_of(rows, coded)?;
        let zeros = vec![0.0; targets.n_samples() * self.outputs()];
        Ok(Score::of(&zeros, &targets))
    }

    /// The score of a model on other rows, in the user's units.
    pub(crate) fn score_of(&self, model: &Model, rows: &Dataset) -> Result<Score, FitError> {
        let coded = self.coding.code(rows.targets())?;
        let weights = rows.weights().map(<[f64]>::to_vec);
        let units = Units {
            centre: vec![0.0; self.outputs()],
            ..Units::default()
        };
        let (targets, _) = targets_in(coded, &self.kind, &units, weights, rows.weights())?;
        let outputs = match rows.sparse() {
            Some(sparse) => model.outputs_sparse(sparse),
            None => model.outputs(rows.rows()),
        };
        let far = |row, column, value| FitError::TestRange {
            row,
            column,
            target: 0,
            value,
        };
        let outputs = outputs.map_err(|error| match error {
            ModelError::TooFar { row, column, value } => far(row, Some(column), value),
            ModelError::Overflow { row } => far(row, None, f64::NAN),
            ModelError::Features { want, got } => FitError::Shape {
                what: Subject::TestFeatureColumns,
                want,
                got,
            },
            _ => FitError::NotFinite {
                what: Subject::Features,
            },
        })?;
        Ok(Score::of(&outputs, &targets))
    }

    pub(crate) fn model(
        &self,
        network: Network,
        bias: bool,
        beta: f64,
        objective: f64,
        gap: f64,
    ) -> Model {
        Model {
            network,
            standardisation: self.standardisation.clone(),
            bias,
            coding: self.coding.clone(),
            loss: self.kind.clone(),
            output_bias: vec![0.0; self.outputs()],
            target_name: None,
            target_index: None,
            // where a caller does not say, further targets stand after the features and the first
            other_targets: self.other_targets.clone(),
            weights: None,
            columns: None,
            feature_names: None,
            beta,
            objective,
            gap,
        }
    }

    /// The residuals up to which a huber loss is quadratic, one a target.
    fn delta(&self) -> Value {
        match &self.kind {
            LossKind::Huber { delta } => json!(delta),
            _ => Value::Null,
        }
    }

    /// The settings in force, what was chosen for the data among them.
    pub(crate) fn settings_map(
        &self,
        settings: &CheckedFitSettings,
        beta: f64,
        beta_max: f64,
        control: &Control<'_>,
        sparse: Option<Value>,
    ) -> Map<String, Value> {
        let mut map = settings.to_map();
        for (key, value) in [
            ("task", json!(self.task.name())),
            ("beta", json!(beta)),
            ("beta_max", json!(beta_max)),
            ("loss", json!(self.kind.name())),
            ("huber_delta", self.delta()),
            ("time_limit", json!(control.ends_at())),
            ("sparse", json!(sparse)),
        ] {
            map.insert(key.to_owned(), value);
        }
        map
    }
}

/// Coded targets in the units in which they are solved; whether no digit was lost on the way.
pub(crate) fn targets_in(
    mut coded: Coded,
    kind: &LossKind,
    units: &Units,
    of_loss: Option<Vec<f64>>,
    weights: Option<&[f64]>,
) -> Result<(Targets, bool), FitError> {
    let mut kept = true;
    if let Coded::Numbers { values, .. } = &mut coded {
        let centres = units.centre.iter().cycle();
        let centred: Vec<f64> = values.iter().zip(centres).map(|(y, c)| y - c).collect();
        units.targets_in(values);
        kept = units.keeps(&centred, values);
    }
    let kind = loss_choice::in_units(kind, units.target);
    let targets = Targets::weighted(coded, kind, of_loss, weights.map(<[f64]>::to_vec))?;
    Ok((targets, kept))
}
