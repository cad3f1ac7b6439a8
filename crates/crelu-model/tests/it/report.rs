//! What the report says of itself: its keys, its seconds, its scores.

use core::sync::atomic::{AtomicU64, Ordering};

use crelu_model::{
    Activation, Coded, Control, Fit, FitSettings, LossKind, Prove, Score, ScoreKind, Targets,
    TrainMode, fit,
};
use serde_json::Value;

use crate::data::{class_set, regression_set};

/// The keys that every report has, whatever was trained.
const KEYS: [&str; 39] = [
    "status",
    "n",
    "d",
    "outputs",
    "patterns",
    "neurons",
    "beta",
    "loss",
    "activation",
    "train_mode",
    "seed",
    "version",
    "primal",
    "objective_network",
    "objective_convex",
    "dual_bound",
    "gap",
    "cone_violation",
    "programme_gap",
    "best_objective",
    "max_price",
    "ascents",
    "search_gap",
    "frontier",
    "path",
    "cv",
    "proven_bound",
    "proven_gap",
    "proof",
    "iterations",
    "seconds",
    "work",
    "train",
    "test",
    "history",
    "settings",
    // of parts
    "/primal/method",
    "/primal/inner_iterations",
    "/seconds/polish",
];
const HISTORY: [&str; 16] = [
    "iteration",
    "seconds",
    "objective_network",
    "dual_bound",
    "gap",
    "neurons",
    "flops",
    "max_price",
    "search_gap",
    "proven_bound",
    "train_loss",
    "train_accuracy",
    "train_r2",
    "test_loss",
    "test_accuracy",
    "test_r2",
];
/// Seconds that no phase names, as a share of all.
const UNNAMED: f64 = 0.02;

/// A fit on a clock that a look moves by a second.
fn run(classes: bool, settings: FitSettings) -> Fit {
    let data = match classes {
        true => class_set(3, 60, 3),
        false => regression_set(3, 60, 3),
    };
    let looks = AtomicU64::new(0);
    let clock = || looks.fetch_add(1, Ordering::Relaxed) as f64;
    let control = Control::with_clock(&clock);
    let settings = settings.beta_frac(0.05).check().unwrap();
    fit(&data, None, &settings, &control, &mut ()).unwrap()
}

fn json(fit: &Fit) -> Value {
    serde_json::to_value(&fit.report).unwrap()
}

fn modes() -> [(&'static str, FitSettings); 4] {
    let base = crate::data::squared().max_iters(12);
    [
        ("global", base.clone()),
        ("global, unproven", base.clone().prove(Prove::Never)),
        ("sampled", base.clone().train(TrainMode::Sampled)),
        ("gated", base.activation(Activation::Gated)),
    ]
}

#[test]
fn report_has_every_key_in_every_mode() {
    for (name, settings) in modes() {
        for classes in [true, false] {
            let report = json(&run(classes, settings.clone()));
            for key in KEYS {
                let there = match key.starts_with('/') {
                    true => report.pointer(key).is_some(),
                    false => report.get(key).is_some(),
                };
                assert!(there, "{name}: {key}");
            }
            let history = report["history"].as_array().unwrap();
            assert!(!history.is_empty(), "{name}");
            for (entry, key) in history.iter().flat_map(|e| HISTORY.map(|key| (e, key))) {
                assert!(entry.get(key).is_some(), "{name}: history: {key}");
            }
            let global = name.starts_with("global");
            assert_eq!(report["train_mode"] == "global", global, "{name}");
            for key in ["best_objective", "frontier", "search_gap", "max_price"] {
                assert_eq!(report[key].is_null(), !global, "{name}: {key}");
            }
            // no certificate is made while neurons are generated
            assert_eq!(history[0]["dual_bound"].is_null(), global, "{name}");
            assert!(
                report["test"].is_null() && report["path"].is_null(),
                "{name}"
            );
            let score = report["train"].as_object().unwrap();
            let kind = if classes { "brier" } else { "r2" };
            assert!(
                score.contains_key(kind) && score["loss"].is_number(),
                "{name}"
            );
        }
    }
}

#[test]
fn report_of_no_solve_names_none() {
    // at three times the threshold the zero network is all there is
    let data = regression_set(3, 30, 3);
    let settings = crate::data::squared().beta_frac(3.0).check().unwrap();
    let fit = fit(&data, None, &settings, &Control::default(), &mut ()).unwrap();
    let primal = &json(&fit)["primal"];
    for key in ["method", "form", "splitting", "precision"] {
        assert!(primal[key].is_null(), "{key}: {primal}");
    }
    assert_eq!(primal["inner_iterations"], 0);
    assert_eq!(primal["backend"], "faer");
}

#[test]
fn seconds_of_the_phases_add_up() {
    for (name, settings) in modes() {
        let seconds = run(false, settings).report.seconds;
        let unnamed = (seconds.total - seconds.parts()).abs();
        // the look at the end itself, and one before each proof
        assert!(
            unnamed <= UNNAMED * seconds.total + 3.0,
            "{name}: {unnamed} of {seconds:?}"
        );
        assert!(seconds.total > 0.0 && seconds.setup > 0.0, "{name}");
    }
}

/// Two classes under the squared loss.
fn signs(values: &[f64]) -> Targets {
    Targets::new(Coded::signs(values), LossKind::Squared).unwrap()
}

#[test]
fn score_of_labels_has_the_losses_of_probabilities() {
    // of the right label 0.75, 1 and 0.4
    let score = Score::of(&[0.5, -2.0, 0.2], &signs(&[1.0, -1.0, -1.0]));
    let ScoreKind::Labels {
        accuracy,
        log_loss,
        brier,
    } = score.kind
    else {
        panic!("{score:?}");
    };
    assert_eq!(accuracy, 2.0 / 3.0);
    let want = -(0.75_f64.ln() + (1.0_f64 - 1e-15).ln() + 0.4_f64.ln()) / 3.0;
    assert!((log_loss.unwrap() - want).abs() < 1e-14);
    assert!((brier.unwrap() - (0.0625 + 0.36) / 3.0).abs() < 1e-14);
    // certain and wrong: the logarithm is that of what is kept
    let wrong = Score::of(&[-1.0], &signs(&[1.0]));
    let ScoreKind::Labels { log_loss, .. } = wrong.kind else {
        panic!("{wrong:?}");
    };
    assert_eq!(log_loss, Some(-(1e-15_f64).ln()));
}
