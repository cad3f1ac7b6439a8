use faer::MatRef;

use crate::coding::{Coding, Task};
use crate::error::ModelError;
use crate::network::Network;
use crate::programme::Activation;
use crate::standardise::{Standardisation, preprocess};

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
    /// Added to the network's output: the centre of the targets of a regression, else 0.
    pub output_bias: f64,
    /// The target's column name in the training file, if it had one.
    pub target_name: Option<String>,
    /// The target's column index in the training file, if it had one.
    pub target_index: Option<usize>,
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
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Prediction<'m> {
    /// The label as written in the training data, and the probability of the larger label.
    Label(&'m str, f64),
    /// The value in the target's units.
    Value(f64),
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

    /// The network's outputs on raw features, the output bias added.
    ///
    /// **Shapes** `rows`: `n_samples x n_features`, a sample a row.
    ///
    /// # Errors
    /// [`ModelError::Features`] when the number of features differs; [`ModelError::NotFinite`] for
    /// NaN and infinities, [`ModelError::TooFar`] and [`ModelError::Overflow`] for numbers that
    /// have no output.
    pub fn outputs(&self, rows: MatRef<'_, f64>) -> Result<Vec<f64>, ModelError> {
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
        if let Some((row, column)) = not_finite(inputs.as_ref()) {
            let value = features[(column, row)];
            return Err(ModelError::TooFar { row, column, value });
        }
        let mut outputs = self.network.outputs(inputs.as_ref());
        for (row, f) in outputs.iter_mut().enumerate() {
            *f += self.output_bias;
            if !f.is_finite() {
                return Err(ModelError::Overflow { row });
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
            .into_iter()
            .map(|f| self.decode(f))
            .collect())
    }

    /// The prediction for an output, the bias in it: the larger label for `f >= 0`, of probability
    /// `clip((f + 1) / 2, 0, 1)` until there is a calibration.
    #[must_use]
    pub fn decode(&self, output: f64) -> Prediction<'_> {
        match &self.coding {
            Coding::Value => Prediction::Value(output),
            Coding::TwoClass { labels } => {
                let label = &labels[usize::from(output >= 0.0)];
                Prediction::Label(label, ((output + 1.0) / 2.0).clamp(0.0, 1.0))
            }
        }
    }

    /// The two labels, the smaller first, of a classifier.
    #[must_use]
    pub fn labels(&self) -> Option<&[String; 2]> {
        match &self.coding {
            Coding::Value => None,
            Coding::TwoClass { labels } => Some(labels),
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
