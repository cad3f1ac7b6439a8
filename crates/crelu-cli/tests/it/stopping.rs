//! Runs that end early leave a usable model or nothing.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command};

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
    // until it is waited for, a program that has ended takes signals, too
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
    // it ends by the limit alone
    let run = here.run(&[&ENDLESS[..], &["--time-limit", "1.5"]].concat());
    check_left(&here, &run, "time_limit", &table);
    let seconds = here.report("r")["seconds"]["total"].as_f64().unwrap();
    assert!(seconds >= 1.5, "{seconds}");
    // without a terminal, progress is a line a second
    assert!(run.err.lines().any(|line| line.contains(" s, ")), "{run:?}");
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

/// Starts the run and waits until it trains, which a line about a round says; the rest of standard
/// error comes from the reader.
fn start(here: &Workplace) -> (Child, BufReader<ChildStderr>) {
    let mut child = here.command(&ENDLESS).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    // a round that ends within the second since the last line, or a line within a longer one
    while !told.lines().any(|line| line.contains(" round ")) {
        let more = lines.read_line(&mut told).unwrap();
        assert!(more > 0, "it ended before it trained: {told}");
    }
    assert!(told.contains("1200 rows"), "{told}");
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
    assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(here.names(), ["m", "r", "rings.csv"]);
    assert_eq!(here.text("m"), "the model before");
    assert_eq!(here.text("r"), "the report before");
}

#[test]
fn fit_that_is_ended_at_once_while_it_writes_leaves_no_half_file() {
    let here = Workplace::new();
    here.put("rings.csv", rings(40, 2, 15));
    let fifo = here.path("r");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    // nobody reads the pipe: the program waits with the model written, but without its name
    let fit = [
        "fit",
        "rings.csv",
        "--train",
        "sampled",
        "--patterns",
        "4",
        "--out",
        "m",
        "--report",
        "r",
        "--quiet",
    ];
    let mut child = here.command(&fit).spawn().unwrap();
    let is_half = |name: &String| name.starts_with(".crelu-");
    while !here.names().iter().any(is_half) {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    // the first asks; signals that come together are one, so that it takes some of them
    let status = loop {
        signal(&child, "-INT");
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    assert_eq!(status.code(), Some(130));
    assert_eq!(here.names(), ["r", "rings.csv"]);
}
