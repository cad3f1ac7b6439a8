//! Models for other runtimes.

use crelu_model::OnnxNumber;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;
use crate::model::Model;
use crate::options::choose;

/// The bytes of the ONNX file of a model.
#[pyfunction]
pub(crate) fn to_onnx<'py>(
    py: Python<'py>,
    model: &Bound<'py, Model>,
    dtype: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let numbers = choose("dtype", dtype, &OnnxNumber::ALL.map(|n| (n.name(), n)))?;
    let model = &model.get().0;
    let file = py
        .detach(|| model.to_onnx(numbers))
        .map_err(errors::value)?;
    Ok(PyBytes::new(py, &file.bytes))
}

/// What standardises raw features, as two lists; None where nothing does.
#[pyfunction]
pub(crate) fn standardisation(model: &Bound<'_, Model>) -> Option<(Vec<f64>, Vec<f64>)> {
    let standard = model.get().0.standardisation.as_ref()?;
    Some((standard.mean.clone(), standard.scale.clone()))
}

/// Input weights of the neurons as the network has them, for standardised features, and its gates:
/// rows of `n_features` numbers and the bias.
#[pyfunction]
pub(crate) fn layer(model: &Bound<'_, Model>, gates: bool) -> Option<Vec<Vec<f64>>> {
    let model = &model.get().0;
    let network = &model.network;
    let matrix = match gates {
        true => network.gates.as_ref()?,
        false => &network.hidden,
    };
    let d = model.n_features();
    let row = |i: usize| {
        let bias = if model.bias { matrix[(d, i)] } else { 0.0 };
        (0..d).map(|k| matrix[(k, i)]).chain([bias]).collect()
    };
    Some((0..matrix.ncols()).map(row).collect())
}
