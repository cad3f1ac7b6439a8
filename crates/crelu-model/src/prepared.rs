use faer::Mat;
use linalg_core::{Control, LinalgError, RowSpace};
use serde_json::{Map, Value, json};

use crate::coding::{Coding, Task};
use crate::dataset::Dataset;
use crate::error::{FitError, Subject};
use crate::merged_rows::Rows;
use crate::model::Model;
use crate::network::Network;
use crate::report::Score;
use crate::settings::{CheckedFitSettings, FitSettings};
use crate::standardise::{self, ROUNDING, Standardisation, preprocess};
use crate::units::Units;

/// The rank up to which the data are decomposed by a thin SVD, whatever it may save: it costs less
/// than ten iterations there.
const SVD_WIDTH: usize = 128;

/// Data as the solvers see them, the same for every way of training.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) task: Task,
    coding: Coding,
    /// What lies between the user's numbers and these.
    pub(crate) units: Units,
    /// Whether no digit was lost between them.
    pub(crate) exact: bool,
    /// Whether the targets of equal rows cancel, so that no neuron lowers the loss.
    pub(crate) zero_is_optimal: bool,
    /// Coded targets, centred, in their units.
    pub(crate) target: Vec<f64>,
    standardisation: Option<Standardisation>,
    /// Preprocessed inputs in their units, `d x n`.
    pub(crate) inputs: Mat<f64>,
    /// The coordinates in which they are solved.
    pub(crate) space: RowSpace,
    /// The same of the test rows.
    test: Option<(Mat<f64>, Vec<f64>)>,
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
        let task = s.task.unwrap_or_else(|| train.target().task());
        let coding = Coding::learn(train.target(), task)?;
        let mut target = coding.code(train.target())?;
        if let Some(test) = test
            && test.n_features() != train.n_features()
        {
            return Err(FitError::Shape {
                what: Subject::TestFeatureColumns,
                want: train.n_features(),
                got: test.n_features(),
            });
        }
        let test_target = test.map(|t| coding.code(t.target())).transpose()?;
        let go_on = || match control.halt() {
            Some(_) => Err(LinalgError::Halted),
            None => Ok(()),
        };
        go_on()?;
        let standardisation = if s.standardize {
            Some(Standardisation::learn_within(train.features(), control)?)
        } else {
            None
        };
        let mut inputs = preprocess(train.features(), standardisation.as_ref(), s.bias);
        go_on()?;
        let units = units(&target, coding.task(), Some(&inputs), s)?;
        let mut exact = units.inputs_in(&mut inputs);
        let centred: Vec<f64> = target.iter().map(|y| y - units.centre).collect();
        // of the numbers as they were read, and of the centre
        let slack: Vec<f64> = target
            .iter()
            .map(|y| ROUNDING * (y.abs() + units.centre.abs()))
            .collect();
        let rounding = |k: usize| rounding(k, train, standardisation.as_ref(), &inputs);
        let rows = Rows {
            inputs: inputs.as_ref(),
            rounding: &rounding,
        };
        let zero_is_optimal = rows.cancel(&centred, &slack);
        units.targets_in(&mut target);
        exact &= units.keeps(&centred, &target);
        let test = match test.zip(test_target) {
            Some((test, mut target)) => {
                let mut inputs = preprocess(test.features(), standardisation.as_ref(), s.bias);
                units.inputs_in(&mut inputs);
                units.targets_in(&mut target);
                test_in_range(&inputs, &target, test)?;
                Some((inputs, target))
            }
            None => None,
        };
        let (d, n) = (inputs.nrows(), inputs.ncols());
        let space = if d > n {
            RowSpace::qr_within(inputs.transpose(), control)?
        } else if d <= SVD_WIDTH {
            RowSpace::svd_within(inputs.transpose(), control)?
        } else {
            RowSpace::columns(inputs.transpose())
        };
        Ok(Self {
            task,
            coding,
            units,
            exact,
            zero_is_optimal,
            target,
            standardisation,
            inputs,
            space,
            test,
            begun,
        })
    }

    /// What the report and the model say of a run that ended before its data were prepared: targets
    /// and their coding; no inputs.
    pub(crate) fn targets_only(train: &Dataset, s: &FitSettings) -> Result<Self, FitError> {
        let task = s.task.unwrap_or_else(|| train.target().task());
        let coding = Coding::learn(train.target(), task)?;
        let mut target = coding.code(train.target())?;
        let units = units(&target, task, None, s)?;
        units.targets_in(&mut target);
        Ok(Self {
            task,
            coding,
            units,
            exact: true,
            zero_is_optimal: false,
            target,
            standardisation: None,
            inputs: Mat::new(),
            space: RowSpace::columns(Mat::new().as_ref()),
            test: None,
            begun: 0.0,
        })
    }

    /// The score of the zero network on the rows given.
    pub(crate) fn zero_score(&self, rows: &Dataset) -> Result<Score, FitError> {
        let mut target = self.coding.code(rows.target())?;
        self.units.targets_in(&mut target);
        Ok(Score::of(
            &vec![0.0; target.len()],
            &target,
            self.classify(),
        ))
    }

    pub(crate) fn classify(&self) -> bool {
        self.task == Task::Classify
    }

    /// Test inputs in the solver's coordinates, and their targets.
    pub(crate) fn reduced_test(&self) -> Option<(Mat<f64>, Vec<f64>)> {
        self.test
            .as_ref()
            .map(|(inputs, target)| (self.space.reduce(inputs.as_ref()), target.clone()))
    }

    /// The scores of a network on the training rows and on the test rows.
    pub(crate) fn scores(&self, network: &Network) -> (Score, Option<Score>) {
        let of = |inputs: &Mat<f64>, target: &[f64]| {
            Score::of(&network.outputs(inputs.as_ref()), target, self.classify())
        };
        let test = self
            .test
            .as_ref()
            .map(|(inputs, target)| of(inputs, target));
        (of(&self.inputs, &self.target), test)
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
            output_bias: 0.0,
            target_name: None,
            target_index: None,
            feature_names: None,
            beta,
            objective,
            gap,
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
            ("time_limit", json!(control.ends_at())),
        ] {
            map.insert(key.to_owned(), value);
        }
        map
    }
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

/// The centre of the targets and the units in which their squares and the products of the inputs
/// are numbers.
///
/// Without `inputs` only those of the targets.
fn units(
    target: &[f64],
    task: Task,
    inputs: Option<&Mat<f64>>,
    s: &FitSettings,
) -> Result<Units, FitError> {
    let centre = match task {
        Task::Regress if s.center => standardise::mean(target),
        Task::Regress | Task::Classify => 0.0,
    };
    let centred: Vec<f64> = target.iter().map(|y| y - centre).collect();
    let mut units = Units {
        centre,
        target: Units::unit(centred.iter()),
        feature: 0,
    };
    if !units.holds_target() || centred.iter().any(|y| !y.is_finite()) {
        let size = largest(centred.iter()).min(f64::MAX);
        return Err(FitError::TargetRange { size });
    }
    // standardised inputs are of size 1
    let Some(inputs) = inputs.filter(|_| !s.standardize) else {
        return Ok(units);
    };
    units.feature = Units::unit((0..inputs.ncols()).flat_map(|j| inputs.col(j).iter()));
    let d = inputs.nrows() - usize::from(s.bias);
    let sizes = (0..d).map(|column| (column, largest(inputs.row(column).iter())));
    let (column, size) = sizes.fold((0, 0.0), |most, at| if at.1 > most.1 { at } else { most });
    let vanish = s.bias && size > 0.0 && size < f64::EPSILON;
    if vanish || !units.holds_features() {
        return Err(FitError::FeatureRange { column, size });
    }
    Ok(units)
}

fn largest<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    values.fold(0.0, |most: f64, v| most.max(v.abs()))
}

/// A test row may lie this many times beyond the training rows: squares of more overflow.
const MOST_BEYOND: f64 = 1e150;

fn test_in_range(inputs: &Mat<f64>, target: &[f64], test: &Dataset) -> Result<(), FitError> {
    for row in 0..inputs.ncols() {
        let far = |x: &f64| x.is_nan() || x.abs() > MOST_BEYOND;
        if let Some(column) = inputs.col(row).iter().position(far) {
            let value = test.features()[(column, row)];
            return Err(FitError::TestRange {
                row,
                column: Some(column),
                value,
            });
        }
        if far(&target[row]) {
            let values = test.target().values.as_ref();
            let value = values.map_or(f64::NAN, |values| values[row]);
            return Err(FitError::TestRange {
                row,
                column: None,
                value,
            });
        }
    }
    Ok(())
}
