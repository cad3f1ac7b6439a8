use crelu_model::Control;
use crelu_model::global::{GlobalProblem, Neurons, SearchSize, Searcher, prices, search};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use super::arrays::{rows_of, turned};
use super::running;
use crate::errors;

type Priced<'py> = (
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray1<f64>>,
);

/// How a search is made.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Ascents {
    ascents: usize,
    steps: usize,
    keep: usize,
    seed: u64,
}

/// Prices of neurons, unit directions a row, and signs: of those given, or of those that a search
/// finds, dearest first.
#[pyfunction]
pub(crate) fn price<'py>(
    py: Python<'py>,
    x: PyReadonlyArray2<'py, f64>,
    theta: PyReadonlyArray1<'py, f64>,
    neurons: Option<(PyReadonlyArray2<'py, f64>, PyReadonlyArray1<'py, f64>)>,
    ascents: Ascents,
) -> PyResult<Priced<'py>> {
    let data = turned(&x);
    let theta: Vec<f64> = theta.as_array().to_vec();
    let rank = data.nrows();
    // of this penalty a price is in its own units; the target plays no part in it
    let problem = GlobalProblem::new(data, theta.clone(), 1.0).map_err(errors::value)?;
    let (prices, neurons) = match neurons {
        Some((directions, signs)) => {
            let mut given = Neurons::none(rank);
            let signs = signs.as_array();
            for (direction, sign) in directions.as_array().rows().into_iter().zip(signs) {
                given.push(&direction.to_vec(), *sign, 1.0);
            }
            let prices = running::run(py, |_| prices(&problem, &theta, &given))?;
            (prices, given)
        }
        None => {
            let size = SearchSize {
                ascents: ascents.ascents,
                steps: ascents.steps,
                keep: ascents.keep,
                rows: None,
                broad: false,
            };
            let searcher = Searcher {
                seed: ascents.seed,
                round: 0,
            };
            let found = running::run(py, |stop| {
                let (none, control) = (Neurons::none(rank), Control::default().interrupt(stop));
                search(&problem, &theta, &none, size, 0.0, searcher, &control)
            })?;
            (found.prices, found.found)
        }
    };
    let signs = PyArray1::from_vec(py, (0..neurons.len()).map(|i| neurons.head(i)[0]).collect());
    let directions = rows_of(neurons.directions()).into_pyarray(py);
    Ok((PyArray1::from_vec(py, prices), directions, signs))
}
