use faer::Mat;
use linalg_core::{Control, LinalgError, RowSpace};
use serde_json::{Map, Value, json};

use crate::coding::{Coding, Task};
use crate::dataset::Dataset;
use crate::error::{FitError, Subject};
use crate::model::Model;
use crate::network::Network;
use crate::report::Score;
use crate::settings::{CheckedFitSettings, FitSettings};
use crate::standardise::{Standardisation, preprocess};

/// The rank up to which the data are decomposed by a thin SVD, whatever it may save: it costs less
/// than ten iterations there.
const SVD_WIDTH: usize = 128;

/// Data as the solvers see them, the same for every way of training.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) task: Task,
    coding: Coding,
    /// Coded targets.
    pub(crate) target: Vec<f64>,
    standardisation: Option<Standardisation>,
    /// Preprocessed inputs, `d x n`.
    pub(crate) inputs: Mat<f64>,
    /// The coordinates in which they are solved.
    pub(crate) space: RowSpace,
    /// Preprocessed test inputs and their coded targets.
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
        let target = coding.code(train.target())?;
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
        let inputs = preprocess(train.features(), standardisation.as_ref(), s.bias);
        go_on()?;
        in_range(&inputs, &target)?;
        let test_inputs = test.map(|t| preprocess(t.features(), standardisation.as_ref(), s.bias));
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
            target,
            standardisation,
            inputs,
            space,
            test: test_inputs.zip(test_target),
            begun,
        })
    }

    /// What the report and the model say of a run that ended before its data were prepared: targets
    /// and their coding; no inputs.
    pub(crate) fn targets_only(train: &Dataset, s: &FitSettings) -> Result<Self, FitError> {
        let task = s.task.unwrap_or_else(|| train.target().task());
        let coding = Coding::learn(train.target(), task)?;
        let target = coding.code(train.target())?;
        Ok(Self {
            task,
            coding,
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
        let target = self.coding.code(rows.target())?;
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

/// Squares of the data, of the targets and of their products must not overflow.
fn in_range(inputs: &Mat<f64>, target: &[f64]) -> Result<(), FitError> {
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let n = inputs.ncols() as f64;
    let largest = (0..inputs.ncols())
        .map(|j| inputs.col(j).norm_l2())
        .fold(0.0, f64::max);
    let size = linalg_core::norm(target);
    for (what, value) in [
        (Subject::Features, largest * largest * n),
        (Subject::Target, size * size),
        (Subject::FeaturesTimesTarget, largest * size * n),
    ] {
        if !value.is_finite() {
            return Err(FitError::Range { what });
        }
    }
    Ok(())
}
