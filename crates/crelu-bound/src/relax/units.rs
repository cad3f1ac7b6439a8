use faer::Mat;
use linalg_core::{Control, LinalgError, RowSpace};

use crate::problem::BoundProblem;

/// The problem the relaxation works on: rows in their own row space, of unit length, data and
/// targets of size one. Rows of zeros are left out: nothing reaches them.
pub(super) struct Reduced {
    /// `[m]`: the rows of the user that are not zero.
    pub(super) rows: Vec<usize>,
    /// `rank x m`: a row's direction, `x_i / |x_i|` in the row space.
    pub(super) directions: Mat<f64>,
    /// `[m]`: `|x_i| / x_unit`.
    pub(super) lengths: Vec<f64>,
    /// `[m]`: `y_i / y_unit`.
    pub(super) y: Vec<f64>,
    /// `n beta / (x_unit y_unit)`.
    pub(super) threshold: f64,
    /// The mean length of the rows.
    pub(super) x_unit: f64,
    /// The root mean square of the targets.
    pub(super) y_unit: f64,
    /// What the rows of zeros cost every network: the sum of `y^2 / (2 n)` over them, mean units.
    pub(super) rest: f64,
    /// Back to the features.
    pub(super) space: RowSpace,
}

impl Reduced {
    /// `None` where the data or the targets are all zero, or out of range.
    pub(super) fn new(
        problem: &BoundProblem<'_>,
        control: &Control<'_>,
    ) -> Result<Option<Self>, LinalgError> {
        let (n, x) = (problem.n_samples(), problem.x());
        let largest = |m: f64, v: f64| m.max(v.abs());
        let x_size = (0..x.ncols()).fold(0.0, |m, j| (0..n).fold(m, |m, i| largest(m, x[(i, j)])));
        let y_size = problem.y().iter().fold(0.0, |m, v| largest(m, *v));
        if x_size < f64::MIN_POSITIVE || y_size < f64::MIN_POSITIVE {
            return Ok(None);
        }
        let unit = Mat::from_fn(n, x.ncols(), |i, j| x[(i, j)] / x_size);
        let mut space = RowSpace::svd_within(unit.as_ref(), control)?;
        let all = space.take_rows();
        let norm = |i: usize| all.col(i).norm_l2();
        let rows: Vec<usize> = (0..n).filter(|&i| norm(i) > ZERO_ROW).collect();
        let m = rows.len();
        let mean = |sum: f64| sum / count(m.max(1));
        let length = mean(rows.iter().map(|&i| norm(i)).sum());
        let spread = mean(
            rows.iter()
                .map(|&i| (problem.y()[i] / y_size).powi(2))
                .sum(),
        )
        .sqrt();
        let (x_unit, y_unit) = (x_size * length, y_size * spread);
        let mut is_kept = vec![false; n];
        rows.iter().for_each(|&i| is_kept[i] = true);
        let others = (0..n).filter(|&i| !is_kept[i]);
        let rest = others.map(|i| 0.5 * problem.y()[i].powi(2)).sum::<f64>() / count(n);
        let threshold = problem.threshold() / x_unit / y_unit;
        let is_usable = m > 0 && y_unit > 0.0 && threshold > 0.0 && threshold.is_finite();
        if !is_usable {
            return Ok(None);
        }
        let directions = Mat::from_fn(all.nrows(), m, |k, i| all[(k, rows[i])] / norm(rows[i]));
        Ok(Some(Self {
            lengths: rows.iter().map(|&i| norm(i) / length).collect(),
            y: rows.iter().map(|&i| problem.y()[i] / y_unit).collect(),
            directions,
            rows,
            threshold,
            x_unit,
            y_unit,
            rest,
            space,
        }))
    }

    pub(super) fn rank(&self) -> usize {
        self.directions.nrows()
    }

    pub(super) fn n_rows(&self) -> usize {
        self.rows.len()
    }
}

/// A row shorter than this share of the largest entry is left to the rounding errors of the
/// decomposition.
const ZERO_ROW: f64 = 1e-13;

#[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
pub(super) fn count(n: usize) -> f64 {
    n as f64
}
