//! The seam between global training and what runs its passes over the rows.

use core::fmt;

use crelu_core::Backend;
use linalg_core::Control;

use crate::ascent::Ascent;
use crate::fused::Part;
use crate::problem::GlobalProblem;

pub use crate::ascent::{GAIN, LEAST_VALUE, MOMENTUM, Phase, better_half, phases};
pub use crate::host_rows::HostRows;
pub use crate::sharded::Sharded;

/// The two passes over the rows that global training spends its time in. The host implements them,
/// and so may a device, in `f32`; all else, and every number of a report, is made by the host in `f64`.
///
/// Rows may be divided over processes: then [`shards`](Self::shards) is what joins them, in these
/// passes and in all others.
pub trait RowEngine: fmt::Debug + Send + Sync {
    /// A batch of ascents of prices over the unit sphere, from their starts to their ends.
    fn ascend(&self, problem: &GlobalProblem, batch: &Batch<'_>, control: &Control<'_>) -> Ends;

    /// The balanced objective of `m` neurons.
    fn balanced<'p>(&'p self, problem: &'p GlobalProblem, m: usize) -> Box<dyn Evaluate + 'p>;

    /// What joins the sums over rows of several processes; none where this one has all rows.
    fn shards(&self) -> Option<&Sharded> {
        None
    }

    /// What runs the passes.
    fn backend(&self) -> Backend {
        Backend::Faer
    }

    /// What is to be said about it in a report.
    fn note(&self) -> Option<String> {
        None
    }
}

/// Value and gradient of an objective.
pub trait Evaluate {
    /// The value at `x`; the gradient there is written out.
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64;
}

/// Which of its three parts an ascent goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Large steps, then small ones: over all rows.
    Whole,
    /// Large steps: over a sample, to climb on from.
    Sample,
    /// A few steps over all rows from where those over a sample ended.
    Climb,
}

/// Ascents to be made.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The rows gone over; none: all, as the problem has them in `f32`.
    pub(crate) sample: Option<Part<'a, f32>>,
    /// `K` numbers a row.
    pub theta: &'a [f32],
    /// The starts, `rank` numbers each.
    pub columns: &'a [f32],
    /// The sign of each; 1 where there are several outputs.
    pub signs: &'a [f32],
    /// Steps of each.
    pub steps: usize,
    /// What they go through.
    pub course: Course,
}

impl<'a> Batch<'a> {
    /// The rows gone over where they are a part of all, `rank` numbers each; empty where they are sparse.
    #[must_use]
    pub fn sample_rows(&self) -> Option<&'a [f32]> {
        let sample = self.sample.as_ref()?;
        Some(sample.as_slice().unwrap_or_default())
    }
}

/// Where ascents that went on to the end have ended.
#[derive(Debug, Default)]
pub struct Ends {
    /// The best points met, `rank` numbers each.
    pub points: Vec<f32>,
    /// The prices there.
    pub values: Vec<f32>,
    /// Their signs.
    pub signs: Vec<f32>,
    /// Columns whose gradients were made, step for step.
    pub gone_through: usize,
}

impl Ends {
    /// Adds the ends of a batch.
    pub(crate) fn take(&mut self, ascent: &Ascent) {
        self.gone_through += ascent.columns_gone_through();
        for (point, value, sign) in ascent.ends() {
            self.points.extend_from_slice(point);
            self.values.push(value);
            self.signs.push(sign);
        }
    }

    /// `(point, value, sign)`, the dearest first.
    pub(crate) fn sorted(&self, rank: usize) -> Vec<(&[f32], f32, f32)> {
        let ends = self.points.chunks_exact(rank).zip(&self.values);
        let ends = ends.zip(&self.signs).map(|((u, v), s)| (u, *v, *s));
        let mut all: Vec<(&[f32], f32, f32)> = ends.filter(|end| end.1.is_finite()).collect();
        // stable: equal values stay in the order of the starts
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all
    }
}
