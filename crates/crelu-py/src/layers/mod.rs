//! The parts of the method, on arrays: what stands behind `sample_gates`, `solve_convex`, `price`,
//! `nystrom`, `pcg`, `prove` and `verify`.

mod bound;
mod gates;
mod linear;
mod operator;
mod price;
mod programme;
mod running;

use faer::Mat;
use numpy::PyReadonlyArray2;
use numpy::ndarray::Array2;
use pyo3::prelude::*;

/// Adds the functions to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<linear::Nystrom>()?;
    module.add_function(wrap_pyfunction!(gates::sample_gates, module)?)?;
    module.add_function(wrap_pyfunction!(programme::solve_convex, module)?)?;
    module.add_function(wrap_pyfunction!(price::price, module)?)?;
    module.add_function(wrap_pyfunction!(linear::pcg, module)?)?;
    module.add_function(wrap_pyfunction!(bound::prove, module)?)?;
    module.add_function(wrap_pyfunction!(bound::verify, module)?)
}

/// A copy of an array, its rows as columns.
fn turned(rows: &PyReadonlyArray2<'_, f64>) -> Mat<f64> {
    let rows = rows.as_array();
    Mat::from_fn(rows.ncols(), rows.nrows(), |k, i| rows[[i, k]])
}

/// A copy of an array.
fn matrix(rows: &PyReadonlyArray2<'_, f64>) -> Mat<f64> {
    let rows = rows.as_array();
    Mat::from_fn(rows.nrows(), rows.ncols(), |i, k| rows[[i, k]])
}

/// A matrix as an array, its columns as rows.
fn rows_of(matrix: faer::MatRef<'_, f64>) -> Array2<f64> {
    Array2::from_shape_fn((matrix.ncols(), matrix.nrows()), |(i, k)| matrix[(k, i)])
}
