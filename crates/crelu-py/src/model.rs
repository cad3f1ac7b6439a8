use crelu_model::{Coding, Network, Task};
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::rows::Rows;
use crate::table::{Table, Texts, described};
use crate::{errors, threads};

/// A level that training did not have: the column, the level, in how many rows.
type UnseenLevel = (usize, String, usize);

/// A matrix and a vector of NumPy.
type MatrixAndVector<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray1<f64>>);

/// A trained network with all that is needed to apply it to raw data: a file of the command line.
#[pyclass(frozen, module = "crelu._core")]
pub(crate) struct Model(pub(crate) crelu_model::Model);

/// Input weights of the neurons, their biases, output weights, the output's bias.
type Weights<'py> = (
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray1<f64>>,
);

#[pymethods]
impl Model {
    /// Reads the bytes of a model's file.
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        crelu_model::Model::from_bytes(bytes)
            .map(Self)
            .map_err(errors::value)
    }

    /// The bytes of its file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.to_bytes())
    }

    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let read = py.get_type::<Self>().getattr("from_bytes")?;
        Ok((read, (self.to_bytes(py),)))
    }

    /// The outputs for raw features, (n_samples, n_outputs), and the levels that training did not have:
    /// the column, the level, the rows.
    #[pyo3(signature = (rows, texts=None, threads=None))]
    fn outputs<'py>(
        &self,
        py: Python<'py>,
        rows: Rows<'py>,
        texts: Option<Texts>,
        threads: Option<usize>,
    ) -> PyResult<(Bound<'py, PyArray2<f64>>, Vec<UnseenLevel>)> {
        if self.0.columns.is_none()
            && let Some(entries) = rows.entries()?
        {
            let outputs =
                py.detach(|| threads::run(threads, || self.0.outputs_sparse(&entries)))?;
            let outputs = outputs.map_err(errors::value)?;
            let outputs = array(entries.n_rows(), self.0.n_outputs(), outputs)?;
            return Ok((outputs.into_pyarray(py), Vec::new()));
        }
        let mut unseen = Vec::new();
        let (samples, view);
        let features = match (&self.0.columns, rows.in_place()) {
            (Some(coding), _) => {
                let raw = rows.samples()?;
                let texts = texts.as_deref().unwrap_or_default();
                let table = Table::of(raw.as_ref(), texts, coding.names.as_deref())?;
                (samples, unseen) = table.encode(coding)?;
                samples.as_ref().transpose()
            }
            (None, Some(in_place)) => {
                view = in_place;
                view
            }
            (None, None) => {
                samples = rows.samples()?;
                samples.as_ref().transpose()
            }
        };
        let outputs = py.detach(|| threads::run(threads, || self.0.outputs(features)))?;
        let outputs = outputs.map_err(errors::value)?;
        let outputs = array(features.nrows(), self.0.n_outputs(), outputs)?;
        let unseen = unseen.into_iter().map(|it| (it.column, it.level, it.rows));
        Ok((outputs.into_pyarray(py), unseen.collect()))
    }

    /// The probabilities of the labels for outputs: (n_samples, n_labels); None where there are none.
    fn probabilities<'py>(
        &self,
        py: Python<'py>,
        outputs: numpy::PyReadonlyArray2<'py, f64>,
    ) -> PyResult<Option<Bound<'py, PyArray2<f64>>>> {
        let outputs = outputs.as_array();
        if outputs.ncols() != self.0.n_outputs() {
            return Err(errors::value("outputs: as many columns as the network has"));
        }
        let Some(labels) = self.0.labels().filter(|_| self.0.has_probabilities()) else {
            return Ok(None);
        };
        let mut all = Vec::with_capacity(outputs.nrows() * labels.len());
        for row in outputs.rows() {
            all.extend(self.0.probabilities(&row.to_vec()).unwrap_or_default());
        }
        array(outputs.nrows(), labels.len(), all).map(|it| Some(it.into_pyarray(py)))
    }

    /// Whether it gives probabilities.
    #[getter]
    fn has_probabilities(&self) -> bool {
        self.0.has_probabilities()
    }

    /// `classify` or `regress`.
    #[getter]
    fn task(&self) -> &'static str {
        match self.0.task() {
            Task::Classify => "classify",
            Task::Regress => "regress",
        }
    }

    /// The labels of a classifier as text, in the order of the classes.
    #[getter]
    fn labels(&self) -> Option<Vec<String>> {
        match &self.0.coding {
            Coding::Classes { labels } => Some(labels.clone()),
            Coding::Value => None,
        }
    }

    /// How the columns of a table become features: of a column of text its levels, and whether a hole is
    /// filled; None: the columns are the features.
    #[getter]
    fn columns(&self) -> Option<Vec<(Option<Vec<String>>, bool)>> {
        self.0.columns.as_ref().map(described)
    }

    /// Names of the columns that it takes.
    #[getter]
    fn column_names(&self) -> Option<Vec<String>> {
        match &self.0.columns {
            Some(coding) => coding.names.clone(),
            None => self.0.feature_names.clone(),
        }
    }

    /// Names of the features that the columns become.
    #[getter]
    fn feature_names(&self) -> Option<Vec<String>> {
        self.0.feature_names.clone()
    }

    /// Features: the columns of the input weights.
    #[getter]
    fn n_features(&self) -> usize {
        self.0.n_features()
    }

    /// Outputs of the network.
    #[getter]
    fn n_outputs(&self) -> usize {
        self.0.n_outputs()
    }

    /// The penalty.
    #[getter]
    fn beta(&self) -> f64 {
        self.0.beta
    }

    /// `J` on the training rows.
    #[getter]
    fn objective(&self) -> f64 {
        self.0.objective
    }

    /// The gap to the lower bound of its programme.
    #[getter]
    fn gap(&self) -> f64 {
        self.0.gap
    }

    /// Whether neurons are gated.
    #[getter]
    fn is_gated(&self) -> bool {
        self.0.network.gates.is_some()
    }

    /// The weights for raw features: what standardises them is inside.
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Weights<'py>> {
        let Network {
            hidden,
            output,
            n_outputs,
            ..
        } = &self.0.network;
        let (weight, bias) = self.raw(py, hidden)?;
        let m = hidden.ncols();
        let outputs = Array2::from_shape_fn((*n_outputs, m), |(k, i)| output[i * n_outputs + k]);
        let own = PyArray1::from_slice(py, &self.0.output_bias);
        Ok((weight, bias, outputs.into_pyarray(py), own))
    }

    /// The gates of a gated network for raw features.
    fn gates<'py>(&self, py: Python<'py>) -> PyResult<Option<MatrixAndVector<'py>>> {
        let gates = self.0.network.gates.as_ref();
        gates.map(|gates| self.raw(py, gates)).transpose()
    }
}

impl Model {
    /// Weights and biases of neurons for raw features.
    fn raw<'py>(&self, py: Python<'py>, hidden: &faer::Mat<f64>) -> PyResult<MatrixAndVector<'py>> {
        let (d, m) = (self.0.n_features(), hidden.ncols());
        let mut bias: Vec<f64> = match self.0.bias {
            true => (0..m).map(|i| hidden[(d, i)]).collect(),
            false => vec![0.0; m],
        };
        let mut weight = Array2::from_shape_fn((m, d), |(i, k)| hidden[(k, i)]);
        if let Some(standard) = &self.0.standardisation {
            for i in 0..m {
                for k in 0..d {
                    // a feature that does not vary is zero in the network
                    let scale = standard.scale[k];
                    let own = if scale > 0.0 {
                        weight[[i, k]] / scale
                    } else {
                        0.0
                    };
                    weight[[i, k]] = own;
                    bias[i] -= own * standard.mean[k];
                }
            }
        }
        Ok((weight.into_pyarray(py), PyArray1::from_vec(py, bias)))
    }
}

fn array(rows: usize, columns: usize, values: Vec<f64>) -> PyResult<Array2<f64>> {
    Array2::from_shape_vec((rows, columns), values).map_err(errors::value)
}
