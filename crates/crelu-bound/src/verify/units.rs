use faer::{Mat, MatRef};

use super::ball::MOST_TERMS;
use super::directed::{exponent, mul_up, norm_up, power_of_two};

/// The data at size one, by powers of two: nothing below meets overflow, and every number is
/// exactly that of the user.
pub(super) struct Scaled {
    /// `X / 2^x_exponent`.
    pub(super) x: Mat<f64>,
    /// Upper bounds of the norms of the rows of `x`.
    pub(super) norms: Vec<f64>,
    pub(super) x_exponent: i32,
    /// `theta` is in units of two to this power.
    pub(super) theta_exponent: i32,
}

impl Scaled {
    /// `None` where the data span more than the range of `f64` can hold at size one, or have more rows or
    /// columns than the rounding bounds cover.
    pub(super) fn new(user: MatRef<'_, f64>, theta_exponent: i32) -> Option<Self> {
        let (n, d) = (user.nrows(), user.ncols());
        if n.max(d) > MOST_TERMS {
            return None;
        }
        let columns = (0..d).flat_map(|j| (0..n).map(move |i| user[(i, j)].abs()));
        let x_exponent = exponent(columns.fold(0.0, f64::max));
        let (down, up) = (power_of_two(-x_exponent), power_of_two(x_exponent));
        let x = Mat::from_fn(n, d, |i, j| user[(i, j)] * down);
        let is_exact = (0..d).all(|j| (0..n).all(|i| x[(i, j)] * up == user[(i, j)]));
        if !is_exact {
            return None;
        }
        let norms = (0..n).map(|i| norm_up((0..d).map(|j| (x[(i, j)], 0.0))));
        Some(Self {
            norms: norms.collect(),
            x,
            x_exponent,
            theta_exponent,
        })
    }

    /// The same units for other rows.
    pub(super) fn with_rows(&self, x: Mat<f64>) -> Self {
        let row = |i: usize| norm_up((0..x.ncols()).map(|j| (x[(i, j)], 0.0)));
        Self {
            norms: (0..x.nrows()).map(row).collect(),
            x,
            x_exponent: self.x_exponent,
            theta_exponent: self.theta_exponent,
        }
    }

    /// `v * 2^(x_exponent * of_x + theta_exponent * of_theta)`; where it rounds, it is still a number
    /// as good as any for a multiplier.
    pub(super) fn multiplier(&self, v: f64, of_x: i32, of_theta: i32) -> f64 {
        v * power_of_two(self.x_exponent * of_x) * power_of_two(self.theta_exponent * of_theta)
    }

    /// The price that the triangle inequality proves: `sum_i (q_i)_+ |x_i|`.
    pub(super) fn trivial_price(&self, q: &[f64]) -> f64 {
        let dear = q
            .iter()
            .zip(&self.norms)
            .filter(|(q, norm)| **q > 0.0 && **norm > 0.0);
        dear.fold(0.0, |sum, (q, norm)| (sum + mul_up(*q, *norm)).next_up())
    }
}
