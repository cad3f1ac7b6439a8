//! Seeded systems, and operators of the tests' own.

use faer::{Mat, MatRef};
use linalg_core::{LinearOperator, Real, norm};
use testkit::Stream;

/// A symmetric matrix with eigenvalues from 1 down to `1 / condition`, evenly in the exponent.
pub(crate) fn definite(stream: &mut Stream, dim: usize, condition: f64) -> Mat<f64> {
    let last = (dim.max(2) - 1) as f64;
    let values: Vec<f64> = (0..dim)
        .map(|k| condition.powf(-(k as f64) / last))
        .collect();
    stream.with_spectrum(&values)
}

pub(crate) fn rounded<T: Real>(matrix: MatRef<'_, f64>) -> Mat<T> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| T::of(matrix[(i, j)]))
}

/// `|b - A x| / |b|`, computed from the arguments alone.
pub(crate) fn residual<T: Real>(op: &dyn LinearOperator<T>, b: &[T], x: &[T]) -> f64 {
    let (mut image, mut scratch) = (
        vec![T::of(0.0); op.rows()],
        vec![T::of(0.0); op.scratch_len()],
    );
    op.apply(x, &mut image, &mut scratch);
    (linalg_core::distance(b, &image) / norm(b)).wide()
}

/// The second difference with zero ends, `tridiag(-1, 2, -1)`: known to the tests alone.
pub(crate) struct Laplacian(pub(crate) usize);

impl LinearOperator<f64> for Laplacian {
    fn rows(&self) -> usize {
        self.0
    }
    fn cols(&self) -> usize {
        self.0
    }
    fn apply(&self, x: &[f64], y: &mut [f64], _scratch: &mut [f64]) {
        assert_eq!((x.len(), y.len()), (self.0, self.0), "the operator's side");
        for i in 0..self.0 {
            let left = if i > 0 { x[i - 1] } else { 0.0 };
            let right = if i + 1 < self.0 { x[i + 1] } else { 0.0 };
            y[i] = 2.0 * x[i] - left - right;
        }
    }
    fn apply_adjoint(&self, y: &[f64], x: &mut [f64], scratch: &mut [f64]) {
        self.apply(y, x, scratch);
    }
}
