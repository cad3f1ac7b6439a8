use crelu_model::Control;
use crelu_model::gates::{GateSampler, sample_within};
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use super::arrays::{rows_of, turned};
use super::running;
use crate::errors;
use crate::options::choose;

type GatesAndPatterns<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<bool>>);

/// Gates, one a row, and the patterns, one a column.
#[pyfunction]
pub(crate) fn sample_gates<'py>(
    py: Python<'py>,
    x: PyReadonlyArray2<'py, f64>,
    y: PyReadonlyArray1<'py, f64>,
    count: usize,
    has_bias: bool,
    sampler: &str,
    seed: u64,
) -> PyResult<GatesAndPatterns<'py>> {
    let known = [GateSampler::Gaussian, GateSampler::Data];
    let sampler = choose("sampler", sampler, &known.map(|s| (s.name(), s)))?;
    let features = turned(&x);
    let target: Vec<f64> = y.as_array().to_vec();
    if target.len() != features.ncols() {
        return Err(errors::value("y: one number a row of X"));
    }
    let sampled = running::run(py, |stop| {
        let control = Control::default().interrupt(stop);
        let features = features.as_ref();
        sample_within(features, &target, has_bias, sampler, count, seed, &control)
    })?;
    let patterns = sampled.map_err(errors::value)?;
    let shape = (patterns.masks.n_samples(), patterns.len());
    let seen = Array2::from_shape_fn(shape, |(i, j)| patterns.masks.column(j)[i] != 0);
    let gates = rows_of(patterns.gates.as_ref());
    Ok((gates.into_pyarray(py), seen.into_pyarray(py)))
}
