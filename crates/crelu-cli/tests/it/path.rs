//! `crelu path`, and `crelu fit` with a penalty chosen by cross-validation.

use serde_json::Value;

use crate::program::{Workplace, data, rings};

/// The means of the folds along a path.
fn means(report: &Value) -> Vec<f64> {
    let path = report["path"].as_array().unwrap();
    path.iter()
        .map(|entry| entry["cv"]["mean"].as_f64().unwrap())
        .collect()
}

#[test]
fn path_writes_the_model_at_the_penalty_that_its_rule_chooses() {
    let here = Workplace::new();
    here.put("rings.csv", rings(150, 2, 60));
    let run = here.run_to(
        0,
        &[
            "path",
            "rings.csv",
            "--betas",
            "6",
            "--folds",
            "4",
            "--plots",
            "p",
        ],
    );
    let report = here.report("rings.json");
    let path = report["path"].as_array().unwrap();
    assert_eq!(path.len(), 6);
    for key in ["beta", "objective", "neurons", "search_gap", "train", "cv"] {
        assert!(!path[0][key].is_null(), "{key}");
    }
    let cv = &report["cv"];
    assert_eq!(
        (&cv["rule"], &cv["metric"]),
        (&"1se".into(), &"accuracy".into())
    );
    assert_eq!(cv["chosen"], report["beta"]);
    let means = means(&report);
    let best = means.iter().copied().fold(0.0, f64::max);
    let of_best = means.iter().position(|mean| *mean == best).unwrap();
    let se = path[of_best]["cv"]["se"].as_f64().unwrap();
    let first = means
        .iter()
        .position(|mean| best - mean <= se * (1.0 + 1e-6))
        .unwrap();
    assert_eq!(cv["chosen"], path[first]["beta"]);
    // the model is that of the chosen penalty
    assert!(
        here.run_to(0, &["info", "rings.safetensors"])
            .out
            .contains("beta")
    );
    // a line for every penalty, the chosen one marked, and how the choice was made
    assert_eq!(
        run.out
            .lines()
            .filter(|line| line.starts_with("* "))
            .count(),
        1
    );
    for text in [
        "of beta_max",
        "accuracy (se)",
        "chosen from 6 by 4 folds",
        "--beta-frac",
    ] {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
    let seconds = report["seconds"].as_object().unwrap();
    let total = seconds["total"].as_f64().unwrap();
    let parts: f64 = seconds.values().map(|part| part.as_f64().unwrap()).sum();
    assert!((parts - 2.0 * total).abs() <= 0.02 * total, "{seconds:?}");
    for (name, texts) in [
        (
            "p/path.svg",
            &["Neurons", "objective J", "proven gap", "chosen, rule 1se"][..],
        ),
        (
            "p/path_score.svg",
            &["4 folds", "standard error", "accuracy"],
        ),
    ] {
        let drawn = here.text(name);
        for text in texts {
            assert!(drawn.contains(text), "{name}: {text}");
        }
    }
}

#[test]
fn path_of_given_penalties_tries_those() {
    let here = Workplace::new();
    let table = data("diabetes.csv");
    let args = [
        "path", &table, "--betas", "1,40,8", "--folds", "2", "--rule", "small", "--out", "m",
    ];
    here.run_to(0, &[&args[..], &["--no-prove", "--quiet"]].concat());
    let report = here.report("m.json");
    let betas = report["path"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["beta"].clone());
    assert_eq!(betas.collect::<Vec<_>>(), [40.0, 8.0, 1.0]);
    assert_eq!(report["cv"]["rule"], "small");
    assert_eq!(report["cv"]["metric"], "r2");
    assert_eq!(report["settings"]["betas"], 3);
}

#[test]
fn fit_with_beta_cv_says_in_a_line_what_it_chose_and_is_the_same_on_any_threads() {
    let here = Workplace::new();
    here.put("rings.csv", rings(90, 3, 61));
    let args = [
        "fit",
        "rings.csv",
        "--beta",
        "cv",
        "--metric",
        "loss",
        "--no-prove",
    ];
    let one = here.run_to(
        0,
        &[&args[..], &["--threads", "1", "--out", "one"]].concat(),
    );
    here.run_to(
        0,
        &[&args[..], &["--threads", "3", "--out", "three", "--quiet"]].concat(),
    );
    here.run_to(
        0,
        &[&args[..], &["--threads", "1", "--out", "again", "--quiet"]].concat(),
    );
    assert_eq!(here.bytes("one"), here.bytes("again"));
    let (one_report, three) = (here.report("one.json"), here.report("three.json"));
    assert_eq!(one_report["path"].as_array().unwrap().len(), 10);
    assert_eq!(one_report["cv"], three["cv"]);
    let apart = means(&one_report).into_iter().zip(means(&three));
    for (a, b) in apart {
        assert!((a - b).abs() <= 1e-6, "{a} {b}");
    }
    // it is what happens without a penalty
    let args = ["fit", "rings.csv", "--metric", "loss", "--no-prove"];
    let rest = ["--quiet", "--threads", "1", "--out", "default"];
    here.run_to(0, &[&args[..], &rest].concat());
    assert_eq!(here.bytes("one"), here.bytes("default"));
    let line = one
        .out
        .lines()
        .find(|line| line.starts_with("beta:"))
        .unwrap();
    for text in [
        "chosen from 10 by 5 folds: loss",
        "(rule 1se)",
        "--beta-frac 0.02 skips this",
    ] {
        assert!(line.contains(text), "{line}");
    }
}

#[test]
fn path_of_sampled_and_gated_networks_has_a_choice_too() {
    let here = Workplace::new();
    here.put("rings.csv", rings(80, 2, 62));
    for (name, how) in [
        ("s", ["--train", "sampled"]),
        ("g", ["--activation", "gated"]),
    ] {
        let args = [
            "path",
            "rings.csv",
            "--betas",
            "4",
            "--folds",
            "3",
            "--patterns",
            "20",
        ];
        here.run_to(0, &[&args[..], &how, &["--out", name, "--quiet"]].concat());
        let report = here.report(&format!("{name}.json"));
        let path = report["path"].as_array().unwrap();
        assert_eq!(path.len(), 4);
        assert!(path[0]["search_gap"].is_null() && path[0]["programme_gap"].is_number());
        assert_eq!(report["cv"]["chosen"], report["beta"]);
    }
}

#[test]
fn path_without_folds_says_why_and_takes_the_plain_penalty() {
    let here = Workplace::new();
    here.put("rare.csv", "x,y\n0,a\n1,b\n2,b\n3,b\n4,b\n");
    here.put("one.csv", "x,y\n2,5\n");
    here.put("torn.csv", "x,y\n1,a\n1,b\n2,a\n2,b\n");
    here.put("few.csv", "x,y\n0,a\n1,b\n2,a\n3,b\n4,a\n5,b\n6,b\n");
    for (table, says) in [
        (
            "rare",
            "no folds, since class 'a' has 1 row: --beta-frac 0.02 is taken",
        ),
        (
            "one",
            "no folds, since the data have 1 row: --beta-frac 0.02 is taken",
        ),
    ] {
        let file = format!("{table}.csv");
        let task: &[&str] = if table == "one" {
            &["--task", "regress"]
        } else {
            &[]
        };
        let chosen = here.run_to(
            0,
            &[&["fit", &file, "--beta", "cv", "--out", "m"], task].concat(),
        );
        assert!(chosen.err.contains(says), "{chosen:?}");
        here.run_to(
            0,
            &[&["fit", &file, "--beta-frac", "0.02", "--out", "n"], task].concat(),
        );
        assert_eq!(here.bytes("m"), here.bytes("n"));
        let report = here.report("m.json");
        assert!(report["path"].is_null() && report["cv"].is_null());
        let path = here.run_to(0, &[&["path", &file, "--out", "p"], task].concat());
        assert!(path.err.contains(says), "{path:?}");
    }
    let torn = here.run_to(0, &["fit", "torn.csv", "--beta", "cv"]);
    assert!(torn.out.contains("beta_max is 0"), "{torn:?}");
    let few = here.run_to(0, &["fit", "few.csv", "--beta", "cv"]);
    assert!(
        few.err.contains("3 folds, since class 'a' has 3 rows"),
        "{few:?}"
    );
    assert_eq!(here.report("few.json")["cv"]["folds"], 3);
}

#[test]
fn path_at_a_limit_leaves_a_model_and_exit_code_2() {
    let here = Workplace::new();
    here.put("rings.csv", rings(1200, 8, 63));
    let args = [
        "path",
        "rings.csv",
        "--betas",
        "200",
        "--no-prove",
        "--time-limit",
        "1.5",
    ];
    let run = here.run_to(2, &args);
    let report = here.report("rings.json");
    assert_eq!(report["status"], "time_limit");
    assert!(!report["path"].as_array().unwrap().is_empty());
    assert!(
        run.err.contains("a limit came before the choice"),
        "{run:?}"
    );
    assert!(report["objective_network"].as_f64().unwrap() < 0.5);
    assert_eq!(
        here.predictions("rings.safetensors", "rings.csv").len(),
        1200
    );
}

#[test]
fn path_options_that_do_not_go_together_are_one_line() {
    let here = Workplace::new();
    here.put("rings.csv", rings(30, 2, 64));
    for (args, says) in [
        (&["path", "rings.csv", "--beta", "1"][..], "--betas B1,B2"),
        (
            &["path", "rings.csv", "--beta-frac", "0.1"],
            "--betas B1,B2",
        ),
        (
            &["fit", "rings.csv", "--beta", "1", "--folds", "3"],
            "--folds: belongs to --beta cv",
        ),
        (
            &["fit", "rings.csv", "--beta-frac", "1", "--rule", "best"],
            "--rule: belongs",
        ),
        (&["path", "rings.csv", "--betas", "1"], "--betas"),
        (&["path", "rings.csv", "--folds", "1"], "--folds"),
        (&["path", "rings.csv", "--rule", "2se"], "best, 1se, small"),
        (
            &["path", "rings.csv", "--metric", "r2"],
            "--metric: labels are scored by",
        ),
        (&["fit", "rings.csv", "--beta", "CV"], "or cv"),
    ] {
        let run = here.run(args);
        assert!(run.complaint().contains(says), "{args:?}: {run:?}");
    }
    assert_eq!(here.names(), ["rings.csv"]);
    assert!(here.run_to(0, &["path", "--help"]).out.contains("--betas"));
}
