use std::sync::Arc;

use faer::Mat;
use linalg_core::SparseRows;
use serde_json::{Value, json};

use crate::standardise::Standardisation;
use crelu_core::Network;
use crelu_core::power::factors;

/// Preprocessed sparse rows: scaled, not centred, and without the inputs that are zero in all training rows,
/// whose weights are 0. There is no reduction to the row space: it would fill them.
#[derive(Debug)]
pub(crate) struct SparseInputs {
    /// The training rows, `n x inputs that occur`.
    pub(crate) rows: Arc<SparseRows<f64>>,
    /// The test rows, the same way.
    pub(crate) test: Option<SparseRows<f64>>,
    /// The input of each column of `rows`.
    inputs: Vec<usize>,
    /// Inputs of a network, the bias among them.
    width: usize,
}

impl SparseInputs {
    /// Of raw rows, with a bias of ones if asked to.
    pub(crate) fn of(
        train: &SparseRows<f64>,
        test: Option<&SparseRows<f64>>,
        standardisation: Option<&Standardisation>,
        bias: bool,
    ) -> Self {
        let d = train.n_columns();
        let divisor = |k: usize| standardisation.map_or(1.0, |s| s.scale[k]);
        let mut occurs = vec![false; d];
        for (k, x) in train.entries() {
            occurs[k] |= x != 0.0 && divisor(k) > 0.0;
        }
        let mut inputs: Vec<usize> = (0..d).filter(|&k| occurs[k]).collect();
        let mut places = vec![None; d];
        for (place, &k) in (0..).zip(&inputs) {
            places[k] = Some(place);
        }
        let count = inputs.len();
        let preprocessed = |rows: &SparseRows<f64>| {
            let rows = rows.map(|k, x| if occurs[k] { x / divisor(k) } else { 0.0 });
            let rows = rows.with_columns(&places, count);
            if bias { rows.with_constant(1.0) } else { rows }
        };
        let (rows, test) = (preprocessed(train), test.map(preprocessed));
        if bias {
            inputs.push(d);
        }
        Self {
            rows: Arc::new(rows),
            test,
            inputs,
            width: d + usize::from(bias),
        }
    }

    /// The size of each input's largest value.
    pub(crate) fn sizes(&self) -> Vec<f64> {
        let mut sizes = vec![0.0_f64; self.width];
        for (column, x) in self.rows.entries() {
            let size = &mut sizes[self.inputs[column]];
            *size = size.max(x.abs());
        }
        sizes
    }

    /// Takes all rows into units of `2^feature`.
    pub(crate) fn take_units(&mut self, feature: i32) {
        if feature == 0 {
            return;
        }
        let down = factors(-feature);
        let scaled = |rows: &SparseRows<f64>| rows.map(|_, x| x * down.0 * down.1);
        self.rows = Arc::new(scaled(&self.rows));
        self.test = self.test.as_ref().map(scaled);
    }

    /// The first test row with a value that is NaN or larger than `most`, and its input.
    pub(crate) fn far_test_row(&self, most: f64) -> Option<(usize, usize)> {
        let test = self.test.as_ref()?;
        (0..test.n_rows()).find_map(|row| {
            let (columns, values) = test.all().row(row);
            let at = values.iter().position(|x| x.is_nan() || x.abs() > most)?;
            Some((row, self.inputs[columns[at] as usize]))
        })
    }

    /// What a report says of them: columns that occur and entries, the bias among them.
    pub(crate) fn describe(&self) -> Value {
        json!({ "columns": self.inputs.len(), "entries": self.rows.n_entries() })
    }

    /// Inputs of a network, the bias among them.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Weights of all inputs, `width x m`, as weights of those that occur.
    pub(crate) fn reduce(&self, weights: &Mat<f64>) -> Mat<f64> {
        Mat::from_fn(self.inputs.len(), weights.ncols(), |k, i| {
            weights[(self.inputs[k], i)]
        })
    }

    /// Weights of the inputs that occur as weights of all, the others 0.
    pub(crate) fn expand(&self, weights: &Mat<f64>) -> Mat<f64> {
        let mut all = Mat::zeros(self.width, weights.ncols());
        for i in 0..weights.ncols() {
            for (k, &input) in self.inputs.iter().enumerate() {
                all[(input, i)] = weights[(k, i)];
            }
        }
        all
    }

    /// The outputs of a network on the training rows.
    pub(crate) fn outputs(&self, network: &Network) -> Vec<f64> {
        self.reduced(network).outputs_sparse(&self.rows)
    }

    /// The outputs of a network on the test rows.
    pub(crate) fn test_outputs(&self, network: &Network) -> Option<Vec<f64>> {
        let test = self.test.as_ref()?;
        Some(self.reduced(network).outputs_sparse(test))
    }

    fn reduced(&self, network: &Network) -> Network {
        Network {
            hidden: self.reduce(&network.hidden),
            gates: network.gates.as_ref().map(|gates| self.reduce(gates)),
            output: network.output.clone(),
            n_outputs: network.n_outputs,
        }
    }
}
