//! Matrices from arrays, and back.

use faer::{Mat, MatRef};
use numpy::PyReadonlyArray2;
use numpy::ndarray::Array2;

/// A copy of an array, its rows as columns.
pub(super) fn turned(rows: &PyReadonlyArray2<'_, f64>) -> Mat<f64> {
    let rows = rows.as_array();
    Mat::from_fn(rows.ncols(), rows.nrows(), |k, i| rows[[i, k]])
}

/// A copy of an array.
pub(super) fn matrix(rows: &PyReadonlyArray2<'_, f64>) -> Mat<f64> {
    let rows = rows.as_array();
    Mat::from_fn(rows.nrows(), rows.ncols(), |i, k| rows[[i, k]])
}

/// A matrix as an array, its columns as rows.
pub(super) fn rows_of(matrix: MatRef<'_, f64>) -> Array2<f64> {
    Array2::from_shape_fn((matrix.ncols(), matrix.nrows()), |(i, k)| matrix[(k, i)])
}
