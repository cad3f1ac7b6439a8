use crelu_model::global::GlobalSettings;
use crelu_model::{
    Clock, Control, Dataset, FitSettings, LossChoice, Prove, TargetColumn, Task, TrainMode, fit,
};
use serde_json::{Value, json};

use super::case::{Case, beta_max};
use super::options::Options;
use super::train::global_row;
use crate::sets::{Set, teacher};
use crate::stopwatch::{Stopwatch, peak_memory};
use crate::store::{Store, number};

/// The first argument of a process that measures one size, so that its peak memory is its own.
pub(crate) const CHILD: &str = "size";
/// Rows at `NARROW` columns, and columns at `SHORT` rows.
pub(crate) const ROWS: [usize; 6] = [1000, 5000, 20_000, 50_000, 100_000, 200_000];
pub(crate) const NARROW: usize = 20;
pub(crate) const COLUMNS: [usize; 7] = [20, 50, 100, 200, 500, 1000, 5000];
pub(crate) const SHORT: usize = 2000;
/// Patterns of a sampled programme, over so many rows and columns.
pub(crate) const PATTERNS: [usize; 5] = [50, 100, 200, 500, 2000];
pub(crate) const SAMPLED: (usize, usize) = (1000, 20);
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
        say(size, store.row(&key(size), || spawn(size, 0, LIMIT))?);
    }
    for patterns in PATTERNS {
        let row = store.row(&key_of_patterns(patterns), || {
            spawn(SAMPLED, patterns, LIMIT)
        })?;
        eprint!("P = {patterns}, ");
        say(SAMPLED, row);
    }
    Ok(())
}

/// The paper's size.
pub(crate) fn paper(store: &mut Store) -> Result<(), String> {
    say(
        PAPER,
        store.row(&key(PAPER), || spawn(PAPER, 0, PAPER_LIMIT))?,
    );
    Ok(())
}

pub(crate) fn key((n, d): (usize, usize)) -> String {
    format!("growth|{n}|{d}")
}

pub(crate) fn key_of_patterns(patterns: usize) -> String {
    format!("growth|patterns|{patterns}")
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

fn spawn((n, d): (usize, usize), patterns: usize, limit: f64) -> Result<Value, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let numbers = [n, d, patterns].map(|number| number.to_string());
    let limit = limit.to_string();
    let out = std::process::Command::new(program)
        .args(["global", CHILD])
        .args(numbers)
        .arg(limit)
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
    let usage =
        || format!("{CHILD} needs rows, columns, patterns (0: global training) and seconds");
    let [n, d, patterns, limit] = args else {
        return Err(usage());
    };
    let n: usize = n.parse().map_err(|_| usage())?;
    let d: usize = d.parse().map_err(|_| usage())?;
    let patterns: usize = patterns.parse().map_err(|_| usage())?;
    let limit: f64 = limit.parse().map_err(|_| usage())?;
    let set = teacher("teacher", n, d, SEED);
    if patterns > 0 {
        let mut row = sampled_row(set, patterns, limit)?;
        row["memory"] = json!(peak_memory());
        println!("{row}");
        return Ok(());
    }
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

/// A sampled programme of so many patterns: its row of the record.
fn sampled_row(set: Set, patterns: usize, limit: f64) -> Result<Value, String> {
    let clock = Stopwatch::start();
    // the bias is the last of the teacher's columns
    let features = set.inputs.get(..set.inputs.nrows() - 1, ..).to_owned();
    let data = Dataset::from_columns(features, TargetColumn::numbers(set.target));
    let data = data.map_err(|e| e.to_string())?;
    let settings = FitSettings::default()
        .task(Task::Regress)
        .loss(LossChoice::Squared)
        .train(TrainMode::Sampled)
        .n_patterns(patterns)
        .beta_frac(FRACTION)
        .prove(Prove::Never);
    let settings = settings.check().map_err(|e| e.to_string())?;
    let control = Control::with_clock(&clock).deadline(limit);
    let fitted = fit(&data, None, &settings, &control, &mut ()).map_err(|e| e.to_string())?;
    let report = &fitted.report;
    Ok(json!({
        "seconds": clock.seconds(), "iterations": report.iterations, "neurons": report.neurons,
        "objective": report.objective_network, "gap": report.gap, "status": report.status.name(),
        "primal": report.primal.method,
    }))
}
