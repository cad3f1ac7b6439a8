use faer::MatRef;

use crate::error::BoundError;
use crate::problem::BoundProblem;

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
        for (what, want, got) in [
            ("rows of the network", problem.n_features(), features),
            ("output weights of the network", neurons, self.output.len()),
        ] {
            if want != got {
                return Err(BoundError::Shape { what, want, got });
            }
        }
        Ok(())
    }
}
