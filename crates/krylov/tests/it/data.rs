//! Seeded systems, and operators of the tests' own.

use faer::{Mat, MatRef};
use linalg_core::{LinearOperator, Real, norm};

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

    pub(crate) fn matrix<T: Real>(&mut self, rows: usize, cols: usize) -> Mat<T> {
        Mat::from_fn(rows, cols, |_, _| T::of(self.unit()))
    }

    /// A symmetric matrix with eigenvalues from 1 down to `1 / condition`, evenly in the
    /// exponent.
    pub(crate) fn definite(&mut self, dim: usize, condition: f64) -> Mat<f64> {
        let q =
            faer::linalg::solvers::Qr::new(self.matrix::<f64>(dim, dim).as_ref()).compute_thin_Q();
        let last = (dim.max(2) - 1) as f64;
        let eigenvalue = |k: usize| condition.powf(-(k as f64) / last);
        let half = Mat::from_fn(dim, dim, |i, k| q[(i, k)] * eigenvalue(k));
        let full = &half * q.transpose();
        Mat::from_fn(dim, dim, |i, j| 0.5 * (full[(i, j)] + full[(j, i)]))
    }
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
