use std::sync::Arc;

use faer::Mat;
use linalg_core::{Control, LinalgError, RowSpace};

use crate::problem::BoundProblem;
use crate::row_losses::{Losses, RowLoss};

/// The problem the relaxation works on: rows in their own row space, of unit length, data and
/// targets of size one. Rows of zeros are left out: nothing reaches them.
pub(super) struct Reduced {
    /// `[m]`: the rows of the user that are not zero.
    pub(super) rows: Vec<usize>,
    /// `rank x m`: a row's direction, `x_i / |x_i|` in the row space.
    pub(super) directions: Mat<f64>,
    /// `[m]`: `|x_i| / x_unit`.
    pub(super) lengths: Vec<f64>,
    /// Of the `m` rows, with targets of size one; labels as they are.
    pub(super) losses: Arc<Losses>,
    /// `[m]`: `theta` of the zero network.
    pub(super) first: Vec<f64>,
    /// `B / (x_unit theta_unit)`.
    pub(super) threshold: f64,
    /// The mean length of the rows.
    pub(super) x_unit: f64,
    /// What the rows of zeros cost every network, mean units.
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
        if x_size < f64::MIN_POSITIVE {
            return Ok(None);
        }
        let unit = Mat::from_fn(n, x.ncols(), |i, j| x[(i, j)] / x_size);
        let space = RowSpace::svd_within(unit.as_ref(), control)?;
        let all = space.rows();
        let norm = |i: usize| all.col(i).norm_l2();
        let rows: Vec<usize> = (0..n).filter(|&i| norm(i) > ZERO_ROW).collect();
        let m = rows.len();
        let mean = |sum: f64| sum / count(m.max(1));
        let length = mean(rows.iter().map(|&i| norm(i)).sum());
        let x_unit = x_size * length;
        let Some(losses) = Losses::scaled(problem, &rows, root_mean_square) else {
            return Ok(None);
        };
        let mut is_kept = vec![false; n];
        rows.iter().for_each(|&i| is_kept[i] = true);
        let others = (0..n).filter(|&i| !is_kept[i]);
        let losses_of_all = Losses::new(problem);
        let rest = others.map(|i| losses_of_all.at(i, 0.0).0).sum::<f64>() / problem.mass();
        let threshold = problem.threshold() / x_unit / losses.theta_unit;
        let is_usable = m > 0 && threshold > 0.0 && threshold.is_finite();
        if !is_usable {
            return Ok(None);
        }
        let directions = Mat::from_fn(all.nrows(), m, |k, i| all[(k, rows[i])] / norm(rows[i]));
        Ok(Some(Self {
            lengths: rows.iter().map(|&i| norm(i) / length).collect(),
            first: (0..m).map(|i| losses.theta(i, 0.0)).collect(),
            losses: Arc::new(losses),
            directions,
            rows,
            threshold,
            x_unit,
            rest,
            space,
        }))
    }

    /// What a value of these units is in the mean objective.
    pub(super) fn mean_unit(&self, problem: &BoundProblem<'_>) -> f64 {
        self.losses.value_unit() / problem.mass()
    }

    pub(super) fn rank(&self) -> usize {
        self.directions.nrows()
    }

    pub(super) fn n_rows(&self) -> usize {
        self.rows.len()
    }
}

fn root_mean_square(y: &[f64]) -> f64 {
    let size = y.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    if size == 0.0 {
        return 0.0;
    }
    let sum: f64 = y.iter().map(|v| (v / size).powi(2)).sum();
    size * (sum / count(y.len().max(1))).sqrt()
}

/// A row shorter than this share of the largest entry is left to the rounding errors of the
/// decomposition.
const ZERO_ROW: f64 = 1e-13;

#[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
pub(super) fn count(n: usize) -> f64 {
    n as f64
}
