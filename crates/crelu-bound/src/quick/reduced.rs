use faer::Mat;
use linalg_core::{Control, LinalgError, RowSpace};

use crate::problem::BoundProblem;
use crate::row_losses::Losses;

/// Up to this width the data are decomposed by a thin SVD, whatever it may save; above it they are
/// taken as they are.
const SVD_WIDTH: usize = 400;
/// A deviation below this share of the targets' size is rounding.
const CONSTANT: f64 = 1e-6;

/// The data of a bound in their row space and in units of their own size.
#[derive(Debug)]
pub(super) struct Reduced {
    pub(super) space: RowSpace,
    /// `rank x n_samples`, entries of about 1.
    pub(super) rows: Mat<f64>,
    /// Targets of deviation 1, or of size 1 where they do not vary; labels as they are. Weights of mean 1.
    pub(super) losses: Losses,
    /// `B` in these units.
    pub(super) price: f64,
    /// What `rows` were divided by.
    pub(super) unit: f64,
}

impl Reduced {
    /// None where the data, or the targets, are zero or beyond the range of `f64`.
    pub(super) fn new(
        problem: &BoundProblem<'_>,
        control: &Control<'_>,
    ) -> Result<Option<Self>, LinalgError> {
        let (n, d) = (problem.n_samples(), problem.n_features());
        let space = if d > n {
            RowSpace::qr_within(problem.x(), control)?
        } else if d <= SVD_WIDTH {
            RowSpace::svd_within(problem.x(), control)?
        } else {
            RowSpace::columns(problem.x())
        };
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
        let entries = (n * space.rank().max(1)) as f64;
        let unit = space.rows().norm_l2() / entries.sqrt();
        let all: Vec<usize> = (0..n).collect();
        let Some(losses) = Losses::scaled(problem, &all, spread) else {
            return Ok(None);
        };
        let price = problem.threshold() / unit / losses.theta_unit;
        let in_range = |v: f64| v > 0.0 && v.is_finite();
        if ![unit, price].into_iter().all(in_range) {
            return Ok(None);
        }
        let rows = Mat::from_fn(space.rank(), n, |k, i| space.rows()[(k, i)] / unit);
        Ok(Some(Self {
            space,
            rows,
            losses,
            price,
            unit,
        }))
    }
}

/// The deviation of the targets, or their size where they do not vary.
fn spread(y: &[f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let n = y.len() as f64;
    let mean = y.iter().map(|y| y / n).sum::<f64>();
    let apart: Vec<f64> = y.iter().map(|y| y - mean).collect();
    let (deviation, size) = (linalg_core::norm(&apart), linalg_core::norm(y));
    let taken = if deviation > CONSTANT * size {
        deviation
    } else {
        size
    };
    taken / n.sqrt()
}
