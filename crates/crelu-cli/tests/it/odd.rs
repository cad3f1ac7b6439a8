//! Odd input of every kind: the right answer, or one line that names what is at fault and what to do.

use std::process::Command;

use crate::program::{Run, Workplace};

/// Numbers without a pattern, from -1 to 1.
fn noise(at: usize) -> f64 {
    let turned = (at as u64 + 1).wrapping_mul(6_364_136_223_846_793_005);
    (turned >> 40) as f64 / f64::from(1 << 23) - 1.0
}

const COLOURS: [&str; 3] = ["red", "green", "blue"];

/// `colour,a,b,y`: text, two numbers, and a number that they explain.
fn mixed(cell: impl Fn(usize, f64) -> String) -> String {
    let rows = (0..40).map(|i| {
        let (a, b) = (noise(2 * i), noise(2 * i + 1));
        let y = a + b.abs() + (i % 3) as f64;
        format!("{},{},{b},{y}\n", COLOURS[i % 3], cell(i, a))
    });
    format!("colour,a,b,y\n{}", rows.collect::<String>())
}

fn plain() -> String {
    mixed(|_, a| a.to_string())
}

/// An array of numbers in a file of NumPy's.
fn npy(rows: usize, values: &[f64]) -> Vec<u8> {
    let cols = values.len() / rows;
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {cols}), }}");
    let header = format!("{header:117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

const QUICK: [&str; 5] = ["--train", "sampled", "--patterns", "4", "--quiet"];

impl Workplace {
    fn refused(&self, args: &[&str]) -> String {
        let run = self.run(&[args, &QUICK].concat());
        run.complaint().to_owned()
    }
}

#[test]
fn sizes_out_of_range_beside_columns_of_text_name_the_column_of_the_file() {
    let here = Workplace::new();
    here.put("good.csv", plain());
    here.put(
        "far.csv",
        mixed(|i, _| format!("{}", if i == 4 { 1e300 } else { 0.0 })),
    );
    let line = here.refused(&["fit", "good.csv", "--test", "far.csv"]);
    let place = "far.csv: line 6 (row 5), column 2 (a): 1e300 ";
    assert!(line.starts_with(place), "{line}");
    // the same row, kept for the test by the seed that takes it
    let spoilt = mixed(|i, a| format!("{}", if i == 7 { 1e200 } else { a }));
    here.put("spoilt.csv", spoilt);
    let lines = (0..40).map(|seed: u32| {
        let seed = seed.to_string();
        let fit = ["fit", "spoilt.csv", "--test-frac", "0.4", "--seed", &seed];
        here.run(&[&fit[..], &QUICK].concat())
    });
    let told = lines.map(|run| run.err).find(|line| !line.is_empty());
    let place = "spoilt.csv: line 9 (row 8), column 2 (a): 1e200 ";
    assert!(
        told.as_ref().is_some_and(|line| line.starts_with(place)),
        "{told:?}"
    );
    here.put("large.csv", mixed(|i, _| format!("{}e300", i + 1)));
    let line = here.refused(&["fit", "large.csv", "--no-standardize"]);
    assert!(
        line.starts_with("large.csv: column 2 (a): values of size 4.00e301 "),
        "{line}"
    );
}

#[test]
fn numbers_for_a_model_of_text_are_levels_that_are_named() {
    let here = Workplace::new();
    here.put("good.csv", plain());
    here.run_to(
        0,
        &[&["fit", "good.csv", "--out", "m"][..], &QUICK].concat(),
    );
    here.put("three.npy", npy(2, &[7.0, 0.5, 0.5, 1.0, 0.5, 0.5]));
    here.put("three.libsvm", "0 1:7 2:0.5 3:0.5\n0 1:1 2:0.5 3:0.5\n");
    here.put("three.csv", "a,colour,b\n0.5,7,0.5\n0.5,1,0.5\n");
    let want = here.run_to(0, &["predict", "m", "three.csv"]);
    assert!(
        want.err
            .contains("'1' of column 2 (colour) (1 row), '7' of"),
        "{want:?}"
    );
    for name in ["three.npy", "three.libsvm"] {
        let run = here.run_to(0, &["predict", "m", name]);
        assert_eq!(run.out, want.out, "{name}");
        assert!(
            run.err.contains("'1' of column 1 (1 row), '7' of"),
            "{run:?}"
        );
    }
    // codes of a binary file are levels where that is asked for
    let rows = (0..40).flat_map(|i| [(i % 3 * 10) as f64, noise(i), (i % 3) as f64]);
    here.put("codes.npy", npy(40, &rows.collect::<Vec<f64>>()));
    let fit = [
        "fit",
        "codes.npy",
        "--task",
        "regress",
        "--categorical",
        "0",
        "--out",
        "n",
    ];
    here.run_to(0, &[&fit[..], &QUICK].concat());
    assert_eq!(here.report("n.json")["d"], 5);
    let info = here.run_to(0, &["info", "n"]).out;
    assert!(info.contains("features:     4"), "{info}");
}

#[test]
fn options_at_the_end_of_the_range_are_blamed_themselves() {
    let here = Workplace::new();
    here.put("good.csv", plain());
    let weighed = |weight: &str| {
        let table = plain().replace("colour,", "w,colour,");
        table
            .replace("\nred", &format!("\n{weight},red"))
            .replace("\ngreen", "\n1,green")
            .replace("\nblue", "\n1,blue")
    };
    here.put("large.csv", weighed("1e300"));
    here.put("small.csv", weighed("1e-200").replace("\n1,", "\n0,"));
    here.put("labels.csv", "a,y\n1,u\n2,v\n3,u\n4,v\n");
    let weight = ["--weights", "w"];
    for (args, says) in [
        (
            &["fit", "large.csv"][..],
            "large.csv: column 1 (w): weights of size 1.00e300: scale them",
        ),
        (
            &["fit", "small.csv"],
            "small.csv: column 1 (w): weights of size 1.00e-200: scale them",
        ),
    ] {
        let line = here.refused(&[args, &weight].concat());
        assert!(line.starts_with(says), "{line}");
    }
    for (args, says) in [
        (&["fit", "good.csv", "--beta", "1e308"][..], "--beta: "),
        (
            &["fit", "labels.csv", "--class-weight", "u=1e300"],
            "--class-weight: 'u': ",
        ),
    ] {
        let line = here.refused(args);
        assert!(line.starts_with(says), "{line}");
    }
}

#[test]
fn outputs_and_models_that_do_not_serve_are_named_before_the_run() {
    let here = Workplace::new();
    here.put("good.csv", plain());
    here.put("two.csv", "a,b,y\n1,2,0.5\n2,1,1.5\n3,5,2.5\n");
    here.put("three.csv", "a,kind\n1,u\n2,v\n3,w\n4,u\n5,v\n6,w\n");
    here.run_to(
        0,
        &[
            "fit", "two.csv", "--task", "regress", "--out", "m", "--quiet",
        ],
    );
    let run = here.run(&["fit", "good.csv", "--init", "m", "--quiet"]);
    let line = run.complaint();
    let says = "--init m: its network has 3 inputs with the bias, 6 are needed for good.csv";
    assert_eq!(line, says);
    for args in [
        &["three.csv"][..],
        &["good.csv", "--target", "b,y"],
        &["three.csv", "--loss", "softmax"],
    ] {
        let run = here.run(&[&["fit", "--certificate", "c", "--quiet"], args].concat());
        let line = run.complaint();
        assert!(
            line.starts_with("--certificate: a proven bound speaks of"),
            "{line}"
        );
    }
    assert_eq!(
        here.names(),
        ["good.csv", "m", "m.json", "three.csv", "two.csv"]
    );
}

#[cfg(unix)]
#[test]
fn failure_at_the_end_is_the_last_line_and_leaves_no_folder() {
    let here = Workplace::new();
    here.put("good.csv", plain());
    let limited = format!(
        "ulimit -f 1; exec '{}' fit good.csv --loss squared --beta-frac 0.1 --train sampled --patterns 4 --out m --plots new/plots",
        env!("CARGO_BIN_EXE_crelu")
    );
    let mut command = Command::new("sh");
    command.args(["-c", &limited]).current_dir(here.path(""));
    let run = Run::of(&command.output().unwrap());
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{run:?}");
    let (before, last) = run.err.trim_end().rsplit_once('\n').unwrap();
    assert!(last.ends_with("(os error 27)"), "{run:?}");
    assert!(
        before.lines().all(|line| line.starts_with("fit: ")),
        "{run:?}"
    );
    assert_eq!(here.names(), ["good.csv"]);
}

#[test]
fn amounts_are_no_classes_and_whole_numbers_are() {
    let here = Workplace::new();
    here.put("good.csv", plain());
    let line = here.refused(&["fit", "good.csv", "--task", "classify"]);
    assert!(
        line.starts_with("good.csv: line 2 (row 1), column 4 (y): '"),
        "{line}"
    );
    assert!(
        line.contains(" different values") && line.contains("--task regress"),
        "{line}"
    );
    // nearly a class a row is told
    let rows = (0..12).map(|i| format!("{},{}\n", noise(i), i));
    here.put("codes.csv", format!("a,code\n{}", rows.collect::<String>()));
    let fit = ["fit", "codes.csv", "--task", "classify", "--max-iters", "1"];
    let run = here.run(&fit);
    assert!(matches!(run.code, Some(0 | 2)), "{run:?}");
    let says = "codes.csv: 12 classes in 12 rows: if they are amounts, --task regress";
    assert!(run.err.contains(says), "{run:?}");
}

#[test]
fn one_of_several_targets_out_of_range_is_named() {
    let here = Workplace::new();
    let table = |z: &str| {
        let rows = (0..20).map(|i| format!("{},{},{}{z}\n", noise(i), i, i + 1));
        format!("a,y,z\n{}", rows.collect::<String>())
    };
    here.put("large.csv", table("e200"));
    here.put("good.csv", table(""));
    here.put("far.csv", table("e180"));
    let targets = ["--target", "y,z"];
    let line = here.refused(&[&["fit", "large.csv"][..], &targets].concat());
    assert!(line.starts_with("large.csv: column 3 (z): "), "{line}");
    let line = here.refused(&[&["fit", "good.csv", "--test", "far.csv"][..], &targets].concat());
    assert!(
        line.starts_with("far.csv: line 2 (row 1), column 3 (z): 1e180 "),
        "{line}"
    );
}
