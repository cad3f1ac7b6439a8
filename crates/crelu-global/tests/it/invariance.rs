//! What must not change the objective of global training.

use crelu_global::GlobalProblem;
use faer::Mat;

use crate::problems::{best, problem, teacher};

/// The stop rule leaves a few 1e-5.
const SAME: f64 = 1e-4;
/// The spread over seeds.
const SPREAD: f64 = 2e-3;

fn objective(problem: &GlobalProblem) -> f64 {
    best(problem, 0).best_objective
}

#[test]
fn train_is_the_same_for_other_row_orders_rotations_and_units() {
    for seed in testkit::seeds(0..3) {
        let (data, target) = teacher(100, 3, 50 + seed);
        let problem = problem(&data, &target, 0.05);
        let want = objective(&problem);
        let beta = problem.beta_sum();
        let same = |what: &str, data: Mat<f64>, target: Vec<f64>, beta: f64| {
            let got = objective(&GlobalProblem::new(data, target, beta).unwrap());
            assert!(
                (got - want).abs() <= SAME * want,
                "seed {seed}, {what}: {got} against {want}"
            );
        };
        let n = data.ncols();
        let order = |i: usize| (i * 37 + 11) % n;
        same(
            "row order",
            Mat::from_fn(3, n, |k, i| data[(k, order(i))]),
            (0..n).map(|i| target[order(i)]).collect(),
            beta,
        );
        // a reflection followed by another is a rotation
        let reflect = |data: &Mat<f64>, h: [f64; 3]| {
            let square: f64 = h.iter().map(|v| v * v).sum();
            Mat::from_fn(3, n, |k, i| {
                let along: f64 = (0..3).map(|c| h[c] * data[(c, i)]).sum();
                data[(k, i)] - 2.0 * along * h[k] / square
            })
        };
        let rotated = reflect(&reflect(&data, [1.0, 2.0, -0.5]), [0.3, -1.0, 1.0]);
        same("rotation", rotated, target.clone(), beta);
        let scaled = Mat::from_fn(3, n, |k, i| 250.0 * data[(k, i)]);
        same("units of the inputs", scaled, target.clone(), 250.0 * beta);
    }
}

#[test]
fn train_with_other_seeds_ends_near_the_same_objective() {
    let (data, target) = teacher(150, 6, 60);
    let problem = problem(&data, &target, 0.01);
    let values: Vec<f64> = (0..10)
        .map(|seed| best(&problem, seed).best_objective)
        .collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    assert!(high <= (1.0 + SPREAD) * low, "{values:?}");
    let again = best(&problem, 3);
    assert_eq!(again.best, best(&problem, 3).best);
}
