//! Data as the solvers see them.

mod cancel;
mod equal_rows;
mod labels;
mod learnt;
mod merged_rows;
mod range;
mod sparse_inputs;

use std::sync::Arc;

use crelu_core::{Loss, Network, TrainingSet};
use crelu_global::GlobalError;
use faer::Mat;
use linalg_core::{Control, DenseRows, LinalgError, RowSpace};
use serde_json::Value;

use self::cancel::{rounding, zero_is_optimal};
use self::equal_rows::EqualRows;
use self::labels::Labels;
use self::merged_rows::Rows;
use self::range::{MOST_BEYOND, largest, test_in_range, units};
use self::sparse_inputs::SparseInputs;
use crate::dataset::Dataset;
use crate::error::{FitError, Subject};
use crate::report::{Score, TrainMode};
use crate::settings::FitSettings;
use crate::standardise::{Standardisation, preprocess};
use crate::targets::Targets;

pub(crate) use self::learnt::{Learnt, targets_in};

/// The rank up to which the data are decomposed by a thin SVD, whatever it may save: it costs less
/// than ten iterations there.
const SVD_WIDTH: usize = 128;

/// Data as the solvers see them, the same for every way of training.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) learnt: Learnt,
    /// The rows in the coordinates in which they are solved, and the loss that is minimised, its targets and
    /// weights inside.
    pub(crate) set: Arc<TrainingSet>,
    /// The row of the set of each training row, where equal rows were joined.
    pub(crate) place: Option<Vec<usize>>,
    /// Whether no digit was lost between the user's numbers and these.
    pub(crate) exact: bool,
    /// Whether the targets of equal rows cancel, so that no neuron lowers the loss.
    pub(crate) zero_is_optimal: bool,
    /// Coded targets, centred, in their units: as many numbers as outputs for each row of the set.
    pub(crate) target: Vec<f64>,
    /// Preprocessed inputs in their units, `d` a row; the set's own where those are not reduced.
    pub(crate) inputs: Arc<DenseRows<f64>>,
    /// The inputs where they are sparse: `inputs` and `space` are empty then.
    pub(crate) sparse: Option<SparseInputs>,
    /// The coordinates in which they are solved.
    pub(crate) space: RowSpace,
    /// The test rows, the same way; no inputs where they are sparse.
    test: Option<(DenseRows<f64>, Targets)>,
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
        let labels = Labels::of(train, s)?;
        if let Some(test) = test
            && test.n_features() != train.n_features()
        {
            return Err(FitError::Shape {
                what: Subject::TestFeatureColumns,
                want: train.n_features(),
                got: test.n_features(),
            });
        }
        let test_coded = test.map(|test| labels.code(test)).transpose()?;
        let go_on = || match control.halt() {
            Some(_) => Err(LinalgError::Halted),
            None => Ok(()),
        };
        go_on()?;
        let weights = labels.weights.as_deref();
        let standardisation = match (s.standardize, train.sparse()) {
            (false, _) => None,
            (true, Some(rows)) => Some(Standardisation::learn_sparse(rows, weights)),
            (true, None) => Some(Standardisation::learn_within(
                train.features(),
                weights,
                control,
            )?),
        };
        let mut sparse = train.sparse().map(|rows| {
            let test = test.and_then(Dataset::sparse);
            SparseInputs::of(rows, test, standardisation.as_ref(), s.bias)
        });
        let mut inputs = match &sparse {
            Some(_) => DenseRows::default(),
            None => preprocess(train.features(), standardisation.as_ref(), s.bias),
        };
        go_on()?;
        // standardised inputs are of size 1
        let sizes = (!s.standardize).then(|| match &sparse {
            Some(sparse) => sparse.sizes(),
            None => (0..inputs.width())
                .map(|k| largest(inputs.matrix().row(k).iter()))
                .collect(),
        });
        let units = units(&labels, sizes.as_deref(), s)?;
        let mut exact = units.inputs_in(&mut inputs);
        if let Some(sparse) = &mut sparse {
            sparse.take_units(units.feature);
        }
        let (learnt, kept) = Learnt::of(labels, train, units, standardisation)?;
        exact &= kept;
        let Learnt {
            units,
            targets,
            standardisation,
            ..
        } = &learnt;
        let standardisation = standardisation.as_ref();
        let rounding = |k: usize| rounding(k, train, standardisation, &inputs);
        let rows = Rows {
            inputs: inputs.matrix(),
            rounding: &rounding,
        };
        let cancel = |slopes: &[f64], slack: &[f64]| match &sparse {
            // equal rows are not looked for: only slopes that are all zero are known to cancel
            Some(_) => slopes.iter().zip(slack).all(|(a, slack)| a.abs() <= *slack),
            None => rows.cancel(slopes, slack),
        };
        let zero_is_optimal = zero_is_optimal(&cancel, targets, train, units);
        let test = match test.zip(test_coded) {
            Some((test, coded)) => {
                let mut inputs = match &sparse {
                    Some(_) => DenseRows::default(),
                    None => preprocess(test.features(), standardisation, s.bias),
                };
                units.inputs_in(&mut inputs);
                let targets = learnt.targets_of(test, coded)?;
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
        go_on()?;
        let mut loss = Arc::clone(targets.loss());
        let (mut target, mut place) = (targets.coded().targets(targets.kind()), None);
        if sparse.is_none()
            && let Some(equal) = EqualRows::of(&inputs, targets, control)?
        {
            inputs = equal.inputs;
            (loss, target, place) = (equal.loss, equal.target, Some(equal.place));
        }
        let inputs = Arc::new(inputs);
        let space = space_of(&inputs, control)?;
        let rows = match &sparse {
            Some(sparse) => crelu_core::Rows::Sparse(Arc::clone(&sparse.rows)),
            None => crelu_core::Rows::Dense(space.shared_rows()),
        };
        let set = TrainingSet::new(rows, loss).map_err(GlobalError::from)?;
        Ok(Self {
            set: Arc::new(set),
            target,
            place,
            exact,
            zero_is_optimal,
            inputs,
            sparse,
            space,
            test,
            begun,
            learnt,
        })
    }

    /// The loss that is minimised, of the rows of the set.
    pub(crate) fn loss(&self) -> &dyn Loss {
        self.set.loss().as_ref()
    }

    /// Outputs of the network.
    pub(crate) fn outputs(&self) -> usize {
        self.learnt.outputs()
    }

    /// Test inputs in the solver's coordinates; none where they are sparse.
    pub(crate) fn reduced_test(&self) -> Option<Mat<f64>> {
        let inputs = self.test.as_ref().map(|(inputs, _)| inputs);
        let inputs = inputs.filter(|_| self.sparse.is_none());
        inputs.map(|inputs| self.space.reduce(inputs.matrix()))
    }

    /// The mean loss of outputs for the rows of the set, a row's together.
    pub(crate) fn mean_loss(&self, outputs: &[f64]) -> f64 {
        self.loss().value(outputs) / self.loss().mass()
    }

    /// The score on the training rows of outputs for the rows of the set, a row's together.
    pub(crate) fn train_score(&self, outputs: &[f64]) -> Score {
        let Some(place) = &self.place else {
            return Score::of(outputs, &self.learnt.targets);
        };
        let k = self.outputs();
        let all: Vec<f64> = (place.iter())
            .flat_map(|&at| &outputs[at * k..(at + 1) * k])
            .copied()
            .collect();
        Score::of(&all, &self.learnt.targets)
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
            let outputs = outputs.unwrap_or_else(|| network.outputs(inputs.matrix()));
            Score::of(&outputs, targets)
        });
        (self.train_score(outputs), test)
    }

    /// The outputs of a network on the rows that are trained on.
    pub(crate) fn outputs_of(&self, network: &Network) -> Vec<f64> {
        match &self.sparse {
            Some(sparse) => sparse.outputs(network),
            None => network.outputs(self.inputs.matrix()),
        }
    }

    /// Inputs of a network, the bias among them.
    pub(crate) fn width(&self) -> usize {
        match &self.sparse {
            Some(sparse) => sparse.width(),
            None => self.inputs.width(),
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

    /// What a report says of sparse rows.
    pub(crate) fn describe_sparse(&self) -> Option<Value> {
        self.sparse.as_ref().map(SparseInputs::describe)
    }
}

/// The coordinates in which preprocessed inputs are solved.
fn space_of(inputs: &Arc<DenseRows<f64>>, control: &Control<'_>) -> Result<RowSpace, LinalgError> {
    let (d, n) = (inputs.width(), inputs.n_rows());
    if d > n {
        RowSpace::qr_within(inputs.matrix().transpose(), control)
    } else if d <= SVD_WIDTH {
        RowSpace::svd_within(inputs.matrix().transpose(), control)
    } else {
        Ok(RowSpace::columns_of(inputs))
    }
}
