//! The parts of global training, each alone.

use std::sync::atomic::AtomicBool;

use crelu_global::{
    Lbfgs, Neurons, SearchSize, Searcher, correct, correct_weights, merge, prices, search, slide,
    thin, thin_to,
};
use faer::Mat;
use linalg_core::Control;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::problems::{best, problem, teacher};

/// Rounding of sums of some hundred terms.
const ROUNDING: f64 = 1e-10;

fn normals(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..count)
        .map(|_| StandardNormal.sample(&mut rng))
        .collect()
}

fn random_neurons(rank: usize, count: usize, seed: u64) -> Neurons {
    let mut out = Neurons::none(rank);
    let numbers = normals(rank * count, seed);
    for (i, u) in numbers.chunks(rank).enumerate() {
        out.push(
            u,
            if i % 2 == 0 { 1.0 } else { -1.0 },
            0.1 * (1 + i % 5) as f64,
        );
    }
    out
}

#[test]
fn correct_meets_the_optimality_conditions_with_dependent_columns_too() {
    for seed in testkit::seeds(0..20) {
        let (n, m) = (15, 40);
        let numbers = normals(n * m, seed);
        let features = Mat::from_fn(n, m, |i, j| {
            // every eighth column repeats another
            numbers[i + n * if j % 8 == 7 { j - 1 } else { j }].max(0.0)
        });
        let gram = features.transpose() * &features;
        let y = normals(n, 1000 + seed);
        let along: Vec<f64> = (0..m)
            .map(|j| (0..n).map(|i| features[(i, j)] * y[i]).sum())
            .collect();
        let penalty: Vec<f64> = (0..m).map(|j| 0.05 * (1 + j % 3) as f64).collect();
        let start: Vec<f64> = normals(m, 2000 + seed);
        let corrected = correct(gram.as_ref(), &along, &penalty, &start, &Control::default());
        let cold = correct(
            gram.as_ref(),
            &along,
            &penalty,
            &vec![0.0; m],
            &Control::default(),
        );
        assert!(corrected.kkt < 1e-9, "seed {seed}: {}", corrected.kkt);
        let value = |c: &[f64]| {
            let quadratic: f64 = (0..m)
                .map(|i| (0..m).map(|j| c[i] * gram[(i, j)] * c[j]).sum::<f64>())
                .sum();
            0.5 * quadratic + (0..m).map(|j| (penalty[j] - along[j]) * c[j]).sum::<f64>()
        };
        for j in 0..m {
            let slope = along[j]
                - penalty[j]
                - (0..m)
                    .map(|i| gram[(i, j)] * corrected.weights[i])
                    .sum::<f64>();
            let weight = corrected.weights[j];
            assert!(
                weight >= 0.0 && slope < 1e-8,
                "seed {seed}: {weight}, {slope}"
            );
            assert!(
                weight == 0.0 || slope > -1e-8,
                "seed {seed}: {weight}, {slope}"
            );
        }
        let (warm, cold) = (value(&corrected.weights), value(&cold.weights));
        assert!((warm - cold).abs() < 1e-8, "seed {seed}: {warm}, {cold}");
    }
}

#[test]
fn correct_halted_is_no_worse_than_its_start() {
    let (n, m) = (700, 600);
    let numbers = normals(n * m, 3);
    let features = Mat::from_fn(n, m, |i, j| numbers[i + n * j].max(0.0));
    let gram = features.transpose() * &features;
    let y = normals(n, 4);
    let along: Vec<f64> = (0..m)
        .map(|j| (0..n).map(|i| features[(i, j)] * y[i]).sum())
        .collect();
    let (penalty, start) = (vec![5.0; m], vec![0.1; m]);
    let value = |c: &[f64]| {
        let c = faer::Col::from_fn(m, |i| c[i]);
        let linear: f64 = (0..m).map(|j| (penalty[j] - along[j]) * c[j]).sum();
        0.5 * (c.transpose() * &gram * &c) + linear
    };
    let halted = AtomicBool::new(true);
    let (now, later) = (Control::default().interrupt(&halted), Control::default());
    let cut = correct(gram.as_ref(), &along, &penalty, &start, &now);
    let whole = correct(gram.as_ref(), &along, &penalty, &start, &later);
    assert!(cut.changes < whole.changes && cut.kkt > whole.kkt);
    assert!(cut.weights.iter().all(|w| *w >= 0.0));
    assert!(value(&cut.weights) <= value(&start));
    assert!(value(&whole.weights) < value(&cut.weights));
}

#[test]
fn correct_of_no_column_is_empty() {
    let corrected = correct(
        Mat::zeros(0, 0).as_ref(),
        &[],
        &[],
        &[],
        &Control::default(),
    );
    assert!(corrected.weights.is_empty());
}

#[test]
fn merge_keeps_the_outputs_and_does_not_raise_the_objective() {
    let (data, target) = teacher(30, 2, 5);
    let problem = problem(&data, &target, 0.1);
    let mut neurons = random_neurons(2, 200, 6);
    let (before, fitted) = (neurons.objective(&problem), neurons.fitted(&problem));
    let gone = merge(&problem, &mut neurons);
    assert!(gone > 0 && neurons.len() == 200 - gone);
    assert!(neurons.objective(&problem) <= before * (1.0 + ROUNDING));
    for (a, b) in fitted.iter().zip(neurons.fitted(&problem)) {
        assert!((a - b).abs() < ROUNDING * (1.0 + a.abs()), "{a}, {b}");
    }
    assert_eq!(merge(&problem, &mut neurons), 0);
}

#[test]
fn correct_weights_and_slide_lower_the_objective() {
    let (data, target) = teacher(200, 5, 7);
    let problem = problem(&data, &target, 0.02);
    let mut neurons = random_neurons(5, 30, 8);
    let before = neurons.objective(&problem);
    let dropped = neurons.clone();
    correct_weights(&problem, &mut neurons, &Control::default());
    let middle = neurons.objective(&problem);
    assert!(middle < before, "{before}, {middle}");
    // the optimality conditions of a lasso: what is in use costs the penalty, the rest no more
    let theta = problem.theta(&neurons.fitted(&problem));
    let in_use = prices(&problem, &theta, &neurons);
    assert!(in_use.iter().all(|p| (p - 1.0).abs() < 1e-8), "{in_use:?}");
    let all = prices(&problem, &theta, &dropped);
    assert!(all.iter().all(|p| *p < 1.0 + 1e-8), "{all:?}");
    let fall = slide(&problem, &mut neurons, 30, &Control::default()).fall;
    let after = neurons.objective(&problem);
    assert!(fall > 0.0 && (middle - after - fall).abs() < 1e-9 * before);
}

#[test]
fn lbfgs_solves_a_quadratic_and_a_kink() {
    let mut x = vec![5.0, -3.0, 2.0];
    let mut quadratic = |x: &[f64], g: &mut [f64]| {
        let scales = [1.0, 100.0, 10000.0];
        (0..3).for_each(|k| g[k] = scales[k] * x[k]);
        (0..3).map(|k| 0.5 * scales[k] * x[k] * x[k]).sum()
    };
    let ended = Lbfgs::new(3).minimise(&mut quadratic, &mut x, 100, &mut |_| true);
    assert!(ended.value < 1e-12, "{ended:?}");
    let mut x = vec![2.0, 1.5];
    let mut kink = |x: &[f64], g: &mut [f64]| {
        (g[0], g[1]) = (x[0].signum(), 2.0 * x[1]);
        x[0].abs() + x[1] * x[1]
    };
    let ended = Lbfgs::new(2).minimise(&mut kink, &mut x, 200, &mut |_| true);
    assert!(ended.value < 1e-3, "{ended:?}");
}

#[test]
fn search_prices_are_those_of_the_neurons_it_finds() {
    let (data, target) = teacher(300, 4, 9);
    let problem = problem(&data, &target, 0.05);
    let neurons = random_neurons(4, 3, 10);
    let theta = problem.theta(&neurons.fitted(&problem));
    let size = SearchSize {
        ascents: 60,
        steps: 60,
        keep: 5,
        rows: Some(100),
        broad: false,
    };
    let searcher = Searcher { seed: 3, round: 4 };
    let found = search(
        &problem,
        &theta,
        &neurons,
        size,
        1.0,
        searcher,
        &Control::default(),
    );
    assert_eq!(found.ascents, 120);
    assert!(!found.found.is_empty() && found.found.len() <= 10);
    for i in 0..found.found.len() {
        let u = found.found.direction(i);
        let price: f64 = (0..300)
            .map(|j| {
                let h: f64 = (0..4).map(|k| u[k] * data[(k, j)]).sum();
                theta[j] * h.max(0.0)
            })
            .sum();
        let price = found.found.signs()[i] * price / problem.beta_sum();
        assert!((price - found.prices[i]).abs() < 1e-9 * price, "{price}");
        assert!(price > 1.0 && price <= found.max_price * (1.0 + 1e-12));
    }
    let own = prices(&problem, &theta, &neurons);
    assert!(own.iter().all(|p| *p <= found.max_price * (1.0 + 1e-12)));
}

#[test]
fn search_bound_is_below_the_objective_and_tight_at_the_optimum() {
    let (data, target) = teacher(60, 3, 11);
    let problem = problem(&data, &target, 0.1);
    let trained = best(&problem, 0);
    let theta = problem.theta(&trained.best.fitted(&problem));
    let bound = problem.search_bound(&theta, trained.max_price.unwrap());
    assert!(bound <= trained.best_objective && bound > 0.998 * trained.best_objective);
    assert!(problem.search_bound(&theta, 2.0) < bound);
    let nothing = problem.search_bound(&[0.0; 60], 0.0);
    assert!(nothing.abs() < f64::MIN_POSITIVE);
}

#[test]
fn thin_stays_within_its_limit_and_thin_to_within_its_number() {
    let (data, target) = teacher(200, 6, 12);
    let problem = problem(&data, &target, 0.01);
    let trained = best(&problem, 0);
    let mut last = trained.best.len();
    for epsilon in [1e-3, 1e-2, 1e-1] {
        let thinned = thin(&problem, &trained.best, epsilon, &Control::default());
        let objective = thinned.neurons.objective(&problem);
        assert!(objective <= (1.0 + epsilon) * trained.best_objective);
        assert!(thinned.neurons.len() <= last, "{epsilon}");
        last = thinned.neurons.len();
        let (first, end) = (thinned.frontier[0], thinned.frontier.last().unwrap());
        assert_eq!(first.neurons, trained.best.len());
        assert_eq!(end.neurons, last);
    }
    assert!(last < trained.best.len() / 2);
    for most in [1, 4, 10] {
        let few = thin_to(&problem, &trained.best, most, &Control::default());
        assert!(few.neurons.len() <= most);
        assert!(few.objective >= trained.best_objective * (1.0 - ROUNDING));
    }
}

#[test]
fn problem_flops_are_those_of_the_products() {
    let (data, target) = teacher(90, 4, 17);
    let problem = problem(&data, &target, 0.1);
    let neurons = random_neurons(4, 6, 18);
    let begun = problem.flops();
    let _ = neurons.objective(&problem);
    assert_eq!(problem.flops() - begun, 2 * 90 * 4 * 6);
    // images, and their Gram matrix
    correct_weights(&problem, &mut neurons.clone(), &Control::default());
    assert_eq!(
        problem.flops() - begun,
        2 * (2 * 90 * 4 * 6) + 2 * 90 * 6 * 6
    );
    // a search without refinement: both products at every step, a quarter of the columns to the end
    let begun = problem.flops();
    let (ascents, steps) = (320, 100);
    let size = SearchSize {
        ascents,
        steps,
        keep: 1,
        rows: None,
        broad: false,
    };
    let theta = problem.theta(&neurons.fitted(&problem));
    let searcher = Searcher { seed: 0, round: 0 };
    let control = Control::default();
    let _ = search(&problem, &theta, &neurons, size, 1.0, searcher, &control);
    let whole = 8 * (ascents * steps * 90 * 4) as u64;
    let made = problem.flops() - begun;
    assert!(made > whole / 2 && made < whole, "{made} of {whole}");
}
