//! `crelu devices` and `--backend wgpu`, on whatever adapter there is. `CRELU_GPU` says whether one must
//! be there: off, auto (the default) or require.

use serde_json::Value;

use crate::program::{Workplace, data};

/// The device reaches the host's optimum this nearly: both are within their tolerance of it.
const SAME: f64 = 1.1e-3;

/// Whether there is an adapter to test on.
fn is_there(here: &Workplace) -> bool {
    let wish = std::env::var("CRELU_GPU").unwrap_or_else(|_| "auto".to_owned());
    assert!(
        ["off", "auto", "require"].contains(&&wish[..]),
        "CRELU_GPU is {wish}"
    );
    let listed = here.run_to(0, &["devices"]).out;
    let found = listed.starts_with("0: ");
    assert!(found || wish != "require", "{listed}");
    if !found {
        println!("tests of --backend wgpu skipped: {listed}");
    }
    found && wish != "off"
}

/// The first rows of a table.
fn head(here: &Workplace, table: &str, rows: usize) {
    let text = std::fs::read_to_string(data(table)).unwrap();
    let lines: Vec<&str> = text.lines().take(rows + 1).collect();
    here.put("t.csv", lines.join("\n") + "\n");
}

fn fitted(here: &Workplace, options: &[&str]) -> Value {
    let fixed = [
        "fit", "t.csv", "--quiet", "--out", "m", "--report", "r.json",
    ];
    here.run_to(0, &[&fixed[..], options].concat());
    here.report("r.json")
}

fn number(report: &Value, key: &str) -> f64 {
    report[key].as_f64().unwrap()
}

#[test]
fn devices_lists_what_is_there_or_says_that_nothing_is() {
    let here = Workplace::new();
    let run = here.run_to(0, &["devices"]);
    assert_eq!(run.err, "");
    for (number, line) in run.out.lines().enumerate() {
        let is_adapter = line.starts_with(&format!("{number}: ")) && line.contains("MiB a binding");
        assert!(
            is_adapter || line.starts_with("no graphics adapter"),
            "{line}"
        );
    }
    assert!(!run.out.is_empty());
}

#[test]
fn sampled_fits_on_the_device_reach_the_hosts_optimum() {
    let here = Workplace::new();
    if !is_there(&here) {
        return;
    }
    head(&here, "breast_cancer.csv", 300);
    let all: &[&str] = &["cg", "pcg-jacobi", "pcg-nystrom", "rbcd"];
    // gated networks have the same steps without the pairs
    for (activation, methods) in [("relu", all), ("gated", &all[2..])] {
        let common = [
            "--train",
            "sampled",
            "--loss",
            "squared",
            "--activation",
            activation,
            "--patterns",
            "12",
            "--beta-frac",
            "0.1",
        ];
        let host = fitted(&here, &[&common[..], &["--primal", "cholesky"]].concat());
        let (best, low) = (
            number(&host, "objective_convex"),
            number(&host, "dual_bound"),
        );
        for &primal in methods {
            let on = ["--primal", primal, "--backend", "wgpu"];
            let report = fitted(&here, &[&common[..], &on].concat());
            let used = &report["primal"];
            assert_eq!(
                (used["backend"].as_str(), used["method"].as_str()),
                (Some("wgpu"), Some(primal))
            );
            assert_eq!(used["precision"], "mixed", "{used}");
            assert!(used["inner_iterations"].as_u64() > Some(0), "{used}");
            let value = number(&report, "objective_convex");
            assert!(
                value >= low * (1.0 - 1e-9) && value <= best * (1.0 + SAME),
                "{value} {best}"
            );
            let bound = number(&report, "dual_bound");
            assert!(bound <= best * (1.0 + 1e-9), "{bound} above {best}");
        }
    }
}

#[test]
fn sampled_fit_on_the_device_writes_the_same_bytes_again() {
    let here = Workplace::new();
    if !is_there(&here) {
        return;
    }
    head(&here, "breast_cancer.csv", 120);
    for primal in ["pcg-nystrom", "rbcd"] {
        let options = [
            "--train",
            "sampled",
            "--patterns",
            "7",
            "--beta-frac",
            "0.1",
            "--backend",
            "wgpu",
            "--primal",
            primal,
        ];
        fitted(&here, &options);
        let first = here.bytes("m");
        fitted(&here, &options);
        assert!(here.bytes("m") == first, "{primal}");
    }
}

#[test]
fn global_training_on_the_device_reaches_the_hosts_objective() {
    let here = Workplace::new();
    if !is_there(&here) {
        return;
    }
    head(&here, "breast_cancer.csv", 120);
    let common = [
        "--beta-frac",
        "0.1",
        "--ascents",
        "40",
        "--no-prove",
        "--loss",
    ];
    for loss in ["squared", "logistic"] {
        let host = fitted(&here, &[&common[..], &[loss]].concat());
        let on = [loss, "--backend", "wgpu"];
        let report = fitted(&here, &[&common[..], &on].concat());
        let reason = report["primal"]["reason"].as_str().unwrap();
        assert!(reason.contains("searches and slides on "), "{reason}");
        // both are within a thousandth of their best, by thinning
        let (value, want) = (
            number(&report, "objective_network"),
            number(&host, "objective_network"),
        );
        assert!(
            (value / want - 1.0).abs() <= 2.0 * SAME,
            "{loss}: {value} {want}"
        );
    }
}

#[test]
fn predictions_on_the_device_are_the_hosts() {
    let here = Workplace::new();
    if !is_there(&here) {
        return;
    }
    head(&here, "breast_cancer.csv", 200);
    let network = ["--beta-frac", "0.1", "--loss", "logistic", "--no-prove"];
    let gated = [
        "--beta-frac",
        "0.1",
        "--loss",
        "logistic",
        "--train",
        "sampled",
        "--activation",
        "gated",
        "--patterns",
        "40",
    ];
    for options in [&network[..], &gated] {
        fitted(&here, options);
        let probabilities = |backend: &str| -> Vec<f64> {
            let args = ["predict", "m", "t.csv", "--proba", "--backend", backend];
            let out = here.run_to(0, &args).out;
            let cells = out.lines().skip(1).map(|line| line.rsplit(',').next());
            cells.map(|cell| cell.unwrap().parse().unwrap()).collect()
        };
        let (host, device) = (probabilities("faer"), probabilities("wgpu"));
        assert_eq!(host.len(), 200);
        for (a, b) in host.iter().zip(&device) {
            assert!((a - b).abs() <= 1e-5, "{a} {b}");
        }
        assert_ne!(host, device, "f32 has other last digits");
    }
}

#[test]
fn whole_iterations_on_the_device_are_the_hosts() {
    let here = Workplace::new();
    if !is_there(&here) {
        return;
    }
    head(&here, "breast_cancer.csv", 120);
    // every method once, and one of them with both
    let methods = [("relu", ["cg", "rbcd"]), ("gated", ["pcg-nystrom", "rbcd"])];
    for (activation, methods) in methods {
        let common = [
            "--train",
            "sampled",
            "--loss",
            "squared",
            "--activation",
            activation,
            "--splitting",
            "three-block",
            "--patterns",
            "10",
            "--beta-frac",
            "0.1",
            "--tol",
            "1e-2",
        ];
        for primal in methods {
            let run =
                |more: &[&str]| fitted(&here, &[&common[..], &["--primal", primal], more].concat());
            let (host, report) = (run(&[]), run(&["--backend", "wgpu"]));
            let reason = report["primal"]["reason"].as_str().unwrap();
            assert!(reason.contains("whole iterations"), "{reason}");
            assert_eq!(report["primal"]["splitting"], "three-block");
            // both end within a hundredth of the optimum
            for (low, high) in [(&host, &report), (&report, &host)] {
                let bound = number(low, "dual_bound");
                let value = number(high, "objective_convex");
                assert!(value >= bound * (1.0 - 1e-9), "{primal}: {value} {bound}");
                assert!(value <= bound * 1.021, "{primal}: {value} {bound}");
            }
        }
        let first = here.bytes("m");
        fitted(
            &here,
            &[&common[..], &["--primal", "rbcd", "--backend", "wgpu"]].concat(),
        );
        assert!(here.bytes("m") == first, "the same bytes again");
    }
}

#[test]
fn whole_iterations_that_end_after_a_new_penalty_have_the_hosts_bound() {
    let here = Workplace::new();
    if !is_there(&here) {
        return;
    }
    head(&here, "breast_cancer.csv", 120);
    let common = [
        "fit",
        "t.csv",
        "--quiet",
        "--out",
        "m",
        "--report",
        "r.json",
        "--train",
        "sampled",
        "--loss",
        "squared",
        "--patterns",
        "12",
        "--beta-frac",
        "0.02",
        "--splitting",
        "three-block",
        "--tol",
        "1e-7",
        "--newton",
        "off",
    ];
    for primal in ["cg", "rbcd"] {
        // rho is reconsidered at the fifth iteration
        let bound = |backend: &str| {
            let more = ["--primal", primal, "--max-iters", "5", "--backend", backend];
            here.run_to(2, &[&common[..], &more].concat());
            number(&here.report("r.json"), "dual_bound")
        };
        let (host, device) = (bound("faer"), bound("wgpu"));
        assert!(
            (device / host - 1.0).abs() <= 1e-3,
            "{primal}: {device} {host}"
        );
    }
}

#[test]
fn backend_by_the_machine_says_why() {
    let here = Workplace::new();
    head(&here, "breast_cancer.csv", 120);
    for more in [
        vec!["--train", "sampled", "--patterns", "9"],
        vec!["--no-prove"],
    ] {
        let options = [&["--beta-frac", "0.1", "--backend", "auto"], &more[..]].concat();
        let report = fitted(&here, &options);
        let reason = report["primal"]["reason"].as_str().unwrap();
        assert!(reason.contains("too few for an adapter"), "{reason}");
        assert_eq!(report["primal"]["backend"], "faer");
    }
}

#[test]
fn backend_that_does_not_serve_is_one_line() {
    let here = Workplace::new();
    head(&here, "breast_cancer.csv", 60);
    let fit = [
        "fit",
        "t.csv",
        "--train",
        "sampled",
        "--beta-frac",
        "0.1",
        "--backend",
        "wgpu",
    ];
    let mut wrong = vec![
        (None, "CRELU_ADAPTER", vec![]),
        (Some(""), "form", vec!["--primal", "cg", "--form", "gram"]),
    ];
    if is_there(&here) {
        wrong.extend([
            (
                Some(""),
                "cg, pcg-jacobi, pcg-nystrom and rbcd",
                vec!["--primal", "cholesky"],
            ),
            (Some(""), "f32", vec!["--precision", "f64"]),
        ]);
    } else {
        wrong = Vec::new();
    }
    for (adapter, word, more) in wrong {
        let mut command = here.command(&[&fit[..], &more].concat());
        command.env("CRELU_ADAPTER", adapter.unwrap_or("no such card"));
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        // a machine that is busy says how far it is
        let mut lines = text.lines().filter(|line| !line.starts_with("fit: "));
        let is_named = lines.next().is_some_and(|line| line.contains(word));
        assert!(is_named && lines.next().is_none(), "{word}: {text}");
        assert!(!here.path("t.safetensors").exists());
    }
}
