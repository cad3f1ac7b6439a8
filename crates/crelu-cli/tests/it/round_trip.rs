//! fit, predict and info agree with each other and with the data.

use crate::program::{Workplace, data, last_column, rings, share_equal};

/// Figures of the report and of predictions are computed from the same stored weights.
const SAME: f64 = 1e-9;

#[test]
fn fit_of_a_classification_reports_what_predict_gives() {
    let here = Workplace::new();
    let table = std::fs::read_to_string(data("breast_cancer.csv")).unwrap();
    here.put("cancer.csv", &table);
    let run = here.run_to(0, &["fit", "cancer.csv"]);
    assert_eq!(
        here.names(),
        ["cancer.csv", "cancer.json", "cancer.safetensors"]
    );
    assert!(run.out.contains("guessed"), "{}", run.out);
    assert!(run.out.contains("cancer.safetensors") && run.out.contains("cancer.json"));

    let report = here.report("cancer.json");
    assert_eq!(report["status"], "converged");
    assert_eq!((&report["n"], &report["d"]), (&569.into(), &31.into()));
    assert_eq!(report["settings"]["task"], "classify");
    assert_eq!(report["settings"]["task_guessed"], true);
    assert_eq!(report["settings"]["target"], "target");
    let predicted = here.predictions("cancer.safetensors", "cancer.csv");
    let accuracy = share_equal(&predicted, &last_column(&table));
    assert!(accuracy > 0.95, "{accuracy}");
    assert!((report["train"]["accuracy"].as_f64().unwrap() - accuracy).abs() < SAME);
    assert!(report["test"].is_null());

    let info = here.run_to(0, &["info", "cancer.safetensors"]).out;
    for part in ["classify", "labels 0", "relu", "mean radius", "column 31"] {
        assert!(
            info.contains(part) || info.contains(&part.replace(' ', "_")),
            "{part}: {info}"
        );
    }
}

#[test]
fn fit_of_a_regression_reports_what_predict_gives() {
    let here = Workplace::new();
    let table = std::fs::read_to_string(data("diabetes.csv")).unwrap();
    here.put("d.csv", &table);
    let run = here.run_to(
        0,
        &[
            "fit",
            "d.csv",
            "--out",
            "m.bin",
            "--beta-frac",
            "0.005",
            "--quiet",
        ],
    );
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    assert_eq!(here.names(), ["d.csv", "m.bin", "m.json"]);
    let report = here.report("m.json");
    let wanted: Vec<f64> = last_column(&table)
        .iter()
        .map(|t| t.parse().unwrap())
        .collect();
    let got: Vec<f64> = here
        .predictions("m.bin", "d.csv")
        .iter()
        .map(|t| t.parse().unwrap())
        .collect();
    let mean = wanted.iter().sum::<f64>() / wanted.len() as f64;
    let square: f64 = wanted.iter().zip(&got).map(|(a, b)| (a - b).powi(2)).sum();
    let spread: f64 = wanted.iter().map(|a| (a - mean).powi(2)).sum();
    let r2 = 1.0 - square / spread;
    assert!(r2 > 0.4, "{r2}");
    assert!((report["train"]["r2"].as_f64().unwrap() - r2).abs() < SAME);
    assert!(report["train"].get("accuracy").is_none());
    let refused = here.run(&["predict", "m.bin", "d.csv", "--proba"]);
    assert!(refused.complaint().starts_with("--proba"), "{refused:?}");
}

#[test]
fn fit_with_a_test_file_reports_what_predict_gives_for_it() {
    let here = Workplace::new();
    let (train, test) = (rings(200, 2, 1), rings(80, 2, 2));
    here.put("train.csv", &train);
    here.put("test.csv", &test);
    let options = ["--patterns", "30", "--beta-frac", "0.005"];
    here.run_to(
        0,
        &[&["fit", "train.csv", "--test", "test.csv"][..], &options].concat(),
    );
    let report = here.report("train.json");
    for (part, file, table) in [("train", "train.csv", &train), ("test", "test.csv", &test)] {
        let predicted = here.predictions("train.safetensors", file);
        let accuracy = share_equal(&predicted, &last_column(table));
        assert!(accuracy > 0.8, "{part}: {accuracy}");
        let reported = report[part]["accuracy"].as_f64().unwrap();
        assert!(
            (reported - accuracy).abs() < SAME,
            "{part}: {reported}, {accuracy}"
        );
    }
}

#[test]
fn fit_with_a_test_share_scores_the_rows_it_did_not_train_on() {
    let here = Workplace::new();
    here.put("rings.csv", rings(100, 2, 3));
    let args = [
        "fit",
        "rings.csv",
        "--test-frac",
        "0.3",
        "--patterns",
        "20",
        "--quiet",
    ];
    here.run_to(0, &args);
    let report = here.report("rings.json");
    assert_eq!(report["n"], 70);
    // accuracies are whole numbers of 70 and of 30 rows
    for (part, rows) in [("train", 70.0), ("test", 30.0)] {
        let right = report[part]["accuracy"].as_f64().unwrap() * rows;
        assert!((right - right.round()).abs() < SAME, "{part}: {right}");
    }
}

#[test]
fn predict_with_probabilities_gives_a_distribution_whose_larger_part_is_the_label() {
    let here = Workplace::new();
    // labels that a CSV file must quote
    let table = rings(120, 2, 4)
        .replace("outer", "\"out, \"\"er\"\"\"")
        .replace("inner", "\"in, ner\"");
    here.put("rings.csv", &table);
    here.run_to(0, &["fit", "rings.csv", "--patterns", "20", "--quiet"]);
    let args = ["predict", "rings.safetensors", "rings.csv", "--proba"];
    let printed = here.run_to(0, &args).out;
    here.run_to(0, &[&args[..], &["--out", "p.csv"]].concat());
    assert_eq!(here.text("p.csv"), printed);

    let mut lines = printed.lines();
    let header = "prediction,\"p_in, ner\",\"p_out, \"\"er\"\"\"";
    assert_eq!(lines.next(), Some(header));
    let mut labels = [0, 0];
    for line in lines {
        let mut cells = line.rsplitn(3, ',');
        let larger: f64 = cells.next().unwrap().parse().unwrap();
        let smaller: f64 = cells.next().unwrap().parse().unwrap();
        assert!(
            (smaller + larger - 1.0).abs() < SAME && smaller.min(larger) >= 0.0,
            "{line}"
        );
        let outer = larger >= smaller;
        let label = if outer {
            "\"out, \"\"er\"\"\""
        } else {
            "\"in, ner\""
        };
        assert_eq!(cells.next(), Some(label));
        labels[usize::from(outer)] += 1;
    }
    assert!(labels[0] > 0 && labels[1] > 0, "{labels:?}");
}

#[test]
fn predict_without_the_target_column_or_of_one_row_gives_the_same() {
    let here = Workplace::new();
    let table = rings(60, 3, 5);
    here.put("rings.csv", &table);
    here.run_to(0, &["fit", "rings.csv", "--patterns", "20", "--quiet"]);
    let all = here.predictions("rings.safetensors", "rings.csv");
    let bare: String = table
        .lines()
        .map(|row| format!("{}\n", row.rsplit_once(',').unwrap().0))
        .collect();
    here.put("bare.csv", &bare);
    assert_eq!(here.predictions("rings.safetensors", "bare.csv"), all);
    let mut lines = bare.lines();
    let (header, row) = (lines.next().unwrap(), lines.next().unwrap());
    here.put("one.csv", format!("{header}\n{row}\n"));
    assert_eq!(here.predictions("rings.safetensors", "one.csv"), all[..1]);
}

#[test]
fn info_into_a_pipe_that_closes_is_quiet() {
    let here = Workplace::new();
    here.put("rings.csv", rings(4000, 2, 6));
    here.run_to(0, &["fit", "rings.csv", "--patterns", "5", "--quiet"]);
    let mut child = here
        .command(&["predict", "rings.safetensors", "rings.csv"])
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

/// Targets of 30000 and some, on one feature.
fn far_from_zero(size: &str) -> String {
    let mut table = String::from("a,y\n");
    for i in 0..40 {
        let a = f64::from(i) / 8.0 - 2.0;
        let y = 30_000.0 + a.abs() + 0.25 * a;
        table.push_str(&format!("{a},{y}{size}\n"));
    }
    table
}

#[test]
fn fit_of_targets_far_from_zero_is_centred_unless_told_otherwise() {
    let here = Workplace::new();
    here.put("k.csv", far_from_zero(""));
    let run = here.run_to(
        0,
        &[
            "fit",
            "k.csv",
            "--beta-frac",
            "0.01",
            "--certificate",
            "k.cert",
        ],
    );
    assert!(run.out.contains("centre:"), "{}", run.out);
    let report = here.report("k.json");
    assert!(report["train"]["r2"].as_f64().unwrap() > 0.95);
    assert_eq!(report["settings"]["center"], true);
    let predicted = here.predictions("k.safetensors", "k.csv");
    let first: f64 = predicted[0].parse().unwrap();
    assert!((first - 30_001.5).abs() < 0.5, "{first}");
    assert!(
        here.run_to(0, &["info", "k.safetensors"])
            .out
            .contains("centred")
    );
    here.run_to(0, &["verify", "k.safetensors", "k.csv", "k.cert"]);

    // as they are: the certificate is that of other targets
    here.run(&[
        "fit",
        "k.csv",
        "--no-center",
        "--beta-frac",
        "0.01",
        "--out",
        "p.safetensors",
    ]);
    let report = here.report("p.json");
    assert_eq!(report["settings"]["center"], false);
    assert!(report["objective_network"].as_f64().unwrap() > 1e3);
    assert!(
        here.run_to(0, &["info", "p.safetensors"])
            .out
            .contains("not centred")
    );
    let refused = here.run(&["verify", "p.safetensors", "k.csv", "k.cert"]);
    assert!(refused.complaint().contains("k.cert"), "{refused:?}");
}

#[test]
fn fit_of_targets_whose_squares_vanish_says_so() {
    let here = Workplace::new();
    for size in ["e-200", "e200"] {
        here.put("k.csv", far_from_zero(size));
        let refused = here.run(&["fit", "k.csv", "--task", "regress"]);
        let line = refused.complaint();
        assert!(
            line.starts_with("k.csv") && line.contains("scale"),
            "{line}"
        );
        assert_eq!(here.names(), ["k.csv"]);
    }
}

#[test]
fn fit_of_rows_against_their_doubles_ends_at_once_with_the_zero_network() {
    let here = Workplace::new();
    let rows = ["0.5,1", "2,7", "-3,0.25"];
    let of = |label: &str| rows.map(|row| format!("{row},{label}\n")).concat();
    here.put("k.csv", format!("a,b,y\n{}{}", of("no"), of("yes")));
    for mode in ["global", "sampled"] {
        let run = here.run_to(0, &["fit", "k.csv", "--train", mode]);
        assert!(run.out.contains("beta_max is 0"), "{}", run.out);
        let report = here.report("k.json");
        assert_eq!(report["status"], "converged");
        for (key, value) in [
            ("objective_network", 0.5),
            ("dual_bound", 0.5),
            ("gap", 0.0),
        ] {
            assert_eq!(report[key], value, "{mode}: {key}");
        }
        let predicted = here.predictions("k.safetensors", "k.csv");
        assert_eq!(predicted, ["yes"; 6]);
    }
}
