//! Seeded data and naive algebra for the tests.

use faer::{Mat, MatRef};
use linalg_core::{Masks, Real};

/// A SplitMix64 stream.
pub(crate) struct Stream(u64);

impl Stream {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `[-1, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        2.0 * (self.bits() >> 11) as f64 / (1u64 << 53) as f64 - 1.0
    }

    pub(crate) fn vector<T: Real>(&mut self, len: usize) -> Vec<T> {
        (0..len).map(|_| T::of(self.unit())).collect()
    }

    pub(crate) fn matrix<T: Real>(&mut self, rows: usize, cols: usize) -> Mat<T> {
        Mat::from_fn(rows, cols, |_, _| T::of(self.unit()))
    }

    /// `B B' / dim`: positive semi-definite with eigenvalues below about 4/3.
    pub(crate) fn semidefinite<T: Real>(&mut self, dim: usize) -> Mat<T> {
        let root = self.matrix::<T>(dim, dim);
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

    pub(crate) fn masks(&mut self, n_samples: usize, n_blocks: usize) -> Masks {
        let bytes = (0..n_samples * n_blocks)
            .map(|_| u8::from(self.unit() > 0.0))
            .collect();
        Masks::from_columns(n_samples, bytes).unwrap()
    }
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
