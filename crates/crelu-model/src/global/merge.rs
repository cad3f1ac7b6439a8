use linalg_core::{axpy, norm};

use super::neurons::Neurons;
use super::pattern::{groups, pattern_hashes};
use super::problem::GlobalProblem;

/// Adds up the neurons of one sign and one activation pattern: on the rows of the problem their
/// sum is a neuron of that pattern, with the same outputs and a weight that is no larger, so the
/// objective does not rise. Says how many neurons went.
pub fn merge(problem: &GlobalProblem, neurons: &mut Neurons) -> usize {
    let before = neurons.len();
    let groups = groups(neurons.signs(), &pattern_hashes(problem, neurons));
    if groups.len() == before {
        return 0;
    }
    let mut out = Neurons::none(neurons.rank());
    let mut sum = vec![0.0; neurons.rank()];
    for group in groups {
        sum.fill(0.0);
        for &i in &group {
            axpy(neurons.weights()[i], neurons.direction(i), &mut sum);
        }
        out.push(&sum, neurons.signs()[group[0]], norm(&sum));
    }
    *neurons = out;
    before - neurons.len()
}
