//! Seeded data.

use faer::{Mat, MatRef};
use linalg_core::Real;
use testkit::Stream;

/// A matrix and a target made of three of its columns and noise.
pub(crate) fn regression(seed: u64, rows: usize, cols: usize) -> (Mat<f64>, Vec<f64>) {
    let mut stream = Stream::new(seed);
    let a = stream.matrix::<f64>(rows, cols);
    let y = (0..rows).map(|i| a[(i, 0)] - 2.0 * a[(i, cols / 2)] + a[(i, cols - 1)]);
    let y = y.map(|value| value + 0.3 * stream.unit()).collect();
    (a, y)
}

pub(crate) fn rounded<T: Real>(matrix: MatRef<'_, f64>) -> Mat<T> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| T::of(matrix[(i, j)]))
}

/// `A x`.
pub(crate) fn image(a: MatRef<'_, f64>, x: &[f64]) -> Vec<f64> {
    (0..a.nrows())
        .map(|i| (0..a.ncols()).map(|j| a[(i, j)] * x[j]).sum())
        .collect()
}

/// `A' (y - A x)`: minus the gradient of `|A x - y|^2 / 2`.
pub(crate) fn price(a: MatRef<'_, f64>, y: &[f64], x: &[f64]) -> Vec<f64> {
    let miss: Vec<f64> = y.iter().zip(image(a, x)).map(|(y, p)| y - p).collect();
    image(a.transpose(), &miss)
}

/// `|A x - y|^2 / 2`.
pub(crate) fn half_square(a: MatRef<'_, f64>, y: &[f64], x: &[f64]) -> f64 {
    0.5 * image(a, x)
        .iter()
        .zip(y)
        .map(|(p, y)| (p - y).powi(2))
        .sum::<f64>()
}
