use faer::{Mat, MatRef};
use linalg_core::RowSpace;

use crate::problem::BoundProblem;

/// A point in at most `N` dimensions; those that are not used are zero.
pub(crate) type Point<const N: usize> = [f64; N];

/// Singular values below this share of the largest are left to the remainder.
const CUT: f64 = 1e-9;
/// Relative error of any computed dot product of at most seven terms, a square root or a sum of
/// two such: a few roundings, doubled.
pub(crate) const ROUND: f64 = 16.0 * f64::EPSILON;
/// Rows are of this size: neither a product nor a sum of squares leaves the range of `f64`.
const RANGE: core::ops::Range<f64> = 1e-120..1e120;

/// More than what squares that underflow take from a norm.
const TINY: f64 = 1e-150;

/// The rows in an orthonormal basis of (nearly) all they span: `x_i = Q z_i + e_i`, `|e_i|` known.
#[derive(Debug)]
pub(crate) struct Plane<const N: usize> {
    /// Dimensions in use.
    pub(crate) rank: usize,
    /// `z_i`, taken as exact.
    pub(crate) rows: Vec<Point<N>>,
    /// At least `|z_i|`.
    pub(crate) norms: Vec<f64>,
    basis: Mat<f64>,
    /// At least `|e_i|`.
    remainders: Vec<f64>,
    /// At least the largest singular value of `Q`.
    stretch: f64,
}

pub(crate) fn dot<const N: usize>(a: Point<N>, b: Point<N>) -> f64 {
    (1..N).fold(a[0] * b[0], |sum, k| sum + a[k] * b[k])
}

pub(crate) fn norm<const N: usize>(a: Point<N>) -> f64 {
    dot(a, a).sqrt()
}

pub(crate) fn add<const N: usize>(a: Point<N>, b: Point<N>, scale: f64) -> Point<N> {
    core::array::from_fn(|k| a[k] + scale * b[k])
}

impl<const N: usize> Plane<N> {
    /// None where `N` dimensions do not hold the rows.
    pub(crate) fn new(problem: &BoundProblem<'_>) -> Option<Self> {
        let x = problem.x();
        let (n, d) = (x.nrows(), x.ncols());
        let largest = (0..n).map(|i| x.row(i).norm_l2()).fold(0.0, f64::max);
        if largest > 0.0 && !RANGE.contains(&largest) {
            return None;
        }
        if is_clearly_wider(x, largest, N) {
            return None;
        }
        let space = RowSpace::svd(x).ok()?;
        let spectrum = space.spectrum().unwrap_or_default();
        let top = spectrum.first().copied().unwrap_or(0.0);
        let rank = spectrum.iter().take_while(|s| **s > CUT * top).count();
        if rank > N {
            return None;
        }
        let full = space.expand(Mat::identity(space.rank(), space.rank()).as_ref());
        let basis = full.as_ref().subcols(0, rank).to_owned();
        let mut out = Self {
            rank,
            rows: Vec::with_capacity(n),
            norms: Vec::with_capacity(n),
            remainders: Vec::with_capacity(n),
            stretch: 1.0,
            basis,
        };
        for i in 0..n {
            let mut z = [0.0; N];
            for (k, z) in z.iter_mut().enumerate().take(rank) {
                *z = (0..d).map(|j| out.basis[(j, k)] * x[(i, j)]).sum();
            }
            let rest: f64 = (0..d)
                .map(|j| {
                    let image: f64 = (0..rank).map(|k| out.basis[(j, k)] * z[k]).sum();
                    (x[(i, j)] - image).powi(2)
                })
                .sum();
            // every entry of the difference is off by four roundings of its terms at most, whose
            // norms are at most |x| and sqrt(7) |z|, and the root of the sum by d + 2
            let size = x.row(i).norm_l2() + 2.0 * norm(z);
            let relative = 1.0 + terms(d) * f64::EPSILON;
            out.remainders
                .push((rest.sqrt() * relative + ROUND * size) * relative + TINY);
            out.norms.push(norm(z) * (1.0 + ROUND) + TINY);
            out.rows.push(z);
        }
        // |Q|^2 = |Q'Q| <= 1 + |Q'Q - I|_F
        let mut apart = 0.0;
        for a in 0..rank {
            for b in 0..rank {
                let product: f64 = (0..d).map(|j| out.basis[(j, a)] * out.basis[(j, b)]).sum();
                let unit = if a == b { 1.0 } else { 0.0 };
                apart += (product - unit).abs() + 2.0 * terms(d) * f64::EPSILON;
            }
        }
        out.stretch = 1.0 + apart;
        Some(out)
    }

    /// What a bound of the price of the `z_i` says of the price of the rows:
    /// `|Q| price + sum |w_i| |e_i|`.
    pub(crate) fn lifted(&self, bound: f64, weights: &[f64]) -> Option<f64> {
        let rest: f64 = (weights.iter().zip(&self.remainders))
            .map(|(w, e)| w.abs() * e)
            .sum();
        let out = (bound * self.stretch + rest) * (1.0 + terms(weights.len()) * f64::EPSILON);
        out.is_finite().then_some(out)
    }

    /// A direction in the features of the data.
    pub(crate) fn expand(&self, at: Point<N>) -> Vec<f64> {
        (0..self.basis.nrows())
            .map(|j| (0..self.rank).map(|k| self.basis[(j, k)] * at[k]).sum())
            .collect()
    }
}

/// A row this far, relative to the largest, from the span of `most` others means a dimension more.
const FAR: f64 = 1e-5;

/// Whether `most` rows, each the farthest from the span of those before, leave some row far off: then
/// there is no need of a decomposition. **Cost** `2 most (most + 1) n d` flops at most.
fn is_clearly_wider(x: MatRef<'_, f64>, largest: f64, most: usize) -> bool {
    let (n, d) = (x.nrows(), x.ncols());
    let mut left: Vec<f64> = (0..n)
        .map(|i| (x.row(i).norm_l2() / largest).powi(2))
        .collect();
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(most);
    for step in 0..=most {
        let far = (0..n).max_by(|&a, &b| left[a].total_cmp(&left[b]));
        let Some(far) = far.filter(|&i| left[i] > FAR * FAR) else {
            return false;
        };
        if step == most {
            return true;
        }
        let mut next: Vec<f64> = (0..d).map(|j| x[(far, j)] / largest).collect();
        // twice is enough (Kahan and Parlett)
        for _ in 0..2 {
            for b in &basis {
                let along: f64 = b.iter().zip(&next).map(|(b, v)| b * v).sum();
                next.iter_mut().zip(b).for_each(|(v, b)| *v -= along * b);
            }
        }
        let size = next.iter().map(|v| v * v).sum::<f64>().sqrt();
        next.iter_mut().for_each(|v| *v /= size);
        for (i, left) in left.iter_mut().enumerate() {
            let along: f64 = (0..d).map(|j| x[(i, j)] / largest * next[j]).sum();
            *left -= along * along;
        }
        basis.push(next);
    }
    false
}

/// Roundings of a sum of so many terms, doubled.
#[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
pub(crate) fn terms(count: usize) -> f64 {
    2.0 * (count + 8) as f64
}
