use crelu_core::LossKind;
use faer::{Mat, MatRef};
use linalg_core::SparseRows;

use crate::coding::{Coding, Task};
use crate::column_origin::ColumnOrigin;
use crate::error::ModelError;
use crate::feature_coding::FeatureCoding;
use crate::probability::{class_of, has_probabilities, probabilities_into};
use crate::standardise::{Standardisation, preprocess};
use crelu_convex::Activation;
use crelu_core::Network;

/// A trained network with all that is needed to apply it to raw data.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The network on preprocessed inputs.
    pub network: Network,
    /// How features are scaled; none with `--no-standardize`.
    pub standardisation: Option<Standardisation>,
    /// Whether a feature of ones is appended.
    pub bias: bool,
    /// How targets are coded.
    pub coding: Coding,
    /// The loss it was trained with.
    pub loss: LossKind,
    /// Added to the network's outputs, one an output: the centres of the targets of a regression,
    /// else 0.
    pub output_bias: Vec<f64>,
    /// The target's column name in the training file, if it had one.
    pub target_name: Option<String>,
    /// The target's column index in the training file, if it had one.
    pub target_index: Option<usize>,
    /// Further targets in the training file.
    pub other_targets: Vec<ColumnOrigin>,
    /// The weights of the rows in the training file, if they were a column.
    pub weights: Option<ColumnOrigin>,
    /// How the columns of a table become features; none: they are the features.
    pub columns: Option<FeatureCoding>,
    /// The names of the features, if the training file had any.
    pub feature_names: Option<Vec<String>>,
    /// The penalty of the mean objective.
    pub beta: f64,
    /// `J` on the training rows.
    pub objective: f64,
    /// The gap to the lower bound of its programme.
    pub gap: f64,
}

/// A prediction of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Prediction<'m> {
    /// The label as written in the training data.
    Label(&'m str),
    /// The value in the target's units.
    Value(f64),
    /// The values of several targets, each in its units.
    Values(Vec<f64>),
}

impl Model {
    /// Feature columns of raw data, without the bias.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.network.hidden.nrows() - usize::from(self.bias)
    }

    /// What it predicts.
    #[must_use]
    pub fn task(&self) -> Task {
        self.coding.task()
    }

    /// What a neuron computes.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.network.activation()
    }

    /// Outputs of the network.
    #[must_use]
    pub fn n_outputs(&self) -> usize {
        self.network.n_outputs
    }

    /// The network's outputs on raw features, the output bias added: `K` numbers a row, a row's
    /// together.
    ///
    /// **Shapes** `rows`: `n_samples x n_features`, a sample a row.
    ///
    /// # Errors
    /// [`ModelError::Features`] when the number of features differs; [`ModelError::NotFinite`] for
    /// NaN and infinities, [`ModelError::TooFar`] and [`ModelError::Overflow`] for numbers that
    /// have no output.
    pub fn outputs(&self, rows: MatRef<'_, f64>) -> Result<Vec<f64>, ModelError> {
        self.outputs_by(rows, |network, inputs| Ok(network.outputs(inputs)))
    }

    /// [`outputs`](Self::outputs) with the products on a device, in `f32`.
    ///
    /// # Errors
    /// As there, and [`ModelError::Device`].
    #[cfg(feature = "wgpu")]
    pub fn outputs_on(
        &self,
        rows: MatRef<'_, f64>,
        device: &std::sync::Arc<gpu_wgpu::Device>,
    ) -> Result<Vec<f64>, ModelError> {
        self.outputs_by(rows, |network, inputs| {
            crate::outputs_on::outputs_on(network, inputs, device).map_err(ModelError::Device)
        })
    }

    fn outputs_by(
        &self,
        rows: MatRef<'_, f64>,
        evaluate: impl FnOnce(&Network, MatRef<'_, f64>) -> Result<Vec<f64>, ModelError>,
    ) -> Result<Vec<f64>, ModelError> {
        if rows.ncols() != self.n_features() {
            return Err(ModelError::Features {
                want: self.n_features(),
                got: rows.ncols(),
            });
        }
        let features = rows.transpose();
        if let Some((row, column)) = not_finite(features) {
            let value = features[(column, row)];
            return Err(ModelError::NotFinite { row, column, value });
        }
        let inputs = preprocess(features, self.standardisation.as_ref(), self.bias);
        if let Some((row, column)) = not_finite(inputs.matrix()) {
            let value = features[(column, row)];
            return Err(ModelError::TooFar { row, column, value });
        }
        let outputs = evaluate(&self.network, inputs.matrix())?;
        self.with_bias(outputs)
    }

    /// [`outputs`](Self::outputs) on sparse rows, `n_samples x n_features`: what is taken from the features
    /// and what they are divided by is done to the weights, so that what is zero stays out of it.
    ///
    /// # Errors
    /// [`ModelError::Features`] when the number of features differs, [`ModelError::Overflow`] for numbers
    /// that have no output.
    pub fn outputs_sparse(&self, rows: &SparseRows<f64>) -> Result<Vec<f64>, ModelError> {
        if rows.n_columns() != self.n_features() {
            return Err(ModelError::Features {
                want: self.n_features(),
                got: rows.n_columns(),
            });
        }
        let raw = |weights: &Mat<f64>| self.on_raw_features(weights);
        let network = Network {
            hidden: raw(&self.network.hidden),
            gates: self.network.gates.as_ref().map(raw),
            output: self.network.output.clone(),
            n_outputs: self.network.n_outputs,
        };
        self.with_bias(network.outputs_sparse(&rows.with_constant(1.0)))
    }

    /// Weights of preprocessed inputs as weights of raw features and of a last input of ones.
    fn on_raw_features(&self, weights: &Mat<f64>) -> Mat<f64> {
        let d = self.n_features();
        let mut raw = Mat::zeros(d + 1, weights.ncols());
        for i in 0..weights.ncols() {
            let mut constant = if self.bias { weights[(d, i)] } else { 0.0 };
            for k in 0..d {
                let w = weights[(k, i)];
                raw[(k, i)] = match &self.standardisation {
                    None => w,
                    Some(s) if s.scale[k] > 0.0 => {
                        constant -= s.mean[k] / s.scale[k] * w;
                        w / s.scale[k]
                    }
                    Some(_) => 0.0,
                };
            }
            raw[(d, i)] = constant;
        }
        raw
    }

    fn with_bias(&self, mut outputs: Vec<f64>) -> Result<Vec<f64>, ModelError> {
        for (row, outputs) in outputs.chunks_exact_mut(self.n_outputs()).enumerate() {
            for (f, bias) in outputs.iter_mut().zip(&self.output_bias) {
                *f += bias;
                if !f.is_finite() {
                    return Err(ModelError::Overflow { row });
                }
            }
        }
        Ok(outputs)
    }

    /// Labels, or values in the target's units, for raw features.
    ///
    /// **Shapes** `rows`: `n_samples x n_features`, a sample a row, as [`Dataset::rows`] has them.
    ///
    /// [`Dataset::rows`]: crate::Dataset::rows
    ///
    /// # Errors
    /// As [`outputs`](Self::outputs).
    pub fn predict(&self, rows: MatRef<'_, f64>) -> Result<Vec<Prediction<'_>>, ModelError> {
        Ok(self
            .outputs(rows)?
            .chunks_exact(self.n_outputs())
            .map(|f| self.decode(f))
            .collect())
    }

    /// The prediction for the outputs of a row, the bias in them: of one output the larger label for
    /// `f >= 0`, of several the label of the largest, the first of equals.
    ///
    /// # Panics
    /// If there are not as many as the network has.
    #[must_use]
    pub fn decode(&self, outputs: &[f64]) -> Prediction<'_> {
        assert_eq!(outputs.len(), self.n_outputs(), "outputs: K a row");
        match (&self.coding, outputs) {
            (Coding::Classes { labels }, _) => Prediction::Label(&labels[class_of(outputs)]),
            (Coding::Value, [value]) => Prediction::Value(*value),
            (Coding::Value, _) => Prediction::Values(outputs.to_vec()),
        }
    }

    /// The probabilities of the labels for the outputs of a row: by the logistic loss
    /// `1 / (1 + e^-f)` of the larger label, by softmax those, by the squared loss of two labels
    /// `clip((f + 1) / 2, 0, 1)` of the larger one. None for numbers, and for the squared loss of
    /// more labels.
    ///
    /// # Panics
    /// If there are not as many outputs as the network has.
    #[must_use]
    pub fn probabilities(&self, outputs: &[f64]) -> Option<Vec<f64>> {
        assert_eq!(outputs.len(), self.n_outputs(), "outputs: K a row");
        let labels = self.labels()?;
        self.has_probabilities().then(|| {
            let mut p = vec![0.0; labels.len()];
            probabilities_into(&self.loss, outputs, &mut p);
            p
        })
    }

    /// Whether it gives probabilities.
    #[must_use]
    pub fn has_probabilities(&self) -> bool {
        (self.labels()).is_some_and(|labels| has_probabilities(&self.loss, labels.len()))
    }

    /// The labels of a classifier, in order.
    #[must_use]
    pub fn labels(&self) -> Option<&[String]> {
        match &self.coding {
            Coding::Value => None,
            Coding::Classes { labels } => Some(labels),
        }
    }
}

/// The first sample with a value that is NaN or infinite, and the value's row in the matrix.
fn not_finite(samples: MatRef<'_, f64>) -> Option<(usize, usize)> {
    (0..samples.ncols()).find_map(|j| {
        let at = samples.col(j).iter().position(|x| !x.is_finite())?;
        Some((j, at))
    })
}
