//! Everything that is wrong with a command is one line on standard error and exit code 1.

use crate::program::{Workplace, rings};

#[test]
fn refusal_of_what_is_not_built_says_what_works_now() {
    let here = Workplace::new();
    here.put("rings.csv", rings(30, 2, 30));
    let run = here.run(&["fit", "rings.csv", "--gate-sampler", "conv"]);
    let line = run.complaint();
    assert!(line.contains("not built yet"), "{line}");
    assert!(
        line.contains("--gate-sampler") && line.contains("gaussian"),
        "{line}"
    );
    assert_eq!(here.names(), ["rings.csv"]);
}

#[test]
fn usage_error_is_one_line_that_names_the_option() {
    let here = Workplace::new();
    here.put("rings.csv", rings(30, 2, 31));
    for (args, says) in [
        (&[][..], "subcommand"),
        (&["train", "rings.csv"], "train"),
        (&["fit"], "DATA"),
        (&["fit", "rings.csv", "--beta"], "--beta"),
        (
            &["fit", "rings.csv", "--no-such-option", "1"],
            "--no-such-option",
        ),
        (&["fit", "rings.csv", "--beta", "-1"], "--beta"),
        (&["fit", "rings.csv", "--beta", "nan"], "--beta"),
        (
            &["fit", "rings.csv", "--beta", "1", "--beta-frac", "1"],
            "--beta-frac",
        ),
        (
            &["fit", "rings.csv", "--test", "t", "--test-frac", "0.1"],
            "--test-frac",
        ),
        (&["fit", "rings.csv", "--test-frac", "1"], "--test-frac"),
        (&["fit", "rings.csv", "--patterns", "0"], "--patterns"),
        (
            &[
                "fit",
                "rings.csv",
                "--train",
                "sampled",
                "--patterns",
                "1000000000000",
            ],
            "--patterns",
        ),
        (
            &[
                "fit",
                "rings.csv",
                "--train",
                "global",
                "--activation",
                "gated",
            ],
            "--train",
        ),
        (&["fit", "rings.csv", "--gates", "g.npy"], "--gates"),
        (
            &["fit", "rings.csv", "--train", "sampled", "--init", "m"],
            "--init",
        ),
        (&["fit", "rings.csv", "--init", "nowhere"], "--init nowhere"),
        (&["fit", "rings.csv", "--ascents", "0"], "--ascents"),
        (&["fit", "rings.csv", "--thin", "nan"], "--thin"),
        (&["fit", "rings.csv", "--max-neurons", "0"], "--max-neurons"),
        (&["fit", "rings.csv", "--tol", "abc"], "--tol"),
        (&["fit", "rings.csv", "--threads", "0"], "--threads"),
        (&["fit", "rings.csv", "--threads", "-2"], "--threads"),
        (&["fit", "rings.csv", "--seed", "1.5"], "--seed"),
        (&["fit", "rings.csv", "--time-limit", "nan"], "--time-limit"),
        (
            &["fit", "rings.csv", "--memory-limit", "0"],
            "--memory-limit",
        ),
        (&["fit", "rings.csv", "--loss", "hinge"], "--loss"),
        (&["fit", "rings.csv", "--primal", "magic"], "--primal"),
        (&["fit", "rings.csv", "--target", "nobody"], "target"),
        (&["fit", "rings.csv", "--target", "99"], "target"),
        (&["fit", "rings.csv", "a\nb"], "a\\nb"),
        (&["predict", "m"], "DATA"),
        (&["info"], "MODEL"),
    ] {
        let run = here.run(args);
        let line = run.complaint();
        // clap shows an argument's line break as one
        let says = if says == "a\\nb" { "a b" } else { says };
        assert!(line.contains(says), "{args:?}: {line}");
    }
    assert_eq!(here.names(), ["rings.csv"]);
}

#[test]
fn help_and_version_go_to_standard_output() {
    let here = Workplace::new();
    for args in [
        &["--help"][..],
        &["fit", "--help"],
        &["--version"],
        &["help"],
    ] {
        let run = here.run_to(0, args);
        assert!(run.out.contains("crelu") && run.err.is_empty(), "{run:?}");
    }
}

#[test]
fn data_at_fault_are_named_with_row_and_column() {
    let here = Workplace::new();
    let good = rings(30, 2, 32);
    let rows: Vec<&str> = good.lines().collect();
    let with = |row: usize, text: &str| {
        let mut rows = rows.clone();
        rows[row] = text;
        rows.join("\n")
    };
    for (name, text, says) in [
        (
            "nan.csv",
            with(7, "NaN,1,inner"),
            "line 8 (row 7), column 1 (x0)",
        ),
        (
            "hole.csv",
            with(9, "1,,outer"),
            "line 10 (row 9), column 2 (x1)",
        ),
        ("short.csv", with(4, "1,outer"), "row 4"),
        ("empty.csv", String::new(), "no rows"),
        ("one.csv", good.replace("inner", "outer"), "1 class"),
    ] {
        here.put(name, text);
        let run = here.run(&["fit", name, "--out", "m", "--report", "r"]);
        let line = run.complaint();
        assert!(line.starts_with(name) && line.contains(says), "{line}");
    }
    here.put("three.csv", with(5, "1,1,middle"));
    here.put("good.csv", &good);
    let run = here.run(&["fit", "good.csv", "--task", "regress"]);
    let line = run.complaint();
    assert!(
        line.starts_with("good.csv: line 2 (row 1), column 3 (ring): "),
        "{line}"
    );
    let run = here.run(&["fit", "good.csv", "--test", "three.csv"]);
    let line = run.complaint();
    let place = "--test: three.csv: line 6 (row 5), column 3 (ring): 'middle'";
    assert!(line.starts_with(place), "{line}");
    assert!(
        line.contains("'inner'") && line.contains("'outer'"),
        "{line}"
    );
    assert!(!here.path("m").exists() && !here.path("good.safetensors").exists());
}

#[test]
fn failed_command_leaves_existing_files_as_they_were() {
    let here = Workplace::new();
    here.put("rings.csv", rings(30, 2, 33));
    here.put("bad.csv", "a,b\n1,0\nnan,1\n");
    here.run_to(
        0,
        &[
            "fit",
            "rings.csv",
            "--out",
            "model",
            "--patterns",
            "5",
            "--quiet",
        ],
    );
    here.put("m", "as before");
    here.put("r", "as before");
    here.run(&["fit", "bad.csv", "--out", "m", "--report", "r"])
        .complaint();
    here.run(&["predict", "model", "bad.csv", "--out", "m"])
        .complaint();
    here.run(&["predict", "bad.csv", "rings.csv", "--out", "m"])
        .complaint();
    assert_eq!(
        (here.text("m"), here.text("r")),
        ("as before".into(), "as before".into())
    );
    assert_eq!(
        here.names(),
        ["bad.csv", "m", "model", "model.json", "r", "rings.csv"]
    );
}

#[test]
fn output_that_cannot_be_is_refused_before_the_run() {
    let here = Workplace::new();
    let table = rings(30, 2, 34);
    here.put("rings.csv", &table);
    // an endless run: it can only fail before it begins
    let endless = [
        "fit",
        "rings.csv",
        "--tol",
        "0",
        "--max-iters",
        "100000000",
        "--newton",
        "off",
    ];
    for (args, says) in [
        (&["--out", "rings.csv/m"][..], "--out"),
        (&["--out", "."], "--out"),
        (&["--out", "no/such/folder/m"], "--out"),
        (&["--out", "rings.csv"], "--out"),
        (&["--out", "m", "--report", "rings.csv"], "--report"),
        (&["--out", "m", "--report", "m"], "--report"),
        (&["--out", "m", "--report", "none/r"], "--report"),
        (&["--out", "m", "--plots", "rings.csv"], "--plots"),
        (&["--out", "m", "--plots", "./m"], "--plots"),
        (&["--out", "m", "--plots", "m.json"], "--plots"),
        (&["--out", "m", "--plots", "rings.csv/p"], "--plots"),
    ] {
        let run = here.run(&[&endless[..], args].concat());
        let line = run.complaint();
        assert!(line.starts_with(says), "{line}");
    }
    assert_eq!(here.names(), ["rings.csv"]);
    assert_eq!(here.text("rings.csv"), table);
}

#[test]
fn sizes_out_of_range_name_the_column_of_the_file() {
    let here = Workplace::new();
    let table = |x: &str, y: &str| {
        let rows = (0..8).map(|i| format!("{i},{}{x},{}{x},{i}{y}\n", i % 2, 1 + i * i % 5));
        format!("id,a,b,y\n{}", rows.collect::<String>())
    };
    here.put("b.csv", table("e-25", ""));
    here.put("y.csv", table("", "e-200"));
    here.put("good.csv", table("e-10", ""));
    here.put("far.csv", table("e300", ""));
    let dropped = [
        "--drop",
        "id",
        "--task",
        "regress",
        "--beta-frac",
        "0.02",
        "--quiet",
    ];
    for (args, place, says) in [
        (
            &["b.csv", "--no-standardize"][..],
            "b.csv: column 3 (b): ",
            "too small",
        ),
        (&["y.csv"], "y.csv: column 4 (y): ", "too small"),
        (
            &["good.csv", "--test", "far.csv"],
            "far.csv: line 2 (row 1), column 3 (b): 1e300 ",
            "too far",
        ),
    ] {
        let run = here.run(&[&["fit"], args, &dropped].concat());
        let line = run.complaint();
        assert!(line.contains(place) && line.contains(says), "{line}");
    }
    here.run_to(
        0,
        &[&["fit", "good.csv", "--out", "m"], &dropped[..]].concat(),
    );
    let run = here.run(&["predict", "m", "far.csv"]);
    let line = run.complaint();
    assert!(
        line.contains("line 2 (row 1), column 3 (b): 1e300"),
        "{line}"
    );
}
