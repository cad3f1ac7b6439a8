use core::fmt;

use crelu_core::Backend;
use linalg_core::Control;

use crate::ascent_steps::Course;
use crate::fused::Part;
use crate::row_problem::RowProblem;

/// The two passes over the rows that global training spends its time in. The host implements them,
/// and so may a device, in `f32`; all else, and every number of a report, is made by the host in `f64`.
///
/// Rows may be divided over processes: then what the problem has of them joins what these passes, as all
/// others, sum up.
pub trait RowEngine: fmt::Debug + Send + Sync {
    /// A batch of ascents of prices over the unit sphere, from their starts to their ends.
    fn ascend(&self, problem: &RowProblem, batch: &Batch<'_>, control: &Control<'_>) -> Ends;

    /// The balanced objective of `m` neurons.
    fn balanced<'p>(&'p self, problem: &'p RowProblem, m: usize) -> Box<dyn Evaluate + 'p>;

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
