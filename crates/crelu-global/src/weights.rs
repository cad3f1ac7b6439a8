use faer::Mat;
use linalg_core::{Control, norm};

use crate::correct::correct;
use crate::gram::{Gram, gram};
use crate::group_lasso::group_lasso;
use crate::neurons::Neurons;
use crate::problem::GlobalProblem;

/// Steps of a loss that is not quadratic; they end when one lowers the objective by less than this
/// share, or by less than a twentieth of what all did: the slide that follows goes on.
pub(crate) const STEPS: usize = 8;
const SMALL_FALL: f64 = 1e-7;
const SMALL_PART: f64 = 0.05;
/// A step is halved so often at most.
const HALVINGS: usize = 30;
/// A curvature below this share of the largest is raised to it: a loss that is flat on one side
/// would make a step without end.
const LEAST_CURVATURE: f64 = 1e-3;

/// The best output weights of given directions; useless neurons are dropped, and the objective does
/// not rise.
///
/// ```text
///     min_A  l(H A) + beta_sum sum_i |A_i|,   H = (R U)_+
/// ```
///
/// For a squared loss of one output it is the lasso of [`correct`], of several a group lasso; for
/// another loss, steps of both on the loss's second-order model (one output) or on a quadratic above it
/// (several), each with a search along it.
///
/// A halt of `control` ends it between two steps.
///
/// **Cost** a Gram matrix a step. **Source** Lee, Sun & Saunders 2014 (proximal Newton steps); Böhning
/// 1992 (the quadratic above softmax).
pub fn correct_weights(problem: &GlobalProblem, neurons: &mut Neurons, control: &Control<'_>) {
    if neurons.is_empty() {
        return;
    }
    if problem.loss_of().is_quadratic() {
        quadratic(problem, neurons);
    } else {
        general(problem, neurons, &problem.agreed(control));
    }
    neurons.drop_zeros();
}

/// The exact minimum of a squared loss.
fn quadratic(problem: &GlobalProblem, neurons: &mut Neurons) {
    let zeros = vec![0.0; problem.n_samples() * problem.outputs()];
    let theta = problem.theta(&zeros);
    let curvature = row_curvature(problem, &zeros);
    let Gram { gram, along } = gram(problem, neurons, &theta, curvature.as_deref());
    if problem.outputs() == 1 {
        let weights = signed_lasso(gram, &along, neurons, problem.beta_sum());
        neurons.set_weights(&weights);
    } else {
        let mut outer = neurons.output_weights();
        group_lasso(
            gram.as_ref(),
            &along,
            problem.outputs(),
            problem.beta_sum(),
            &mut outer,
        );
        neurons.set_output_weights(&outer);
    }
}

/// The lasso over weights of the signs that the neurons have.
fn signed_lasso(mut gram: Mat<f64>, along: &[f64], neurons: &Neurons, penalty: f64) -> Vec<f64> {
    let m = neurons.len();
    let signs = neurons.signs();
    for j in 0..m {
        for i in 0..m {
            gram[(i, j)] *= signs[i] * signs[j];
        }
    }
    let along: Vec<f64> = along.iter().zip(signs).map(|(a, s)| a * s).collect();
    let penalties = vec![penalty; m];
    correct(gram.as_ref(), &along, &penalties, neurons.weights()).weights
}

fn general(problem: &GlobalProblem, neurons: &mut Neurons, control: &Control<'_>) {
    let (k, beta) = (problem.outputs(), problem.beta_sum());
    let mut fitted = neurons.fitted(problem);
    let mut value = problem.loss(&fitted) + beta * neurons.total_weight();
    let begun_at = value;
    for _ in 0..STEPS {
        if control.halt().is_some() {
            return;
        }
        let theta = problem.theta(&fitted);
        let curvature = row_curvature(problem, &fitted);
        let Gram { gram, mut along } = gram(problem, neurons, &theta, curvature.as_deref());
        let outer = neurons.output_weights();
        // the model's linear term is that at zero weights
        for (i, a) in outer.chunks_exact(k).enumerate() {
            for (j, along) in along.chunks_exact_mut(k).enumerate() {
                for (along, a) in along.iter_mut().zip(a) {
                    *along += gram[(j, i)] * a;
                }
            }
        }
        let mut better = neurons.clone();
        if k == 1 {
            better.set_weights(&signed_lasso(gram, &along, neurons, beta));
        } else {
            let mut moved = outer.clone();
            group_lasso(gram.as_ref(), &along, k, beta, &mut moved);
            better.set_output_weights(&moved);
        }
        let target = better.fitted(problem);
        let before = value;
        let Some(share) = step(problem, neurons, &better, &fitted, &target, value) else {
            return;
        };
        if share == 1.0 {
            (*neurons, fitted) = (better, target);
        } else {
            let mut outer = outer;
            for (a, b) in outer.iter_mut().zip(better.output_weights()) {
                *a += share * (b - *a);
            }
            neurons.set_output_weights(&outer);
            fitted = neurons.fitted(problem);
        }
        value = problem.loss(&fitted) + beta * neurons.total_weight();
        let enough = (SMALL_FALL * before.abs()).max(SMALL_PART * (begun_at - value));
        if before - value <= enough {
            return;
        }
    }
}

/// How far to go from one to the other, so that the objective falls; outputs are linear on the way.
fn step(
    problem: &GlobalProblem,
    from: &Neurons,
    to: &Neurons,
    fitted: &[f64],
    target: &[f64],
    value: f64,
) -> Option<f64> {
    let (a, b) = (from.output_weights(), to.output_weights());
    let between = |a: &[f64], b: &[f64], t: f64| -> Vec<f64> {
        a.iter().zip(b).map(|(a, b)| a + t * (b - a)).collect()
    };
    let mut share = 1.0;
    for _ in 0..HALVINGS {
        let outputs = between(fitted, target, share);
        let outer = between(&a, &b, share);
        let weight: f64 = outer.chunks_exact(problem.outputs()).map(norm).sum();
        if problem.loss(&outputs) + problem.beta_sum() * weight < value {
            return Some(share);
        }
        share *= 0.5;
    }
    None
}

/// The curvature of every row at outputs, the largest of its outputs; none where all are 1.
pub(crate) fn row_curvature(problem: &GlobalProblem, fitted: &[f64]) -> Option<Vec<f64>> {
    let (n, k) = (problem.n_samples(), problem.outputs());
    let mut each = vec![0.0; n * k];
    problem.curvature_into(fitted, &mut each);
    let mut rows: Vec<f64> = each
        .chunks_exact(k)
        .map(|row| row.iter().copied().fold(0.0, f64::max))
        .collect();
    if problem.loss_of().is_quadratic() {
        return rows.iter().any(|c| *c != 1.0).then_some(rows);
    }
    let largest = rows.iter().copied().fold(0.0, f64::max);
    let least = LEAST_CURVATURE * problem.join_largest(largest);
    for c in &mut rows {
        *c = c.max(least);
    }
    Some(rows)
}
