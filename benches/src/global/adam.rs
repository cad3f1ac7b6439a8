use crelu_model::global::Lbfgs;
use crelu_model::{Clock, Network};
use faer::Mat;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::objective::NetworkObjective;
use crate::stopwatch::Stopwatch;

/// Neurons of the network that is trained.
pub(crate) const WIDTH: usize = 100;
/// Steps, and the first step's length; it falls to 0 along a half cosine.
pub(crate) const STEPS: usize = 4000;
const FIRST_STEP: f64 = 1e-2;
const MOMENTUM: f64 = 0.9;
const SQUARES: f64 = 0.999;
const EPSILON: f64 = 1e-8;
/// L-BFGS iterations after it.
const POLISH: usize = 2000;
/// `J` is noted at every so many steps.
const NOTED: usize = 20;
/// A neuron whose `|u| |a|` is below this share of the largest one is not counted: weight decay
/// shrinks what is not used, at the rate of the step, but never to zero.
const KEPT: f64 = 1e-3;

/// What a run of full-batch Adam reached.
pub(crate) struct AdamRun {
    /// The network, of `WIDTH` neurons.
    pub(crate) network: Network,
    /// `J` before L-BFGS and after it.
    pub(crate) adam: f64,
    pub(crate) polished: f64,
    /// Seconds of the two.
    pub(crate) seconds: f64,
    pub(crate) polish_seconds: f64,
    /// Flops of the products of Adam alone.
    pub(crate) flops: f64,
    /// `(seconds, lowest J so far)`.
    pub(crate) course: Vec<(f64, f64)>,
}

/// Full-batch Adam (Kingma & Ba 2015) on [`NetworkObjective`], then L-BFGS. Input weights start from
/// `N(0, 1/width)`, output weights from `N(0, 1/WIDTH)`.
///
/// **Shapes** `inputs`: `width x n_samples`.
pub(crate) fn adam(
    inputs: &Mat<f64>,
    target: &[f64],
    beta: f64,
    steps: usize,
    seed: u64,
) -> AdamRun {
    let mut objective = NetworkObjective::new(inputs.as_ref(), target, beta, WIDTH);
    let width = inputs.nrows();
    let mut x = start(width, objective.len(), seed);
    let clock = Stopwatch::start();
    let course = descend(&mut objective, &mut x, steps, &clock);
    let seconds = clock.seconds();
    let mut gradient = vec![0.0; x.len()];
    objective.evaluate(&x, &mut gradient);
    let adam = objective.balanced(&x);

    let clock = Stopwatch::start();
    let mut polished_at = x.clone();
    Lbfgs::new(x.len()).minimise(
        &mut |x, gradient| objective.evaluate(x, gradient),
        &mut polished_at,
        POLISH,
        &mut |_| true,
    );
    let polish_seconds = clock.seconds();
    objective.evaluate(&polished_at, &mut gradient);
    let polished = objective.balanced(&polished_at);
    if polished < adam {
        x = polished_at;
    }
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let flops = objective.flops() * steps as f64;
    AdamRun {
        network: network(width, &x),
        adam,
        polished: polished.min(adam),
        seconds,
        polish_seconds,
        flops,
        course,
    }
}

/// The neurons above a share of 1e-3 of the largest.
pub(crate) fn kept(network: &Network) -> Network {
    let size = |i: usize| network.hidden.col(i).norm_l2() * network.output[i].abs();
    let largest = (0..network.output.len()).map(size).fold(0.0, f64::max);
    let kept: Vec<usize> = (0..network.output.len())
        .filter(|&i| size(i) > KEPT * largest)
        .collect();
    Network {
        hidden: Mat::from_fn(network.hidden.nrows(), kept.len(), |k, j| {
            network.hidden[(k, kept[j])]
        }),
        output: kept.iter().map(|&i| network.output[i]).collect(),
        n_outputs: 1,
        gates: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn start(width: usize, len: usize, seed: u64) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (hidden, output) = ((width as f64).sqrt(), (WIDTH as f64).sqrt());
    (0..len)
        .map(|k| {
            let normal: f64 = StandardNormal.sample(&mut rng);
            normal / if k < width * WIDTH { hidden } else { output }
        })
        .collect()
}

fn descend(
    objective: &mut NetworkObjective<'_>,
    x: &mut [f64],
    steps: usize,
    clock: &Stopwatch,
) -> Vec<(f64, f64)> {
    let zeros = || vec![0.0; x.len()];
    let (mut gradient, mut mean, mut square) = (zeros(), zeros(), zeros());
    let (mut mean_left, mut square_left) = (1.0, 1.0);
    let mut course = Vec::with_capacity(steps / NOTED + 1);
    let mut lowest = f64::INFINITY;
    for k in 0..steps {
        objective.evaluate(x, &mut gradient);
        if k % NOTED == 0 || k + 1 == steps {
            lowest = objective.balanced(x).min(lowest);
            course.push((clock.seconds(), lowest));
        }
        #[expect(clippy::cast_precision_loss, reason = "small counts")]
        let turn = core::f64::consts::PI * k as f64 / steps as f64;
        mean_left *= MOMENTUM;
        square_left *= SQUARES;
        // both corrections for the start from zero, in the step and in epsilon
        let root = (1.0 - square_left).sqrt();
        let step = 0.5 * FIRST_STEP * (1.0 + turn.cos()) * root / (1.0 - mean_left);
        let epsilon = EPSILON * root;
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                let moments = mean.iter_mut().zip(square.iter_mut());
                for ((x, g), (m, v)) in x.iter_mut().zip(&gradient).zip(moments) {
                    *m = MOMENTUM * *m + (1.0 - MOMENTUM) * g;
                    *v = SQUARES * *v + (1.0 - SQUARES) * g * g;
                    *x -= step * *m / (v.sqrt() + epsilon);
                }
            },
        );
    }
    course
}

fn network(width: usize, x: &[f64]) -> Network {
    let (u, a) = x.split_at(width * WIDTH);
    Network {
        hidden: Mat::from_fn(width, WIDTH, |k, i| u[i * width + k]),
        output: a.to_vec(),
        n_outputs: 1,
        gates: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sets;

    /// A central difference of step 1e-6 is off by 1e-12 of the third derivative and 1e-10 of
    /// rounding; no kink lies within the step.
    const DIFFERENCE_ERROR: f64 = 1e-7;
    /// Different starts end that far apart.
    const OF_REFERENCE: f64 = 0.01;

    fn point(len: usize, seed: u64) -> Vec<f64> {
        start(len / WIDTH - 1, len, seed)
    }

    #[test]
    fn objective_gradient_equals_finite_differences() {
        let set = sets::load("wine").unwrap();
        let mut objective = NetworkObjective::new(set.inputs.as_ref(), &set.target, 0.03, WIDTH);
        let x = point(objective.len(), 3);
        let mut gradient = vec![0.0; x.len()];
        objective.evaluate(&x, &mut gradient);
        let mut unused = gradient.clone();
        for k in (0..x.len()).step_by(37).chain([x.len() - 1]) {
            let mut at = |step: f64| {
                let mut moved = x.clone();
                moved[k] += step;
                objective.evaluate(&moved, &mut unused)
            };
            let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
            let error = (difference - gradient[k]).abs();
            assert!(
                error < DIFFERENCE_ERROR,
                "{k}: {difference} {}",
                gradient[k]
            );
        }
    }

    #[test]
    fn objective_balanced_is_the_objective_of_the_model() {
        let set = sets::load("diabetes").unwrap();
        let beta = 0.02;
        let mut objective = NetworkObjective::new(set.inputs.as_ref(), &set.target, beta, WIDTH);
        let x = point(objective.len(), 4);
        let mut gradient = vec![0.0; x.len()];
        let decayed = objective.evaluate(&x, &mut gradient);
        let network = network(set.inputs.nrows(), &x);
        let outputs = network.outputs(set.inputs.as_ref());
        let loss = sets::score(&outputs, &set.target, crelu_model::Task::Regress).loss;
        let want = loss + beta * network.penalty();
        assert!((objective.balanced(&x) - want).abs() < 1e-12 * want);
        // the mean of two numbers is not below the root of their product
        assert!(decayed > want);
    }

    #[test]
    fn adam_reaches_the_values_of_another_implementation() {
        // best of five runs of full-batch Adam with L-BFGS after it, in numpy, same settings
        for (name, beta, reference) in [
            ("wine class 0", 0.1429, 0.175_120_570),
            ("diabetes", 0.01077, 0.213_367_890),
        ] {
            let set = sets::load(name).unwrap();
            let run = adam(&set.inputs, &set.target, beta, STEPS, 0);
            assert!(run.polished <= run.adam, "{name}");
            let apart = run.polished / reference - 1.0;
            assert!(apart.abs() < OF_REFERENCE, "{name}: {apart}");
            let lowest = run.course.last().unwrap().1;
            assert!((lowest - run.adam).abs() < 1e-3 * run.adam, "{name}");
        }
    }
}
