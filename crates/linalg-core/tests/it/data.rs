//! Seeded data and naive algebra for the tests.

use faer::{Mat, MatRef};
use linalg_core::{Masks, Real};
use testkit::Stream;

/// `B B' / dim`: positive semi-definite with eigenvalues below about 4/3.
pub(crate) fn semidefinite<T: Real>(stream: &mut Stream, dim: usize) -> Mat<T> {
    let root = stream.matrix::<T>(dim, dim);
    let scale = T::of(1.0 / dim.max(1) as f64);
    let mut out = Mat::<T>::zeros(dim, dim);
    let lhs = root.as_ref();
    linalg_core::product(
        out.as_mut(),
        faer::Accum::Replace,
        lhs,
        lhs.transpose(),
        scale,
    );
    out
}

/// The dense matrix of a masked block operator, in `f64`.
pub(crate) fn dense_masked<T: Real>(data: MatRef<'_, T>, masks: &Masks) -> Mat<f64> {
    let rank = data.nrows();
    Mat::from_fn(masks.n_samples(), rank * masks.n_blocks(), |i, j| {
        let bit = f64::from(masks.column(j / rank)[i]);
        bit * data[(j % rank, i)].wide()
    })
}

/// `A x` by the definition, in `f64`, and `|A| |x|`, the size of its rounding errors.
pub(crate) fn naive_apply(a: MatRef<'_, f64>, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let sum =
        |i: usize, f: fn(f64) -> f64| (0..a.ncols()).map(|j| f(a[(i, j)] * x[j])).sum::<f64>();
    let rows = 0..a.nrows();
    (
        rows.clone().map(|i| sum(i, |v| v)).collect(),
        rows.map(|i| sum(i, f64::abs)).collect(),
    )
}

pub(crate) fn wide<T: Real>(x: &[T]) -> Vec<f64> {
    x.iter().map(|v| v.wide()).collect()
}

/// Largest entry of `|a - b|`.
pub(crate) fn gap(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> f64 {
    assert_eq!(
        (a.nrows(), a.ncols()),
        (b.nrows(), b.ncols()),
        "two matrices of one shape"
    );
    (a - b).norm_max()
}
