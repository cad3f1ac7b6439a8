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

/// Rings whose rows come in groups, in a column of their own in front of the target.
fn grouped(header: bool, groups: usize) -> String {
    let text = rings(120, 2, 77);
    let mut lines = text.lines();
    let head = lines.next().unwrap();
    let mut out = String::new();
    if header {
        let (features, target) = head.rsplit_once(',').unwrap();
        out += &format!("{features},patient,{target}\n");
    }
    for (i, line) in lines.enumerate() {
        let (features, target) = line.rsplit_once(',').unwrap();
        out += &format!("{features},p{},{target}\n", i % groups);
    }
    out
}

#[test]
fn groups_are_held_out_together_and_are_no_feature() {
    let here = Workplace::new();
    here.put("g.csv", grouped(true, 12));
    here.put("bare.csv", grouped(false, 12));
    let fit = |data: &str, column: &str, args: &[&str]| {
        let all = [
            "fit", data, "--groups", column, "--betas", "3", "--out", "m",
        ];
        here.run(&[&all[..], args].concat())
    };
    let run = fit("g.csv", "patient", &["--folds", "4", "--quiet"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let report = here.report("m.json");
    assert_eq!(report["d"], 3, "two features and the bias");
    assert_eq!(report["settings"]["grouped"], true);
    assert_eq!(report["settings"]["groups"], "patient");
    assert_eq!(report["cv"]["folds"], 4);
    // with the column and without it, by name
    here.run_to(0, &["predict", "m", "g.csv"]);
    // without a header by index, and predicted with the column dropped
    let run = fit("bare.csv", "2", &["--quiet"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(here.report("m.json")["d"], 3);
    here.run_to(0, &["predict", "m", "bare.csv", "--drop", "2"]);
    // too few groups, and groups without folds
    here.put("two.csv", grouped(true, 3));
    let run = fit("two.csv", "patient", &["--folds", "4", "--quiet"]);
    let line = run.complaint();
    assert!(
        line.contains("(patient) has 3 groups for 4 folds"),
        "{line}"
    );
    here.put("one.csv", grouped(true, 1));
    let run = fit("one.csv", "patient", &["--quiet"]);
    assert!(
        run.complaint().contains("has 1 group for 2 folds"),
        "{run:?}"
    );
    let plain = [
        "fit",
        "g.csv",
        "--groups",
        "patient",
        "--beta-frac",
        "0.1",
        "--quiet",
    ];
    let run = here.run(&plain);
    assert!(run.complaint().contains("--groups"), "{run:?}");
    let run = fit("g.csv", "x0", &["--target", "x0", "--quiet"]);
    assert!(run.complaint().contains("--groups"), "{run:?}");
}

#[test]
fn early_stop_keeps_the_network_that_rows_held_out_score_best() {
    let here = Workplace::new();
    here.put("train.csv", rings(120, 2, 81));
    here.put("held.csv", rings(80, 2, 82));
    here.put("test.csv", rings(80, 2, 83));
    let fit = |args: &[&str]| {
        let all = ["fit", "train.csv", "--beta-frac", "0.0001", "--out", "m"];
        here.run(&[&all[..], args].concat())
    };
    for mode in ["global", "sampled"] {
        let early = [
            "--early-stop",
            "held.csv",
            "--patience",
            "3",
            "--metric",
            "accuracy",
        ];
        let run = fit(&[&early[..], &["--test", "test.csv", "--train", mode]].concat());
        assert_eq!(run.code, Some(0), "{mode} {run:?}");
        assert!(run.out.contains("early stop:"), "{}", run.out);
        let report = here.report("m.json");
        let stopped = &report["early_stop"];
        assert_eq!(
            (&stopped["rows"], &stopped["patience"]),
            (&80.into(), &3.into())
        );
        let history = report["history"].as_array().unwrap();
        let of = |entry: &Value| entry["test_accuracy"].as_f64();
        let scores: Vec<f64> = history.iter().filter_map(of).collect();
        let best = scores.iter().copied().fold(0.0, f64::max);
        assert_eq!(stopped["score"].as_f64(), Some(best), "{mode}");
        let first = history
            .iter()
            .position(|entry| of(entry) == Some(best))
            .unwrap();
        assert_eq!(stopped["iteration"], history[first]["iteration"], "{mode}");
        if stopped["stopped"] == true {
            // three more, and none was better; a solve that is stopped is looked at once more
            let after = scores.len() - first - 1;
            assert!(after == 3 || after == 4, "{mode}: {after}");
        }
        // the model is that network, and the test is that of the test file
        let labels = |file: &str| {
            let out = here.run_to(0, &["predict", "m", file]).out;
            let truth = here.text(file);
            let pairs = out.lines().skip(1).zip(truth.lines().skip(1));
            let right = pairs.filter(|(label, line)| line.ends_with(label)).count();
            right as f64 / 80.0
        };
        assert!((labels("held.csv") - best).abs() < 1e-12, "{mode}");
        let test = report["test"]["accuracy"].as_f64().unwrap();
        assert!((labels("test.csv") - test).abs() < 1e-12, "{mode}");
    }
    let run = fit(&["--early-stop", "0.25", "--quiet"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let report = here.report("m.json");
    assert_eq!(
        (&report["n"], &report["early_stop"]["rows"]),
        (&90.into(), &30.into())
    );
    assert_eq!(report["early_stop"]["patience"], 10);
    assert!(report["test"].is_null());
}

#[test]
fn early_stop_that_cannot_be_is_one_line() {
    let here = Workplace::new();
    here.put("train.csv", rings(60, 2, 84));
    here.put("odd.csv", "x0,x1,ring\n0.1,0.2,none\n");
    let fit = |args: &[&str]| {
        let run = here.run(&[&["fit", "train.csv", "--quiet"][..], args].concat());
        run.complaint().to_owned()
    };
    let single = ["--beta-frac", "0.1"];
    let early = |args: &[&str]| fit(&[&single[..], args].concat());
    assert!(fit(&["--beta", "cv", "--early-stop", "0.2"]).contains("single penalty"));
    assert!(early(&["--early-stop", "1.5"]).contains("between 0 and 1"));
    assert!(early(&["--early-stop", "none.csv"]).contains("none.csv"));
    let line = early(&["--early-stop", "odd.csv"]);
    assert!(
        line.contains("--early-stop") && line.contains("'none'"),
        "{line}"
    );
    assert!(early(&["--early-stop", "0.2", "--thin", "0.1"]).contains("--thin"));
    assert!(early(&["--early-stop", "0.2", "--metric", "r2"]).contains("--metric"));
    assert!(early(&["--patience", "3"]).contains("--early-stop"));
    assert!(early(&["--metric", "accuracy"]).contains("--metric"));
}
