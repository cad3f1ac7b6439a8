//! The proven bound: `fit --prove`, `--certificate`, and `crelu verify`.

use crate::program::{Workplace, data, rings};

fn number(here: &Workplace, report: &str, key: &str) -> f64 {
    here.report(report)[key].as_f64().unwrap()
}

#[test]
fn fit_proves_a_bound_that_verify_finds_again() {
    let here = Workplace::new();
    let set = data("diabetes.csv");
    let fit = [
        "fit",
        &set,
        "--beta-frac",
        "0.1",
        "--test-frac",
        "0.2",
        "--out",
        "m",
    ];
    let run = here.run_to(0, &[&fit[..], &["--certificate", "c"]].concat());
    assert!(
        run.out.contains("proven:") && run.out.contains("certificate:"),
        "{run:?}"
    );
    assert!(run.err.contains("proven gap"), "{run:?}");
    let report = here.report("m.json");
    assert_eq!(report["proof"], "relaxation");
    let (bound, gap) = (
        number(&here, "m.json", "proven_bound"),
        number(&here, "m.json", "proven_gap"),
    );
    let objective = number(&here, "m.json", "objective_network");
    assert!(bound > 0.8 * objective && bound <= objective);
    assert!((gap - (objective - bound) / objective).abs() < 1e-12);

    let checked = here.run_to(0, &["verify", "m", &set, "c"]);
    assert_eq!(checked.out.matches('\n').count(), 1, "{checked:?}");
    assert_eq!(checked.err, "");
    assert!(
        checked.out.contains(&format!("{:.2} %", 100.0 * gap)),
        "{checked:?}"
    );

    // the same bytes again
    here.run_to(0, &[&fit[..], &["--certificate", "d", "--quiet"]].concat());
    assert_eq!(here.bytes("c"), here.bytes("d"));
}

#[test]
fn history_goes_on_with_the_bounds_that_were_proven() {
    let here = Workplace::new();
    let set = data("diabetes.csv");
    let fit = ["fit", &set, "--beta-frac", "0.1", "--out", "m", "--quiet"];
    let proof = |more: &[&str]| {
        here.run_to(0, &[&fit[..], more].concat());
        let report = here.report("m.json");
        let history = report["history"].as_array().unwrap().clone();
        let (search, proof): (Vec<_>, Vec<_>) = history
            .into_iter()
            .partition(|e| e["proven_bound"].is_null());
        assert!(search.iter().all(|e| e["search_gap"].is_number()));
        assert!(proof.iter().all(|e| e["search_gap"].is_null()));
        for entry in &proof {
            assert_eq!(entry["objective_network"], report["objective_network"]);
            assert_eq!(entry["train_loss"], report["train"]["loss"]);
        }
        let of = |name: &str| -> Vec<f64> {
            let all = search.iter().chain(&proof);
            all.filter_map(|e| e[name].as_f64()).collect()
        };
        assert!(of("seconds").is_sorted());
        assert!(of("proven_bound").is_sorted_by(|a, b| a < b));
        assert_eq!(
            of("proven_bound").last().copied(),
            report["proven_bound"].as_f64()
        );
        proof.len()
    };
    assert_eq!(proof(&["--no-prove"]), 0);
    assert_eq!(proof(&[]), 1);
    assert!(proof(&["--prove", "1", "--plots", "p"]) > 1);
    assert!(here.text("p/convergence.svg").contains("proven bound"));
}

#[test]
fn fit_without_memory_for_the_tight_bound_says_so_and_keeps_the_quick_one() {
    let here = Workplace::new();
    let set = data("diabetes.csv");
    let fit = ["fit", &set, "--beta-frac", "0.1", "--out", "m"];
    let gap = |more: &[&str]| {
        let run = here.run_to(0, &[&fit[..], more].concat());
        let said = run.err.lines().filter(|l| l.contains("--memory-limit"));
        let said = said.map(str::to_owned).collect::<Vec<String>>();
        (number(&here, "m.json", "proven_gap"), said)
    };
    let (quick, said) = gap(&["--prove", "0"]);
    assert!(said.is_empty());
    // the training needs a third of it
    let (blocks, said) = gap(&["--prove", "1", "--memory-limit", "25e6"]);
    assert!(
        said.len() == 1 && said[0].contains("in blocks of"),
        "{said:?}"
    );
    assert!(blocks < quick, "{blocks} {quick}");
    let (none, said) = gap(&["--prove", "1", "--memory-limit", "4e6"]);
    assert!(said.len() == 1 && said[0].contains("left out"), "{said:?}");
    assert_eq!(none, quick);
}

#[test]
fn fit_that_used_up_its_rounds_is_proven_and_one_out_of_time_is_not() {
    let here = Workplace::new();
    let set = data("diabetes.csv");
    let fit = ["fit", &set, "--quiet", "--out", "m"];
    here.run_to(2, &[&fit[..], &["--max-iters", "2"]].concat());
    let report = here.report("m.json");
    assert_eq!(report["status"], "iteration_limit");
    assert_eq!(report["proof"], "relaxation");
    assert!(report["proven_bound"].as_f64().unwrap() > 0.0);

    here.run_to(2, &[&fit[..], &["--time-limit", "0.001"]].concat());
    let report = here.report("m.json");
    assert_eq!(report["status"], "time_limit");
    assert!(report["proven_bound"].is_null() && report["proof"].is_null());
}

#[test]
fn verify_says_why_a_certificate_does_not_hold() {
    let here = Workplace::new();
    let table = rings(80, 4, 3);
    here.put("rings.csv", &table);
    here.put("other.csv", rings(80, 4, 5));
    let fit = |more: &[&str]| {
        here.run_to(0, &[&["fit", "rings.csv", "--quiet"], more].concat());
    };
    fit(&["--out", "m", "--certificate", "c"]);
    fit(&["--out", "twice", "--beta-frac", "0.04"]);
    fit(&[
        "--out",
        "raw",
        "--no-standardize",
        "--beta",
        &number(&here, "m.json", "beta").to_string(),
    ]);
    fit(&["--out", "gated", "--activation", "gated"]);
    here.run_to(0, &["verify", "m", "rings.csv", "c"]);

    let lines: Vec<&str> = table.lines().collect();
    here.put("short.csv", lines[..60].join("\n"));
    let swapped = [&[lines[0], lines[2], lines[1]], &lines[3..]]
        .concat()
        .join("\n");
    here.put("swapped.csv", swapped);
    // a larger bound than its numbers prove
    let mut raised = here.bytes("c");
    let at = raised
        .windows(9)
        .position(|w| w == b"\"bound\":\"")
        .unwrap()
        + 11;
    assert!(
        raised[at..at + 3].iter().all(u8::is_ascii_digit),
        "a bound of 0.ddd"
    );
    raised[at] = b'9';
    here.put("raised", raised);
    // a multiplier changed for the worse
    let mut changed = here.bytes("c");
    let end = changed.len();
    for byte in (end - 8 * 60..end).step_by(8) {
        changed[byte + 7] ^= 0x80;
    }
    here.put("changed", changed);
    here.put("cut", &here.bytes("c")[..400]);
    here.put("text", "no certificate");
    for (model, file, certificate, why) in [
        ("m", "other.csv", "c", "not those it was made for"),
        ("m", "swapped.csv", "c", "not those it was made for"),
        ("m", "short.csv", "c", "80 rows\n the data have"),
        ("raw", "rings.csv", "c", "not those it was made for"),
        ("twice", "rings.csv", "c", "beta"),
        ("gated", "rings.csv", "c", "gated"),
        ("m", "rings.csv", "raised", "it proves"),
        ("m", "rings.csv", "cut", "not a crelu certificate"),
        ("m", "rings.csv", "text", "not a crelu certificate"),
        ("m", "rings.csv", "m", "not a crelu certificate"),
        ("m", "rings.csv", "absent", "absent"),
        ("c", "rings.csv", "c", "not a crelu model"),
    ] {
        let run = here.run(&["verify", model, file, certificate]);
        let line = run.complaint();
        let holds = why.split('\n').any(|part| line.contains(part.trim()));
        assert!(holds, "{model} {file} {certificate}: {line}");
    }
    // flipped signs prove less or the same, never more
    let run = here.run(&["verify", "m", "rings.csv", "changed"]);
    assert!(
        run.code == Some(0) || run.complaint().contains("it proves"),
        "{run:?}"
    );
}

#[test]
fn fit_options_of_the_proof_do_what_they_say() {
    let here = Workplace::new();
    here.put("rings.csv", rings(80, 4, 3));
    let fit = ["fit", "rings.csv", "--quiet", "--out", "m"];
    let proof = |more: &[&str]| {
        here.run_to(0, &[&fit[..], more].concat());
        here.report("m.json")["proof"].clone()
    };
    assert_eq!(proof(&[]), "relaxation");
    assert!(proof(&["--no-prove"]).is_null());
    assert!(here.report("m.json")["proven_bound"].is_null());
    assert!(proof(&["--train", "sampled"]).is_null());
    assert_eq!(proof(&["--train", "sampled", "--prove", "0"]), "relaxation");
    assert!(proof(&["--activation", "gated"]).is_null());
    here.run_to(
        2,
        &[&fit[..], &["--beta", "0", "--max-iters", "3"]].concat(),
    );
    assert!(here.report("m.json")["proven_bound"].is_null());
    for (more, says) in [
        (&["--prove", "-1"][..], "--prove"),
        (&["--prove", "nan"], "--prove"),
        (&["--no-prove", "--prove", "1"], "--no-prove"),
        (&["--no-prove", "--certificate", "c"], "--no-prove"),
        (&["--activation", "gated", "--prove", "1"], "--prove"),
        (
            &["--activation", "gated", "--certificate", "c"],
            "--certificate",
        ),
        (&["--beta", "0", "--certificate", "c"], "--certificate"),
        (&["--certificate", "m"], "--certificate"),
        (&["--certificate", "rings.csv"], "--certificate"),
        (&["--certificate", "no/such/folder/c"], "--certificate"),
    ] {
        let run = here.run(&[&fit[..], more].concat());
        assert!(run.complaint().contains(says), "{more:?}: {run:?}");
    }
    assert_eq!(here.names(), ["m", "m.json", "rings.csv"]);
}

#[test]
fn fit_of_two_features_is_proven_optimal_by_enumeration() {
    let here = Workplace::new();
    here.put("rings.csv", rings(120, 2, 8));
    for share in ["0.3", "0.02"] {
        let fit = ["fit", "rings.csv", "--quiet", "--thin", "0", "--out", "m"];
        here.run_to(
            0,
            &[&fit[..], &["--beta-frac", share, "--certificate", "c"]].concat(),
        );
        assert_eq!(here.report("m.json")["proof"], "enumeration");
        let gap = number(&here, "m.json", "proven_gap");
        assert!(gap <= 1e-3, "{share}: {gap}");
        here.run_to(0, &["verify", "m", "rings.csv", "c"]);
    }
    // a sampled network is far from optimal, and its bound the same
    let fit = [
        "fit",
        "rings.csv",
        "--quiet",
        "--train",
        "sampled",
        "--out",
        "s",
    ];
    here.run_to(
        0,
        &[&fit[..], &["--beta-frac", "0.3", "--certificate", "c"]].concat(),
    );
    assert_eq!(here.report("s.json")["proof"], "enumeration");
    here.run_to(0, &["verify", "s", "rings.csv", "c"]);
}
