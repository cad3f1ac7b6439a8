use crelu_model::Task;
use crelu_model::global::GlobalSettings;
use serde_json::{Value, json};

use super::case::{Case, beta_max};
use super::options::Options;
use super::train::global_row;
use crate::sets::teacher;
use crate::stopwatch::peak_memory;
use crate::store::{Store, number};

/// The first argument of a process that measures one size, so that its peak memory is its own.
pub(crate) const CHILD: &str = "size";
/// Rows at `NARROW` columns, and columns at `SHORT` rows.
pub(crate) const ROWS: [usize; 6] = [500, 1000, 2000, 5000, 10_000, 20_000];
pub(crate) const NARROW: usize = 50;
pub(crate) const COLUMNS: [usize; 7] = [10, 20, 50, 100, 200, 400, 800];
pub(crate) const SHORT: usize = 1000;
/// The size of the paper's largest problem.
pub(crate) const PAPER: (usize, usize) = (10_000, 3072);
/// Seconds after which a size is stopped.
pub(crate) const LIMIT: f64 = 60.0;
const PAPER_LIMIT: f64 = 600.0;
/// Of `beta_max`.
const FRACTION: f64 = 0.1;
const SEED: u64 = 21;

/// One size after the other, each in a process of its own.
pub(crate) fn measure(store: &mut Store, _options: &Options) -> Result<(), String> {
    let tall = ROWS.map(|n| (n, NARROW));
    let wide = COLUMNS.map(|d| (SHORT, d));
    for size in tall.into_iter().chain(wide) {
        say(size, store.row(&key(size), || spawn(size, LIMIT))?);
    }
    Ok(())
}

/// The paper's size.
pub(crate) fn paper(store: &mut Store) -> Result<(), String> {
    say(PAPER, store.row(&key(PAPER), || spawn(PAPER, PAPER_LIMIT))?);
    Ok(())
}

pub(crate) fn key((n, d): (usize, usize)) -> String {
    format!("growth|{n}|{d}")
}

fn say((n, d): (usize, usize), row: &Value) {
    eprintln!(
        "{n} x {d}: {:.1} s, {:.0} MB, {} neurons, {}",
        number(row, "seconds"),
        number(row, "memory") / 1e6,
        row["neurons"],
        row["status"]
    );
}

fn spawn((n, d): (usize, usize), limit: f64) -> Result<Value, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let numbers = [n.to_string(), d.to_string(), limit.to_string()];
    let out = std::process::Command::new(program)
        .args(["global", CHILD])
        .args(numbers)
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|e| e.to_string())?;
    if !out.status.success() {
        return Err(format!("{n} x {d}: {}", out.status));
    }
    serde_json::from_slice(&out.stdout).map_err(|e| format!("{n} x {d}: {e}"))
}

/// What the process of one size does: prints its row.
pub(crate) fn child(args: &[String]) -> Result<(), String> {
    let usage = || format!("{CHILD} needs rows, columns and seconds");
    let [n, d, limit] = args else {
        return Err(usage());
    };
    let n: usize = n.parse().map_err(|_| usage())?;
    let d: usize = d.parse().map_err(|_| usage())?;
    let limit: f64 = limit.parse().map_err(|_| usage())?;
    let set = teacher("teacher", n, d, SEED);
    let case = Case {
        set: format!("teacher {n}x{d}"),
        task: Task::Classify,
        beta: FRACTION * beta_max(&set.inputs, &set.target)?,
        inputs: set.inputs,
        target: set.target,
        fraction: FRACTION,
    };
    let mut row = global_row(&case, &GlobalSettings::default(), limit)?;
    row["memory"] = json!(peak_memory());
    println!("{row}");
    Ok(())
}
