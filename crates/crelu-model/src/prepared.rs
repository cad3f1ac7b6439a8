use std::sync::Arc;

use crelu_core::{Loss, LossKind};
use faer::Mat;
use linalg_core::{Control, LinalgError, RowSpace};
use serde_json::{Map, Value, json};

use crate::coding::{Coded, Coding, Task};
use crate::columns::ColumnOrigin;
use crate::dataset::Dataset;
use crate::equal_rows::EqualRows;
use crate::error::{FitError, ModelError, OutOfRange, Subject};
use crate::loss_choice;
use crate::merged_rows::Rows;
use crate::model::Model;
use crate::report::{Score, TrainMode};
use crate::settings::{CheckedFitSettings, FitSettings};
use crate::sparse_inputs::SparseInputs;
use crate::standardise::{self, ROUNDING, Standardisation, preprocess};
use crate::targets::Targets;
use crate::units::Units;
use crelu_core::Network;
use crelu_global::{GlobalError, GlobalProblem};

/// The rank up to which the data are decomposed by a thin SVD, whatever it may save: it costs less
/// than ten iterations there.
const SVD_WIDTH: usize = 128;

/// Data as the solvers see them, the same for every way of training.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) task: Task,
    coding: Coding,
    /// The loss in the user's units, without its targets.
    pub(crate) kind: LossKind,
    /// The loss that is minimised: its rows are those of `inputs`, its targets and weights inside.
    pub(crate) loss: Arc<dyn Loss>,
    /// Outputs of the network.
    pub(crate) outputs: usize,
    /// Training rows, of which those of `inputs` stand for one or more each.
    pub(crate) n: usize,
    /// The column of `inputs` of each training row, where equal rows were joined.
    pub(crate) place: Option<Vec<usize>>,
    /// What the outputs for the training rows are scored against, in their order, in units.
    pub(crate) targets: Targets,
    /// What lies between the user's numbers and these.
    pub(crate) units: Units,
    /// Whether no digit was lost between them.
    pub(crate) exact: bool,
    /// Whether the targets of equal rows cancel, so that no neuron lowers the loss.
    pub(crate) zero_is_optimal: bool,
    /// Coded targets, centred, in their units: `outputs` numbers for each of the rows of `inputs`.
    pub(crate) target: Vec<f64>,
    standardisation: Option<Standardisation>,
    /// Preprocessed inputs in their units, `d x n`.
    pub(crate) inputs: Mat<f64>,
    /// The inputs where they are sparse: `inputs` and `space` are empty then.
    pub(crate) sparse: Option<SparseInputs>,
    /// The coordinates in which they are solved.
    pub(crate) space: RowSpace,
    /// The test rows, the same way; no inputs where they are sparse.
    test: Option<(Mat<f64>, Targets)>,
    /// Where further targets stand unless a caller says: after the features and the first.
    other_targets: Vec<ColumnOrigin>,
    /// When the preparation began, on the caller's clock.
    pub(crate) begun: f64,
}

impl Prepared {
    pub(crate) fn of(
        train: &Dataset,
        test: Option<&Dataset>,
        s: &FitSettings,
        control: &Control<'_>,
    ) -> Result<Self, FitError> {
        let begun = control.seconds();
        let weighing = train.weighing_rows().map(|rows| train.select(&rows));
        let train = weighing.as_ref().unwrap_or(train);
        let limit = s.programme.memory_limit;
        let dense = match s.train_in_force() {
            TrainMode::Global => None,
            TrainMode::Sampled => train.densified(limit)?,
        };
        let train = dense.as_ref().unwrap_or(train);
        let alike = match (test, train.sparse()) {
            (Some(test), Some(_)) => test.sparsified()?,
            (Some(test), None) => test.densified(limit)?,
            (None, _) => None,
        };
        let test = alike.as_ref().or(test);
        let Learnt {
            task,
            coding,
            kind,
            coded,
            weights,
        } = Learnt::of(train, s)?;
        if let Some(test) = test
            && test.n_features() != train.n_features()
        {
            return Err(FitError::Shape {
                what: Subject::TestFeatureColumns,
                want: train.n_features(),
                got: test.n_features(),
            });
        }
        let test_coded = test.map(|t| coding.code(t.targets())).transpose()?;
        let go_on = || match control.halt() {
            Some(_) => Err(LinalgError::Halted),
            None => Ok(()),
        };
        go_on()?;
        let standardisation = match (s.standardize, train.sparse()) {
            (false, _) => None,
            (true, Some(rows)) => Some(Standardisation::learn_sparse(rows, weights.as_deref())),
            (true, None) => Some(Standardisation::learn_within(
                train.features(),
                weights.as_deref(),
                control,
            )?),
        };
        let mut sparse = train.sparse().map(|rows| {
            let test = test.and_then(Dataset::sparse);
            SparseInputs::of(rows, test, standardisation.as_ref(), s.bias)
        });
        let mut inputs = match &sparse {
            Some(_) => Mat::new(),
            None => preprocess(train.features(), standardisation.as_ref(), s.bias),
        };
        go_on()?;
        // standardised inputs are of size 1
        let sizes = (!s.standardize).then(|| match &sparse {
            Some(sparse) => sparse.sizes(),
            None => (0..inputs.nrows())
                .map(|k| largest(inputs.row(k).iter()))
                .collect(),
        });
        let units = units(&coded, &kind, weights.as_deref(), sizes.as_deref(), s)?;
        let mut exact = units.inputs_in(&mut inputs);
        if let Some(sparse) = &mut sparse {
            sparse.take_units(units.feature);
        }
        let (targets, kept) = targets_in(coded, &kind, &units, weights, train.weights())?;
        exact &= kept;
        let rounding = |k: usize| rounding(k, train, standardisation.as_ref(), &inputs);
        let rows = Rows {
            inputs: inputs.as_ref(),
            rounding: &rounding,
        };
        let cancel = |slopes: &[f64], slack: &[f64]| match &sparse {
            // equal rows are not looked for: only slopes that are all zero are known to cancel
            Some(_) => slopes.iter().zip(slack).all(|(a, slack)| a.abs() <= *slack),
            None => rows.cancel(slopes, slack),
        };
        let zero_is_optimal = zero_is_optimal(&cancel, &targets, train, &units);
        let test = match test.zip(test_coded) {
            Some((test, coded)) => {
                let mut inputs = match &sparse {
                    Some(_) => Mat::new(),
                    None => preprocess(test.features(), standardisation.as_ref(), s.bias),
                };
                units.inputs_in(&mut inputs);
                let weights = test.weights().map(<[f64]>::to_vec);
                let (targets, _) = targets_in(coded, &kind, &units, weights, test.weights())?;
                let far = sparse
                    .as_ref()
                    .and_then(|sparse| sparse.far_test_row(MOST_BEYOND));
                if let Some((row, column)) = far {
                    return Err(FitError::TestRange {
                        row,
                        column: Some(column),
                        target: 0,
                        value: test.value(row, column),
                    });
                }
                test_in_range(&inputs, &targets, test)?;
                Some((inputs, targets))
            }
            None => None,
        };
        let (d, n) = (inputs.nrows(), targets.n_samples());
        go_on()?;
        let (mut loss, mut target, mut place) = (Arc::clone(targets.loss()), None, None);
        if sparse.is_none()
            && let Some(equal) = EqualRows::of(&inputs, &targets)?
        {
            inputs = equal.inputs;
            loss = equal.loss;
            (target, place) = (Some(equal.target), Some(equal.place));
        }
        let space = if d > inputs.ncols() {
            RowSpace::qr_within(inputs.transpose(), control)?
        } else if d <= SVD_WIDTH {
            RowSpace::svd_within(inputs.transpose(), control)?
        } else {
            RowSpace::columns(inputs.transpose())
        };
        Ok(Self {
            task,
            coding,
            kind,
            loss,
            outputs: targets.outputs(),
            n,
            target: target.unwrap_or_else(|| targets.coded().targets(targets.kind())),
            place,
            targets,
            units,
            exact,
            zero_is_optimal,
            standardisation,
            inputs,
            sparse,
            space,
            test,
            other_targets: other_targets(train),
            begun,
        })
    }

    /// What the report and the model say of a run that ended before its data were prepared: targets
    /// and their coding; no inputs.
    pub(crate) fn targets_only(train: &Dataset, s: &FitSettings) -> Result<Self, FitError> {
        let weighing = train.weighing_rows().map(|rows| train.select(&rows));
        let train = weighing.as_ref().unwrap_or(train);
        let Learnt {
            task,
            coding,
            kind,
            coded,
            weights,
        } = Learnt::of(train, s)?;
        let units = units(&coded, &kind, weights.as_deref(), None, s)?;
        let (targets, _) = targets_in(coded, &kind, &units, weights, train.weights())?;
        Ok(Self {
            task,
            coding,
            kind,
            loss: Arc::clone(targets.loss()),
            outputs: targets.outputs(),
            n: targets.n_samples(),
            target: Vec::new(),
            place: None,
            targets,
            units,
            exact: true,
            zero_is_optimal: false,
            standardisation: None,
            inputs: Mat::new(),
            sparse: None,
            space: RowSpace::columns(Mat::new().as_ref()),
            test: None,
            other_targets: other_targets(train),
            begun: 0.0,
        })
    }

    /// The score of the zero network on the training rows.
    pub(crate) fn zero_score(&self) -> Score {
        let zeros = vec![0.0; self.n * self.outputs];
        Score::of(&zeros, &self.targets)
    }

    /// The score of the zero network on other rows.
    pub(crate) fn zero_score_of(&self, rows: &Dataset) -> Result<Score, FitError> {
        let coded = self.coding.code(rows.targets())?;
        let weights = rows.weights().map(<[f64]>::to_vec);
        let (targets, _) = targets_in(coded, &self.kind, &self.units, weights, rows.weights())?;
        let zeros = vec![0.0; targets.n_samples() * self.outputs];
        Ok(Score::of(&zeros, &targets))
    }

    /// The score of a model on other rows, in the user's units.
    pub(crate) fn score_of(&self, model: &Model, rows: &Dataset) -> Result<Score, FitError> {
        let coded = self.coding.code(rows.targets())?;
        let weights = rows.weights().map(<[f64]>::to_vec);
        let units = Units {
            centre: vec![0.0; self.outputs],
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

    /// What the outputs for the training rows are scored against.
    pub(crate) fn targets(&self) -> &Targets {
        &self.targets
    }

    pub(crate) fn classify(&self) -> bool {
        self.task == Task::Classify
    }

    /// Test inputs in the solver's coordinates; none where they are sparse.
    pub(crate) fn reduced_test(&self) -> Option<Mat<f64>> {
        let inputs = self.test.as_ref().map(|(inputs, _)| inputs);
        let inputs = inputs.filter(|_| self.sparse.is_none());
        inputs.map(|inputs| self.space.reduce(inputs.as_ref()))
    }

    /// The mean loss of outputs for the rows of `inputs`, a row's together.
    pub(crate) fn mean_loss(&self, outputs: &[f64]) -> f64 {
        self.loss.value(outputs) / self.loss.mass()
    }

    /// The score on the training rows of outputs for the rows of `inputs`, a row's together.
    pub(crate) fn train_score(&self, outputs: &[f64]) -> Score {
        let Some(place) = &self.place else {
            return Score::of(outputs, &self.targets);
        };
        let k = self.outputs;
        let all: Vec<f64> = (place.iter())
            .flat_map(|&at| &outputs[at * k..(at + 1) * k])
            .copied()
            .collect();
        Score::of(&all, &self.targets)
    }

    /// The score of outputs for the test rows.
    pub(crate) fn test_score(&self, outputs: &[f64]) -> Option<Score> {
        let test = self.test.as_ref();
        test.map(|(_, targets)| Score::of(outputs, targets))
    }

    /// The scores of a network on the training rows, where its outputs are these, and on the test rows.
    pub(crate) fn scores(&self, network: &Network, outputs: &[f64]) -> (Score, Option<Score>) {
        let test = self.test.as_ref().map(|(inputs, targets)| {
            let sparse = self.sparse.as_ref();
            let outputs = sparse.and_then(|sparse| sparse.test_outputs(network));
            let outputs = outputs.unwrap_or_else(|| network.outputs(inputs.as_ref()));
            Score::of(&outputs, targets)
        });
        (self.train_score(outputs), test)
    }

    /// The outputs of a network on the rows that are trained on.
    pub(crate) fn outputs_of(&self, network: &Network) -> Vec<f64> {
        match &self.sparse {
            Some(sparse) => sparse.outputs(network),
            None => network.outputs(self.inputs.as_ref()),
        }
    }

    /// Inputs of a network, the bias among them.
    pub(crate) fn width(&self) -> usize {
        match &self.sparse {
            Some(sparse) => sparse.width(),
            None => self.inputs.nrows(),
        }
    }

    /// Weights of the inputs in the coordinates that are solved in.
    pub(crate) fn reduce(&self, weights: &Mat<f64>) -> Mat<f64> {
        match &self.sparse {
            Some(sparse) => sparse.reduce(weights),
            None => self.space.reduce(weights.as_ref()),
        }
    }

    /// The inverse of [`reduce`](Self::reduce).
    pub(crate) fn expand(&self, weights: &Mat<f64>) -> Mat<f64> {
        match &self.sparse {
            Some(sparse) => sparse.expand(weights),
            None => self.space.expand(weights.as_ref()),
        }
    }

    /// The training problem over all neurons, without a penalty.
    pub(crate) fn global_problem(&self) -> Result<GlobalProblem, GlobalError> {
        let loss = Arc::clone(&self.loss);
        match &self.sparse {
            Some(sparse) => GlobalProblem::of_sparse(sparse.rows.clone(), loss, 0.0),
            None => GlobalProblem::with_loss(self.space.rows().to_owned(), loss, 0.0),
        }
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
            output_bias: vec![0.0; self.outputs],
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
    ) -> Map<String, Value> {
        let mut map = settings.to_map();
        for (key, value) in [
            ("task", json!(self.task.name())),
            ("beta", json!(beta)),
            ("beta_max", json!(beta_max)),
            ("loss", json!(self.kind.name())),
            ("huber_delta", self.delta()),
            ("time_limit", json!(control.ends_at())),
            (
                "sparse",
                json!(self.sparse.as_ref().map(SparseInputs::describe)),
            ),
        ] {
            map.insert(key.to_owned(), value);
        }
        map
    }
}

fn other_targets(train: &Dataset) -> Vec<ColumnOrigin> {
    let origin = |k: usize| ColumnOrigin {
        name: None,
        index: train.n_features() + k,
    };
    (1..train.targets().len()).map(origin).collect()
}

/// What the targets of the training rows say.
struct Learnt {
    task: Task,
    coding: Coding,
    kind: LossKind,
    coded: Coded,
    /// Of the rows in the loss.
    weights: Option<Vec<f64>>,
}

impl Learnt {
    fn of(train: &Dataset, s: &FitSettings) -> Result<Self, FitError> {
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

/// Whether the slopes of the loss at the zero network cancel over equal rows, in every output.
fn zero_is_optimal(
    cancel: &dyn Fn(&[f64], &[f64]) -> bool,
    targets: &Targets,
    train: &Dataset,
    units: &Units,
) -> bool {
    let k = targets.outputs();
    let theta = targets.loss().theta(&vec![0.0; targets.n_samples() * k]);
    (0..k).all(|at| {
        let slopes: Vec<f64> = theta.iter().skip(at).step_by(k).copied().collect();
        let values = train.targets().get(at).and_then(|t| t.values.as_ref());
        let slack = |(j, slope): (usize, &f64)| {
            // of the numbers as they were read, and of the centre
            let read = match (targets.coded(), values) {
                (Coded::Numbers { .. }, Some(values)) => crelu_core::power::scaled(
                    values[j].abs() + units.centre[at].abs(),
                    -units.target,
                ),
                _ => slope.abs(),
            };
            ROUNDING * targets.loss().weight(j) * read
        };
        let slack: Vec<f64> = slopes.iter().enumerate().map(slack).collect();
        cancel(&slopes, &slack)
    })
}

/// The rounding of the preprocessed feature `k`: that of the numbers it comes from, as large as the
/// largest of them.
fn rounding(
    k: usize,
    train: &Dataset,
    standardisation: Option<&Standardisation>,
    inputs: &Mat<f64>,
) -> f64 {
    let row = match (standardisation, k < train.n_features()) {
        (Some(_), true) => train.features().row(k),
        _ => inputs.row(k),
    };
    let largest = largest(row.iter());
    match standardisation {
        Some(s) if k < train.n_features() && s.scale[k] > 0.0 => ROUNDING * largest / s.scale[k],
        Some(_) if k < train.n_features() => 0.0,
        _ => ROUNDING * largest,
    }
}

/// The centres of the targets and the units in which their squares and the products of the inputs
/// are numbers. Labels have no units.
///
/// **Shapes** `sizes`: the size of each input's largest value; without, only those of the targets, or of
/// standardised inputs.
fn units(
    coded: &Coded,
    kind: &LossKind,
    weights: Option<&[f64]>,
    sizes: Option<&[f64]>,
    s: &FitSettings,
) -> Result<Units, FitError> {
    let mut units = Units {
        centre: vec![0.0; coded.outputs(kind)],
        ..Units::default()
    };
    if let Coded::Numbers { values, outputs } = coded {
        if s.center {
            units.centre = (0..*outputs)
                .map(|k| {
                    let column: Vec<f64> =
                        values.iter().skip(k).step_by(*outputs).copied().collect();
                    match kind {
                        LossKind::Huber { .. } => standardise::median(&column, weights),
                        _ => standardise::mean(&column, weights),
                    }
                })
                .collect();
        }
        let centres = units.centre.iter().cycle();
        let centred: Vec<f64> = values.iter().zip(centres).map(|(y, c)| y - c).collect();
        units.target = Units::unit(centred.iter());
        if !units.holds_target() || centred.iter().any(|y| !y.is_finite()) {
            let of = |k: usize| largest(centred.iter().skip(k).step_by(*outputs));
            let largest_of = |most: usize, k: usize| if of(k) > of(most) { k } else { most };
            let target = (0..*outputs).fold(0, largest_of);
            let size = of(target).min(f64::MAX);
            let problem = OutOfRange::Target { size };
            return Err(FitError::TargetRange { target, problem });
        }
    }
    let Some(sizes) = sizes else {
        return Ok(units);
    };
    units.feature = Units::unit(sizes.iter());
    let d = sizes.len() - usize::from(s.bias);
    let sizes = sizes[..d].iter().copied().enumerate();
    let (column, size) = sizes.fold((0, 0.0), |most, at| if at.1 > most.1 { at } else { most });
    let vanish = s.bias && size > 0.0 && size < f64::EPSILON;
    if vanish || !units.holds_features() {
        let problem = OutOfRange::Feature { size };
        return Err(FitError::FeatureRange { column, problem });
    }
    Ok(units)
}

fn largest<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    values.fold(0.0, |most: f64, v| most.max(v.abs()))
}

/// A test row may lie this many times beyond the training rows: squares of more overflow.
const MOST_BEYOND: f64 = 1e150;

fn test_in_range(inputs: &Mat<f64>, targets: &Targets, test: &Dataset) -> Result<(), FitError> {
    let target = targets.coded().targets(targets.kind());
    let outputs = targets.outputs();
    for row in 0..inputs.ncols() {
        let far = |x: &f64| x.is_nan() || x.abs() > MOST_BEYOND;
        if let Some(column) = inputs.col(row).iter().position(far) {
            let value = test.value(row, column);
            return Err(FitError::TestRange {
                row,
                column: Some(column),
                target: 0,
                value,
            });
        }
        if let Some(k) = target[row * outputs..(row + 1) * outputs]
            .iter()
            .position(far)
        {
            let values = test.targets().get(k).and_then(|t| t.values.as_ref());
            let value = values.map_or(f64::NAN, |values| values[row]);
            return Err(FitError::TestRange {
                row,
                column: None,
                target: k,
                value,
            });
        }
    }
    Ok(())
}
