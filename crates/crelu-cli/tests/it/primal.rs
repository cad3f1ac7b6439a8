//! `--primal`, `--form`, `--backend`, `--nystrom-rank`: one optimum, whatever solves the system.

use serde_json::Value;

use crate::program::{Workplace, data, rings};

const METHODS: [&str; 7] = [
    "auto",
    "cholesky",
    "cg",
    "pcg-jacobi",
    "pcg-nystrom",
    "rbcd",
    "block-exact",
];

/// The report of a sampled fit that must converge.
fn fitted(here: &Workplace, table: &str, tol: &str, options: &[&str]) -> Value {
    let fixed = [
        "fit",
        table,
        "--train",
        "sampled",
        "--patterns",
        "25",
        "--tol",
        tol,
        "--out",
        "m",
        "--report",
        "r.json",
        "--quiet",
    ];
    here.run_to(0, &[&fixed[..], options].concat());
    here.report("r.json")
}

/// All values lie within the tolerance of one another, and every bound below every value.
fn assert_agree(reports: &[(String, Value)]) {
    let number = |report: &Value, key: &str| report[key].as_f64().unwrap();
    let low = reports.iter().map(|(_, r)| number(r, "dual_bound"));
    let low = low.fold(0.0, f64::max);
    for (what, report) in reports {
        let value = number(report, "objective_convex");
        // each is within its tolerance of its own bound, which is at most the optimum
        let tol = number(&report["settings"], "tol");
        assert!(
            value >= low * (1.0 - 1e-9) && value <= low * (1.0 + 1.1 * tol),
            "{what}: {value}, best bound {low}"
        );
    }
}

#[test]
fn every_primal_and_splitting_reaches_one_optimum_on_breast_cancer() {
    let here = Workplace::new();
    let table = data("breast_cancer.csv");
    let mut reports = Vec::new();
    for method in METHODS {
        for (splitting, precision) in [
            ("two-block", "f64"),
            ("two-block", "f32"),
            ("three-block", "f32"),
        ] {
            if splitting == "three-block" && matches!(method, "rbcd" | "block-exact") {
                // many thousand sweeps: the small programmes of crelu-model cover it
                continue;
            }
            // the three-block form takes some thousand iterations to 1e-2 here
            let tol = if splitting == "three-block" {
                "2e-2"
            } else {
                "1e-3"
            };
            let report = fitted(
                &here,
                &table,
                tol,
                &[
                    "--beta-frac",
                    "0.1",
                    "--primal",
                    method,
                    "--splitting",
                    splitting,
                    "--precision",
                    precision,
                ],
            );
            let what = format!("{method}, {splitting}, {precision}");
            let primal = &report["primal"];
            if method != "auto" {
                assert_eq!(primal["method"], method, "{what}");
            }
            assert_eq!(primal["splitting"], splitting, "{what}");
            assert_eq!(primal["backend"], "faer", "{what}");
            let direct = primal["method"] == "cholesky";
            assert_eq!(primal["inner_iterations"] == 0, direct, "{what}: {primal}");
            assert!(primal["reason"].as_str().unwrap().len() > 20, "{what}");
            reports.push((what, report));
        }
    }
    assert_agree(&reports);
}

#[test]
fn both_backends_reach_one_optimum_on_the_demonstrations_images_and_on_breast_cancer() {
    let here = Workplace::new();
    let images = data("fashion/train-images-idx3-ubyte.gz");
    let labels = data("fashion/train-labels-idx1-ubyte.gz");
    let cancer = data("breast_cancer.csv");
    for (table, more) in [
        (&images, &["--labels", labels.as_str()][..]),
        (&cancer, &[][..]),
    ] {
        let mut reports = Vec::new();
        for method in ["cholesky", "cg", "pcg-jacobi", "pcg-nystrom"] {
            for (backend, precision) in [("faer", "f64"), ("faer", "f32"), ("nalgebra", "f64")] {
                let fixed = ["--beta-frac", "0.1", "--primal", method];
                let how = ["--backend", backend, "--precision", precision];
                let report = fitted(&here, table, "1e-2", &[&fixed[..], &how, more].concat());
                assert_eq!(report["primal"]["backend"], backend);
                reports.push((format!("{table}, {method}, {backend}, {precision}"), report));
            }
        }
        assert_agree(&reports);
    }
}

#[test]
fn both_backends_and_every_form_reach_one_optimum() {
    let here = Workplace::new();
    here.put("rings.csv", rings(80, 3, 41));
    let mut reports = Vec::new();
    for (method, forms) in [
        ("cholesky", &["kernel", "gram", "full"][..]),
        ("cg", &["kernel", "reduced", "full"]),
        ("pcg-jacobi", &["kernel", "reduced", "full"]),
        ("pcg-nystrom", &["kernel", "reduced", "full"]),
        ("rbcd", &["reduced", "full"]),
    ] {
        for form in forms {
            let report = fitted(
                &here,
                "rings.csv",
                "1e-3",
                &["--primal", method, "--form", form],
            );
            assert_eq!(report["primal"]["form"], *form, "{method}");
            assert_eq!(report["settings"]["form"], *form, "{method}");
            reports.push((format!("{method}, {form}"), report));
        }
    }
    for method in ["auto", "cholesky", "cg", "pcg-nystrom"] {
        let report = fitted(
            &here,
            "rings.csv",
            "1e-3",
            &["--primal", method, "--backend", "nalgebra"],
        );
        assert_eq!(report["primal"]["backend"], "nalgebra", "{method}");
        assert_eq!(report["settings"]["backend"], "nalgebra", "{method}");
        reports.push((format!("{method}, nalgebra"), report));
    }
    let report = fitted(
        &here,
        "rings.csv",
        "1e-3",
        &["--primal", "pcg-nystrom", "--nystrom-rank", "7"],
    );
    let reason = report["primal"]["reason"].as_str().unwrap();
    assert!(reason.contains("rank 7 as asked"), "{reason}");
    reports.push(("rank 7".to_owned(), report));
    assert_agree(&reports);
}

#[test]
fn combination_that_does_not_exist_is_one_line_that_names_the_option() {
    let here = Workplace::new();
    here.put("rings.csv", rings(30, 2, 42));
    for (args, option) in [
        (&["--primal", "cg", "--form", "gram"][..], "--form"),
        (&["--primal", "rbcd", "--form", "kernel"], "--form"),
        (&["--primal", "cholesky", "--form", "reduced"], "--form"),
        (&["--primal", "rbcd", "--backend", "nalgebra"], "--backend"),
        (&["--primal", "magic"], "--primal"),
        (&["--form", "tall"], "--form"),
        (&["--nystrom-rank", "0"], "--nystrom-rank"),
    ] {
        let run = here.run(&[&["fit", "rings.csv", "--train", "sampled"], args].concat());
        let line = run.complaint();
        assert!(line.contains(option), "{args:?}: {line}");
    }
    assert_eq!(here.names(), ["rings.csv"]);
}
