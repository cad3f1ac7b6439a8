use faer::{Accum, Mat, MatRef};
use linalg_core::product;

/// Half the distance from 1 to the next number.
pub(super) const UNIT: f64 = f64::EPSILON / 2.0;
/// Most terms of a sum that the constants below cover.
pub(super) const MOST_TERMS: usize = 10_000_000;
/// Covers the rounding of the radii themselves: sums of at most 10^7 terms.
const RADIUS_SLACK: f64 = 1.0 + 4e-9;
/// Covers underflow: 10^7 products, each wrong by less than the smallest positive number, are far
/// below it, and so is it below everything that matters at data of size one.
const TINY: f64 = 1e-290;

/// A matrix known up to an entrywise error: `|true - mid| <= rad`.
#[derive(Debug, Clone)]
pub(super) struct Ball {
    pub(super) mid: Mat<f64>,
    pub(super) rad: Mat<f64>,
}

impl Ball {
    /// Numbers taken as they are.
    pub(super) fn exact(mid: Mat<f64>) -> Self {
        let rad = Mat::zeros(mid.nrows(), mid.ncols());
        Self { mid, rad }
    }

    /// A column of exact numbers.
    pub(super) fn column(values: &[f64]) -> Self {
        Self::exact(Mat::from_fn(values.len(), 1, |i, _| values[i]))
    }

    /// `diag(weights) X` for exact factors: one rounding an entry.
    pub(super) fn row_scaled(weights: &[f64], x: MatRef<'_, f64>) -> Self {
        let mid = Mat::from_fn(x.nrows(), x.ncols(), |i, j| weights[i] * x[(i, j)]);
        let rad = Mat::from_fn(x.nrows(), x.ncols(), |i, j| {
            (UNIT * mid[(i, j)].abs() + TINY) * RADIUS_SLACK
        });
        Self { mid, rad }
    }

    /// The exact matrix product of what the balls hold.
    ///
    /// A sum of `k` products in any order errs by at most `(k + 1) UNIT |A| |B|`, to first order
    /// (Higham 2002, section 3.1); the slack covers the second.
    pub(super) fn times(&self, right: &Self) -> Self {
        let (m, k, n) = (self.mid.nrows(), self.mid.ncols(), right.mid.ncols());
        #[expect(clippy::cast_precision_loss, reason = "a side far below 2^53")]
        let gamma = (k as f64 + 2.0) * UNIT;
        let mut mid = Mat::zeros(m, n);
        let (a, b) = (self.mid.as_ref(), right.mid.as_ref());
        product(mid.as_mut(), Accum::Replace, a, b, 1.0);
        // |A| (rad B + gamma |B|) + rad A (|B| + rad B)
        let mut rad = Mat::from_fn(m, n, |_, _| TINY);
        let inner = Mat::from_fn(k, n, |i, j| {
            right.rad[(i, j)] + gamma * right.mid[(i, j)].abs() + TINY
        });
        let outer = Mat::from_fn(k, n, |i, j| right.mid[(i, j)].abs() + right.rad[(i, j)]);
        let size = Mat::from_fn(m, k, |i, j| self.mid[(i, j)].abs());
        product(
            rad.as_mut(),
            Accum::Add,
            size.as_ref(),
            inner.as_ref(),
            RADIUS_SLACK,
        );
        product(
            rad.as_mut(),
            Accum::Add,
            self.rad.as_ref(),
            outer.as_ref(),
            RADIUS_SLACK,
        );
        Self { mid, rad }
    }

    /// `sum_k c_k A_k`, the `c_k` powers of two (or their negatives).
    pub(super) fn sum(terms: &[(f64, &Self)]) -> Self {
        let (m, n) = (terms[0].1.mid.nrows(), terms[0].1.mid.ncols());
        #[expect(clippy::cast_precision_loss, reason = "a few terms")]
        let roundings = terms.len() as f64 * UNIT;
        let mid = Mat::from_fn(m, n, |i, j| {
            terms.iter().map(|(c, a)| c * a.mid[(i, j)]).sum()
        });
        let rad = Mat::from_fn(m, n, |i, j| {
            let spread = terms
                .iter()
                .map(|(c, a)| c.abs() * (a.rad[(i, j)] + roundings * a.mid[(i, j)].abs()));
            (spread.sum::<f64>() + TINY) * RADIUS_SLACK
        });
        Self { mid, rad }
    }

    /// The transpose.
    pub(super) fn transposed(&self) -> Self {
        Self {
            mid: self.mid.transpose().to_owned(),
            rad: self.rad.transpose().to_owned(),
        }
    }
}
