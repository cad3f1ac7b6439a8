//! Global training that starts from the network of a neighbouring penalty.

use crelu_global::{GlobalProblem, GlobalSettings, Neurons, Trained, train};
use linalg_core::Control;

use crate::problems::{problem, teacher};

/// Warm and cold runs end this near to each other: the stop rule's own spread.
const SAME: f64 = 1e-3;
/// The step of a path of 20 penalties over three decades.
const STEP: f64 = 0.7;

fn run(problem: &GlobalProblem, start: Neurons) -> Trained {
    let mut settings = GlobalSettings::default();
    settings.thin = Some(0.0);
    train(
        problem,
        start,
        &settings.check().unwrap(),
        &Control::default(),
        &mut (),
    )
}

fn work(trained: &Trained) -> f64 {
    trained.work.products
}

#[test]
fn train_along_a_path_of_penalties_is_faster_warm_than_cold() {
    // how much work a run takes hangs on the last digits, up to a half: several sets, and both ways of each
    let (mut rounds, mut products) = ((0, 0), (0.0, 0.0));
    for set in 90..94 {
        let (data, target) = teacher(300, 6, set);
        let first = problem(&data, &target, 0.05);
        let betas: Vec<f64> = (0..5).map(|k| first.beta_sum() * STEP.powi(k)).collect();
        let at = |beta: f64| GlobalProblem::new(data.clone(), target.clone(), beta).unwrap();
        let cold: Vec<Trained> = betas
            .iter()
            .map(|&beta| run(&at(beta), Neurons::none(6)))
            .collect();
        for down in [true, false] {
            let order: Vec<usize> = if down {
                (0..5).collect()
            } else {
                (0..5).rev().collect()
            };
            let mut start = cold[order[0]].best.clone();
            for &k in &order[1..] {
                let warm = run(&at(betas[k]), start);
                let off = warm.best_objective / cold[k].best_objective - 1.0;
                assert!(
                    off.abs() <= SAME,
                    "set {set}, down {down}, beta {k}: {off:e}"
                );
                rounds = (rounds.0 + warm.rounds, rounds.1 + cold[k].rounds);
                products = (products.0 + work(&warm), products.1 + work(&cold[k]));
                start = warm.best;
            }
            println!("set {set}, down {down}: {rounds:?} rounds, {products:?} products so far");
        }
    }
    assert!(
        4 * rounds.0 <= 3 * rounds.1 && products.0 < products.1,
        "{rounds:?} rounds, {products:?} products, warm and cold"
    );
}
