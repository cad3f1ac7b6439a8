use crelu_convex::gates::{GateSampler, GaussianGates, sample_within};
use crelu_global::{GlobalProblem, Neurons, pattern_price};
use faer::Mat;
use linalg_core::{Control, LinalgError};

use crate::error::FitError;
use crate::prepared::Prepared;

/// `beta_max` is taken over this many patterns, of seed 0.
const BETA_PATTERNS: usize = 100;
/// ... of sparse rows some at a time, of about so many numbers.
const BETA_NUMBERS: usize = 1 << 22;

/// The largest spectral norm of `X'D_i theta` over Gaussian patterns of seed 0, at the zero network.
pub(super) fn beta_max(
    prepared: &Prepared,
    problem: &GlobalProblem,
    bias: bool,
    control: &Control<'_>,
) -> Result<f64, FitError> {
    let zeros = vec![0.0; problem.n_samples() * prepared.outputs()];
    let theta = problem.theta(&zeros);
    let price = |gates: &Mat<f64>| {
        let mut neurons = Neurons::with_outputs(problem.rank(), prepared.outputs());
        let head = vec![0.0; prepared.outputs()];
        for i in 0..gates.ncols() {
            let gate: Vec<f64> = gates.col(i).iter().copied().collect();
            neurons.push_head(&gate, &head, 0.0);
        }
        pattern_price(problem, &neurons, &theta, control)
    };
    if prepared.sparse.is_none() {
        let patterns = sample_within(
            prepared.inputs.matrix(),
            &prepared.target,
            bias,
            GateSampler::Gaussian,
            BETA_PATTERNS,
            0,
            control,
        )?;
        return Ok(price(&prepared.reduce(&patterns.gates))?);
    }
    // the same gates, some at a time
    let mut gates = GaussianGates::new(prepared.width(), 0);
    let batch = (BETA_NUMBERS / prepared.width()).clamp(1, BETA_PATTERNS);
    let (mut largest, mut left) = (0.0_f64, BETA_PATTERNS);
    while left > 0 {
        if control.halt().is_some() {
            return Err(LinalgError::Halted.into());
        }
        let some = gates.draw(batch.min(left));
        largest = largest.max(price(&prepared.reduce(&some))?);
        left -= some.ncols();
    }
    Ok(largest)
}
