use linalg_core::{axpy, dot, norm};

use crate::neurons::Neurons;
use crate::pattern::{groups, pattern_hashes};
use crate::problem::GlobalProblem;

/// Output directions whose cosine is at least this are one but for rounding ...
const SAME_HEAD: f64 = 1.0 - 1e-14;
/// ... and nearer to each other than this, as far as the objective agrees.
const NEAR_HEAD: f64 = 1.0 - 1e-4;
/// Two sums of the same terms differ by this share.
const ROUNDING: f64 = 1e-12;

/// Adds up the neurons of one activation pattern and one output direction: on the rows of the problem
/// their sum is a neuron of that pattern, with a weight that is no larger. With one output it has
/// the same outputs too, so the objective does not rise; with several, directions that are only nearly
/// equal are added up if it does not rise. Says how many neurons went.
pub fn merge(problem: &GlobalProblem, neurons: &mut Neurons) -> usize {
    let before = neurons.len();
    let hashes = pattern_hashes(problem, neurons);
    if neurons.n_outputs() == 1 {
        let groups = groups(&hashes, |i| neurons.signs()[i] > 0.0);
        if groups.len() < before {
            *neurons = merged(neurons, &groups);
        }
        return before - neurons.len();
    }
    let same = alike(neurons, &hashes, SAME_HEAD);
    if same.len() < before {
        *neurons = merged(neurons, &same);
    }
    let near = alike(neurons, &pattern_hashes(problem, neurons), NEAR_HEAD);
    if near.len() < neurons.len() {
        let fewer = merged(neurons, &near);
        if fewer.objective(problem) <= neurons.objective(problem) * (1.0 + ROUNDING) {
            *neurons = fewer;
        }
    }
    before - neurons.len()
}

/// The neurons of one pattern whose output directions are near to that of the first of them.
fn alike(neurons: &Neurons, hashes: &[u64], cosine: f64) -> Vec<Vec<usize>> {
    let mut alike: Vec<Vec<usize>> = Vec::new();
    for group in groups(hashes, |_| true) {
        let first = alike.len();
        for i in group {
            let near =
                |other: &&mut Vec<usize>| dot(neurons.head(i), neurons.head(other[0])) >= cosine;
            match alike[first..].iter_mut().find(near) {
                Some(other) => other.push(i),
                None => alike.push(vec![i]),
            }
        }
    }
    alike
}

/// A neuron for each group: the sum of its directions, and of its output directions by weight.
fn merged(neurons: &Neurons, groups: &[Vec<usize>]) -> Neurons {
    let mut out = Neurons::with_outputs(neurons.rank(), neurons.n_outputs());
    let mut sum = vec![0.0; neurons.rank()];
    let mut head = vec![0.0; neurons.n_outputs()];
    for group in groups {
        sum.fill(0.0);
        head.fill(0.0);
        for &i in group {
            axpy(neurons.weights()[i], neurons.direction(i), &mut sum);
            axpy(neurons.weights()[i], neurons.head(i), &mut head);
        }
        if norm(&head) == 0.0 {
            head.copy_from_slice(neurons.head(group[0]));
        }
        out.push_head(&sum, &head, norm(&sum));
    }
    out
}
