//! What must not change the answer, and what must.

use crate::program::{Workplace, data};

/// Largest difference of predictions between numbers of threads, in target units (CONTRACT).
const THREADS_APART: f64 = 1e-6;

fn fit(here: &Workplace, model: &str, options: &[&str]) -> (Vec<u8>, Vec<f64>) {
    let table = data("diabetes.csv");
    let fixed = [
        "fit",
        &table,
        "--out",
        model,
        "--patterns",
        "30",
        "--tol",
        "1e-4",
        "--quiet",
    ];
    here.run_to(0, &[&fixed[..], options].concat());
    let values = here.predictions(model, &table);
    (
        here.bytes(model),
        values.iter().map(|v| v.parse().unwrap()).collect(),
    )
}

#[test]
fn fit_of_the_same_seed_repeats_byte_for_byte_and_of_another_does_not() {
    let here = Workplace::new();
    let options = ["--seed", "7", "--threads", "2"];
    let first = fit(&here, "a", &options);
    let again = fit(&here, "b", &options);
    assert_eq!(first, again);
    let other = fit(&here, "c", &["--seed", "8", "--threads", "2"]);
    assert_ne!(first.0, other.0);
}

#[test]
fn fit_on_one_thread_or_two_predicts_the_same() {
    let here = Workplace::new();
    for activation in ["relu", "gated"] {
        let one = fit(&here, "a", &["--activation", activation, "--threads", "1"]).1;
        let two = fit(&here, "b", &["--activation", activation, "--threads", "2"]).1;
        let apart = one.iter().zip(&two).map(|(a, b)| (a - b).abs());
        let apart = apart.fold(0.0, f64::max);
        assert!(apart <= THREADS_APART, "{activation}: {apart}");
    }
    let report = here.report("a.json");
    assert_eq!(report["settings"]["threads"], 1);
}

#[test]
fn fit_in_either_splitting_reaches_the_same_objective() {
    let here = Workplace::new();
    let mut objectives = Vec::new();
    for splitting in ["two-block", "three-block"] {
        fit(
            &here,
            splitting,
            &[
                "--train",
                "sampled",
                "--splitting",
                splitting,
                "--beta-frac",
                "0.1",
                // the three-block form needs 6400 here
                "--max-iters",
                "20000",
            ],
        );
        let report = here.report(&format!("{splitting}.json"));
        assert_eq!(report["primal"]["splitting"], splitting);
        objectives.push(report["objective_network"].as_f64().unwrap());
    }
    // both are within the tolerance of 1e-4 of the optimum
    let apart = (objectives[0] / objectives[1] - 1.0).abs();
    assert!(apart <= 1e-4, "{objectives:?}");
}
