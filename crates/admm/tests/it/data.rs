//! Seeded data.

use faer::{Mat, MatRef};
use linalg_core::Real;

/// A SplitMix64 stream.
pub(crate) struct Stream(u64);

impl Stream {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number in `[-1, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        2.0 * ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 - 1.0
    }

    pub(crate) fn vector<T: Real>(&mut self, len: usize) -> Vec<T> {
        (0..len).map(|_| T::of(self.unit())).collect()
    }

    pub(crate) fn matrix(&mut self, rows: usize, cols: usize) -> Mat<f64> {
        Mat::from_fn(rows, cols, |_, _| self.unit())
    }

    /// A matrix and a target made of three of its columns and noise.
    pub(crate) fn regression(&mut self, rows: usize, cols: usize) -> (Mat<f64>, Vec<f64>) {
        let a = self.matrix(rows, cols);
        let y = (0..rows).map(|i| a[(i, 0)] - 2.0 * a[(i, cols / 2)] + a[(i, cols - 1)]);
        let y = y.map(|value| value + 0.3 * self.unit()).collect();
        (a, y)
    }
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
