use faer::Mat;

use super::completion::Completion;
use crate::certificate::Certificate;
use crate::error::BoundError;
use crate::loss::BoundLoss;
use crate::problem::BoundProblem;
use linalg_core::Control;

/// Rows are merged where at most this share of them is left: it changes nothing but the cost.
const WORTH: f64 = 0.9;

/// The same problem with one row for all that are equal, sorted, so that their order does not matter:
/// the loss of merged rows is one of the same kind with the sum of their weights and the mean of their targets,
/// plus a constant. Huber's loss is of the same kind only where the targets are equal, too.
pub(super) struct Merged {
    /// `[n_samples]`: the place of every row.
    places: Vec<usize>,
    x: Mat<f64>,
    y: Vec<f64>,
    weights: Vec<f64>,
    /// What all networks pay for targets that differ on equal rows, in the units of the mean objective.
    pub(super) constant: f64,
    /// Some row of each place.
    first: Vec<usize>,
}

impl Merged {
    /// None where too few rows are equal. **Cost** a sort of the rows.
    pub(super) fn new(problem: &BoundProblem<'_>) -> Option<Self> {
        let (x, y, n) = (problem.x(), problem.y(), problem.n_samples());
        let with_target = matches!(problem.loss(), BoundLoss::Huber(_));
        let mut order: Vec<usize> = (0..n).collect();
        let compare = |a: usize, b: usize| {
            let mut cells = (0..x.ncols()).map(|j| x[(a, j)].partial_cmp(&x[(b, j)]));
            let first = cells.find(|c| *c != Some(core::cmp::Ordering::Equal));
            match first.flatten() {
                None if with_target => y[a].total_cmp(&y[b]),
                None => core::cmp::Ordering::Equal,
                Some(order) => order,
            }
        };
        order.sort_by(|a, b| compare(*a, *b));
        let (mut places, mut first) = (vec![0; n], Vec::new());
        for (k, &row) in order.iter().enumerate() {
            if k == 0 || compare(order[k - 1], row).is_ne() {
                first.push(row);
            }
            places[row] = first.len() - 1;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
        if first.len() as f64 > WORTH * n as f64 {
            return None;
        }
        let weight = |row: usize| problem.weights().map_or(1.0, |w| w[row]);
        let mut weights = vec![0.0; first.len()];
        let mut sums = vec![0.0; first.len()];
        for (row, &place) in places.iter().enumerate() {
            weights[place] += weight(row);
            sums[place] += weight(row) * (y[row] - y[first[place]]);
        }
        let mean = |k: usize| y[first[k]] + sums[k] / weights[k];
        let means: Vec<f64> = match problem.loss() {
            BoundLoss::Logistic => (0..first.len()).map(|k| mean(k).clamp(-1.0, 1.0)).collect(),
            _ => (0..first.len()).map(mean).collect(),
        };
        let constant = match problem.loss() {
            BoundLoss::Squared => {
                let apart = places.iter().enumerate();
                let all: f64 = apart
                    .map(|(row, &place)| 0.5 * weight(row) * (y[row] - means[place]).powi(2))
                    .sum();
                all / problem.mass()
            }
            // both are linear in the target, or have but one
            BoundLoss::Logistic | BoundLoss::Huber(_) => 0.0,
        };
        Some(Self {
            x: Mat::from_fn(first.len(), x.ncols(), |k, j| x[(first[k], j)]),
            places,
            y: means,
            weights,
            constant,
            first,
        })
    }

    /// # Errors
    /// [`BoundError`] where sums of weights or means of targets overflow.
    pub(super) fn problem(&self, of: &BoundProblem<'_>) -> Result<BoundProblem<'_>, BoundError> {
        BoundProblem::new(self.x.as_ref(), &self.y, of.beta())?
            .with_loss(of.loss())?
            .with_weights(&self.weights)
    }

    /// The certificate for all rows, from one of the merged ones that is used with `scale`: a row's `theta` is
    /// that of the output at which the merged rows have theirs together.
    pub(super) fn spread(
        &self,
        of: &BoundProblem<'_>,
        mut certificate: Certificate,
        scale: f64,
    ) -> Certificate {
        certificate.scale(scale);
        let merged = certificate.theta.clone();
        let row_theta = |(row, &place): (usize, &usize)| {
            let weight = of.weights().map_or(1.0, |w| w[row]);
            let each = merged[place] / self.weights[place];
            let y = of.y()[row];
            match of.loss() {
                BoundLoss::Squared => weight * ((y - self.y[place]) + each),
                BoundLoss::Huber(_) => weight * each,
                BoundLoss::Logistic => {
                    let share = (0.5 * (1.0 + self.y[place]) - each).clamp(0.0, 1.0);
                    weight * (0.5 * (1.0 + y) - share)
                }
            }
        };
        certificate.theta = self.places.iter().enumerate().map(row_theta).collect();
        certificate.merged = Some(self.places.clone());
        certificate
    }
}

/// The completion of a network on the merged rows.
pub(super) struct OfMerged<'a> {
    pub(super) all: &'a mut dyn Completion,
    pub(super) merged: &'a Merged,
}

impl Completion for OfMerged<'_> {
    fn outputs(&mut self) -> Option<Vec<f64>> {
        let all = self.all.outputs()?;
        Some(self.merged.first.iter().map(|&row| all[row]).collect())
    }

    fn take_in(&mut self, direction: &[f64], sign: f64, control: &Control<'_>) {
        self.all.take_in(direction, sign, control);
    }
}
