use core::ops::Range;
use std::sync::Arc;

use crelu_core::{Loss, Scaled};

use crate::problem::GlobalProblem;
use crate::settings::CheckedGlobalSettings;

/// Rows and numbers from which on a network of a part of the rows pays as the start for all.
const FEWEST: usize = 20_000;
const ENTRIES: usize = 10_000_000;
/// About the rows of the part: enough to tell most neurons of all rows.
const PART: usize = 8000;
/// The part is trained until less than this share is left to win on it, or for so many rounds: the
/// rest is learnt on all rows.
const SETTLE: f64 = 0.05;
const ROUNDS: usize = 12;

/// The problem of an evenly spread part of the rows, whose network is where the training of all begins.
pub(crate) struct Coarse {
    pub(crate) problem: GlobalProblem,
    /// How it is trained.
    pub(crate) settings: CheckedGlobalSettings,
    /// The part's share of the rows.
    pub(crate) share: f64,
}

impl Coarse {
    /// None where there are not so many rows that a round over all of them takes long.
    pub(crate) fn of(problem: &GlobalProblem, settings: &CheckedGlobalSettings) -> Option<Self> {
        let n = problem.n_all();
        if n < FEWEST || n * problem.entries() < ENTRIES {
            return None;
        }
        let rows: Vec<usize> = (0..n).step_by(n.div_ceil(PART)).collect();
        let loss = Part::new(Arc::clone(problem.loss_of()), rows.clone());
        let beta_sum = problem.beta_sum() * loss.mass() / problem.loss_of().mass();
        // a part without weight has nothing to say
        if loss.mass() <= 0.0 {
            return None;
        }
        let part = problem.of_rows(&rows, Arc::new(loss), beta_sum).ok()?;
        let settings = settings.in_part(SETTLE, ROUNDS);
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
        let share = part.n_all() as f64 / n as f64;
        Some(Self {
            problem: part,
            settings,
            share,
        })
    }
}

/// A loss of some of its rows.
#[derive(Debug)]
struct Part {
    loss: Arc<dyn Loss>,
    rows: Vec<usize>,
    mass: f64,
}

impl Part {
    fn new(loss: Arc<dyn Loss>, rows: Vec<usize>) -> Self {
        let mass = rows.iter().map(|&i| loss.weight(i)).sum();
        Self { loss, rows, mass }
    }

    /// The row of all, and where its numbers lie among those of `rows`.
    fn each(&self, rows: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
        let k = self.loss.outputs();
        let first = rows.start;
        rows.map(move |i| (self.rows[i], (i - first) * k..(i - first + 1) * k))
    }
}

impl Loss for Part {
    fn name(&self) -> &'static str {
        self.loss.name()
    }

    fn n_samples(&self) -> usize {
        self.rows.len()
    }

    fn outputs(&self) -> usize {
        self.loss.outputs()
    }

    fn mass(&self) -> f64 {
        self.mass
    }

    fn weight(&self, row: usize) -> f64 {
        self.loss.weight(self.rows[row])
    }

    fn value_slope(&self, rows: Range<usize>, fitted: &[f64], slope: &mut [f64]) -> f64 {
        let value = |(row, at): (usize, Range<usize>)| {
            let slope = &mut slope[at.clone()];
            self.loss.value_slope(row..row + 1, &fitted[at], slope)
        };
        self.each(rows).map(value).sum()
    }

    fn prox_into(&self, rows: Range<usize>, at: &[f64], rho: f64, out: &mut [f64]) {
        for (row, here) in self.each(rows) {
            let out = &mut out[here.clone()];
            self.loss.prox_into(row..row + 1, &at[here], rho, out);
        }
    }

    /// That of all rows, `theta` being 0 at the others: it is at least what they alone say, as no loss
    /// is below 0.
    fn dual(&self, theta: &[f64], most: f64) -> Scaled {
        let k = self.loss.outputs();
        let mut all = vec![0.0; self.loss.n_samples() * k];
        for (row, at) in self.each(0..self.rows.len()) {
            all[row * k..(row + 1) * k].copy_from_slice(&theta[at]);
        }
        self.loss.dual(&all, most)
    }

    fn curvature_bound(&self) -> f64 {
        self.loss.curvature_bound()
    }

    fn curvature_into(&self, rows: Range<usize>, fitted: &[f64], out: &mut [f64]) {
        for (row, at) in self.each(rows) {
            let out = &mut out[at.clone()];
            self.loss.curvature_into(row..row + 1, &fitted[at], out);
        }
    }

    fn is_quadratic(&self) -> bool {
        self.loss.is_quadratic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crelu_core::{LossKind, contract::assert_loss};
    use testkit::Stream;

    #[test]
    fn part_of_a_loss_keeps_the_contract() {
        let mut stream = Stream::new(3);
        for (kind, k) in [(LossKind::Squared, 2), (LossKind::Softmax, 3)] {
            let target = (0..30 * k).map(|at| f64::from(u8::from(at % k == (at / k) % k)));
            let weights = (0..30).map(|i| 0.5 + f64::from(i % 3));
            let whole = kind
                .of(target.collect(), k, Some(weights.collect()))
                .expect("a loss");
            let part = Part::new(whole, (0..30).step_by(4).collect());
            let mut draw = || -> Vec<f64> { (0..8 * k).map(|_| 2.0 * stream.unit()).collect() };
            assert_loss(&part, &draw(), &draw());
        }
    }
}
