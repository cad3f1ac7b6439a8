//! Seeded systems, and operators of the tests' own.

use faer::{Mat, MatRef};
use krylov::{CgReport, CgSettings, CgWorkspace, CheckedCgSettings, KrylovError};
use linalg_core::{Control, LinearOperator, Preconditioner, Real, SymmetricOperator, norm};
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

impl SymmetricOperator for Laplacian {
    type Scalar = f64;

    fn dim(&self) -> usize {
        self.0
    }
    fn multiply(&self, x: &[f64], y: &mut [f64], _scratch: &mut [f64]) {
        assert_eq!((x.len(), y.len()), (self.0, self.0), "the operator's side");
        for i in 0..self.0 {
            let left = if i > 0 { x[i - 1] } else { 0.0 };
            let right = if i + 1 < self.0 { x[i + 1] } else { 0.0 };
            y[i] = 2.0 * x[i] - left - right;
        }
    }
}

/// [`krylov::cg`] without limits and without an eye on it.
pub(crate) fn cg<T: Real>(
    op: &dyn LinearOperator<T>,
    b: &[T],
    x: &mut [T],
    settings: &CheckedCgSettings,
    work: &mut CgWorkspace<T>,
) -> Result<CgReport, KrylovError> {
    krylov::cg(op, b, x, settings, &Control::default(), &mut (), work)
}

/// [`krylov::pcg`] without limits and without an eye on it.
pub(crate) fn pcg<T: Real>(
    op: &dyn LinearOperator<T>,
    preconditioner: &dyn Preconditioner<T>,
    b: &[T],
    x: &mut [T],
    settings: &CheckedCgSettings,
    work: &mut CgWorkspace<T>,
) -> Result<CgReport, KrylovError> {
    let control = Control::default();
    krylov::pcg(op, preconditioner, b, x, settings, &control, &mut (), work)
}

/// Settings in range.
pub(crate) fn settings(tol: f64, max_iters: usize) -> CheckedCgSettings {
    let settings = CgSettings::default().tol(tol).max_iters(max_iters);
    settings.check().unwrap()
}

/// [`krylov::block_cg`] without limits and without an eye on it.
pub(crate) fn block<'w, T: Real>(
    op: &dyn LinearOperator<T>,
    k: usize,
    b: &[T],
    x: &mut [T],
    settings: &CheckedCgSettings,
    work: &'w mut CgWorkspace<T>,
) -> Result<&'w [CgReport], KrylovError> {
    krylov::block_cg(op, k, b, x, settings, &Control::default(), &mut (), work)
}

/// Division by numbers given.
pub(crate) struct Diagonal<T>(pub(crate) Vec<T>);

impl<T: Real> Preconditioner<T> for Diagonal<T> {
    fn dim(&self) -> usize {
        self.0.len()
    }
    fn apply_inverse(&self, r: &[T], z: &mut [T], _scratch: &mut [T]) {
        for ((z, r), d) in z.iter_mut().zip(r).zip(&self.0) {
            *z = *r / *d;
        }
    }
}
