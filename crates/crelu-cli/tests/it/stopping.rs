//! Runs that end early leave a usable model or nothing.

use std::fmt::Write;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::program::{Run, Workplace, last_column, rings, share_equal};

/// A run that ends by itself only after hours.
const ENDLESS: [&str; 16] = [
    "fit",
    "rings.csv",
    "--out",
    "m",
    "--report",
    "r",
    "--tol",
    "0",
    "--max-iters",
    "100000000",
    "--newton",
    "off",
    "--beta-frac",
    "0.001",
    "--splitting",
    "two-block",
];

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// The model and report left by a run that ended early.
fn check_left(here: &Workplace, run: &Run, status: &str, table: &str) {
    assert_eq!(run.code, Some(2), "{run:?}");
    assert_eq!(here.names(), ["m", "r", "rings.csv"]);
    let report = here.report("r");
    assert_eq!(report["status"], status);
    let objective = report["objective_network"].as_f64().unwrap();
    // the zero network's
    assert!(objective <= 0.5, "{objective}");
    let accuracy = share_equal(&here.predictions("m", "rings.csv"), &last_column(table));
    assert!((report["train"]["accuracy"].as_f64().unwrap() - accuracy).abs() < 1e-9);
}

#[test]
fn fit_at_its_time_limit_leaves_a_usable_model() {
    let here = Workplace::new();
    let table = rings(1200, 8, 11);
    here.put("rings.csv", &table);
    let begun = Instant::now();
    let run = here.run(&[&ENDLESS[..], &["--time-limit", "1.5"]].concat());
    let seconds = begun.elapsed().as_secs_f64();
    assert!((1.5..6.0).contains(&seconds), "{seconds}");
    check_left(&here, &run, "time_limit", &table);
    // without a terminal, progress is a line a second
    assert!(
        run.err.lines().any(|line| line.contains("round")),
        "{run:?}"
    );
}

#[test]
fn fit_at_its_iteration_limit_says_so() {
    let here = Workplace::new();
    let table = rings(100, 2, 12);
    here.put("rings.csv", &table);
    let run = here.run(&[
        "fit",
        "rings.csv",
        "--out",
        "m",
        "--report",
        "r",
        "--tol",
        "0",
        "--max-iters",
        "3",
        "--newton",
        "off",
    ]);
    check_left(&here, &run, "iteration_limit", &table);
}

/// Starts the run and waits until it trains, which its first line says; the rest of standard error
/// comes from the reader.
fn start(here: &Workplace) -> (Child, BufReader<ChildStderr>) {
    let mut child = here.command(&ENDLESS).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    assert!(first.contains("1200 rows"), "{first}");
    (child, lines)
}

#[test]
fn fit_that_is_interrupted_leaves_a_usable_model() {
    let here = Workplace::new();
    let table = rings(1200, 8, 13);
    here.put("rings.csv", &table);
    // `timeout` signals a program twice
    for (name, times) in [("-INT", 1), ("-TERM", 1), ("-INT", 2)] {
        let (child, mut lines) = start(&here);
        sleep(Duration::from_millis(300));
        (0..times).for_each(|_| signal(&child, name));
        let run = Run::of(&child.wait_with_output().unwrap());
        check_left(&here, &run, "interrupted", &table);
        assert!(run.out.starts_with("status:      interrupted"), "{run:?}");
        let mut told = String::new();
        lines.read_to_string(&mut told).unwrap();
        assert!(told.contains("best network so far"), "{told}");
    }
}

#[test]
fn fit_that_is_killed_leaves_the_old_files() {
    let here = Workplace::new();
    here.put("rings.csv", rings(1200, 8, 14));
    here.put("m", "the model before");
    here.put("r", "the report before");
    let (mut child, _lines) = start(&here);
    sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(here.names(), ["m", "r", "rings.csv"]);
    assert_eq!(here.text("m"), "the model before");
    assert_eq!(here.text("r"), "the report before");
}

/// Seconds in which a program that is told to end has ended: far below those of [`even_rows`].
const PROMPT: f64 = 1.2;

/// A fit whose training takes some hundredths of a second and whose enumeration takes several
/// seconds: rows all over the sphere, with targets that leave every neuron nearly the same price.
fn even_rows(here: &Workplace) -> [&'static str; 10] {
    let rows = 15_000;
    // the golden angle
    let turn = std::f64::consts::PI * (3.0 - 5.0_f64.sqrt());
    let mut table = String::from("a,b,c,y\n");
    for i in 0..rows {
        let height = 1.0 - f64::from(2 * i + 1) / f64::from(rows);
        let (sine, cosine) = (turn * f64::from(i)).sin_cos();
        let radius = (1.0 - height * height).sqrt();
        let target = 1.0 + 1e-3 * f64::from(i % 7);
        let (a, b) = (radius * cosine, radius * sine);
        writeln!(table, "{a:.9},{b:.9},{height:.9},{target}").unwrap();
    }
    here.put("even.csv", table);
    [
        "fit",
        "even.csv",
        "--out",
        "m",
        "--no-bias",
        "--no-standardize",
        "--beta-frac",
        "1.1",
        "--ascents",
        "1",
    ]
}

#[test]
fn fit_at_its_time_limit_in_the_enumeration_ends_there() {
    let here = Workplace::new();
    let fit = even_rows(&here);
    let begun = Instant::now();
    let run = here.run(&[&fit[..], &["--time-limit", "1"]].concat());
    let seconds = begun.elapsed().as_secs_f64();
    assert!((1.0..1.0 + PROMPT).contains(&seconds), "{seconds}");
    // what was cut short is no proof
    let report = here.report("m.json");
    assert_eq!(report["status"], "converged");
    assert_ne!(report["proof"], "enumeration", "{run:?}");
}

#[test]
fn fit_that_is_interrupted_in_the_enumeration_ends_there() {
    let here = Workplace::new();
    let child = here.command(&even_rows(&here)).spawn().unwrap();
    sleep(Duration::from_millis(1000));
    let begun = Instant::now();
    signal(&child, "-INT");
    let run = Run::of(&child.wait_with_output().unwrap());
    let seconds = begun.elapsed().as_secs_f64();
    assert!(seconds < PROMPT, "{seconds}");
    let report = here.report("m.json");
    assert_eq!(report["status"], "converged");
    assert_ne!(report["proof"], "enumeration", "{run:?}");
}
