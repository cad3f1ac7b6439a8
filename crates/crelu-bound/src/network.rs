use faer::{Accum, Mat, MatRef};
use linalg_core::product;

use crate::error::{BoundError, BoundPart};
use crate::problem::BoundProblem;
use crate::row_losses::{Losses, RowLoss};

/// A known network `f(x) = sum_j a_j (u_j'x)_+`: its moments are a good place to start from.
#[derive(Debug, Clone, Copy)]
pub struct KnownNetwork<'a> {
    /// `n_features x neurons`: the `u_j`.
    pub hidden: MatRef<'a, f64>,
    /// `[neurons]`: the `a_j`.
    pub output: &'a [f64],
}

impl KnownNetwork<'_> {
    pub(crate) fn check(&self, problem: &BoundProblem<'_>) -> Result<(), BoundError> {
        let (features, neurons) = (self.hidden.nrows(), self.hidden.ncols());
        for (part, want, got) in [
            (BoundPart::NetworkRows, problem.n_features(), features),
            (BoundPart::NetworkOutput, neurons, self.output.len()),
        ] {
            if want != got {
                return Err(BoundError::Shape { part, want, got });
            }
        }
        Ok(())
    }

    /// `J` of the mean objective, rounded as it comes. **Cost** `2 n d` flops a neuron.
    pub(crate) fn objective(&self, problem: &BoundProblem<'_>) -> f64 {
        let mut images = Mat::zeros(problem.n_samples(), self.output.len());
        let (to, x) = (images.as_mut(), problem.x());
        product(to, Accum::Replace, x, self.hidden, 1.0);
        let f = |i: usize| -> f64 {
            let terms = self.output.iter().enumerate();
            terms.map(|(j, a)| a * images[(i, j)].max(0.0)).sum()
        };
        let losses = Losses::new(problem);
        let loss: f64 = (0..losses.len()).map(|i| losses.at(i, f(i)).0).sum();
        let lengths = self.output.iter().enumerate();
        let cost: f64 = lengths
            .map(|(j, a)| a.abs() * self.hidden.col(j).norm_l2())
            .sum();
        loss / problem.mass() + problem.beta() * cost
    }
}
