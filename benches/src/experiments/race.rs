use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crelu_model::programme::{Activation, Programme, Splitting};
use serde_json::{Value, json};

use super::cases::{CASES, Case};
use super::child::CHILD;
use super::gaps::TOL;
use super::methods::{METHODS, Method};
use super::options::Options;
use super::wire;
use crate::images::PACKAGE;
use crate::store::{Store, number};

/// Seconds a run of `--quick` may take.
const QUICK_LIMIT: f64 = 0.3;
/// A run that does not end at its limit is ended after so many limits, and a grace for the start.
const PATIENCE: f64 = 2.0;
const GRACE: f64 = 15.0;

/// Runs every method on every set that was asked for, each in a process of its own.
pub(crate) fn measure(store: &mut Store, options: &Options) -> Result<(), String> {
    for case in cases(options) {
        if !case.is_here() {
            println!(
                "{}: left out, Fashion-MNIST is not on this machine; `apt-get install {PACKAGE}` brings it",
                case.name
            );
            continue;
        }
        // without cones the three-block form is the two-block one, less its acceleration
        let gated = case.activation == Activation::Gated;
        let methods = METHODS
            .iter()
            .filter(|m| m.on <= case.list)
            .filter(|m| !gated || m.splitting == Splitting::TwoBlock);
        let missing: Vec<&Method> = methods
            .filter(|method| !store.has(&key(case, method)))
            .collect();
        if missing.is_empty() {
            continue;
        }
        let programme = case.programme()?;
        println!(
            "{}: n = {}, r = {}, {} patterns, limit {} s a run",
            case.name,
            programme.n_samples(),
            programme.rank(),
            programme.n_patterns(),
            limit(case, options)
        );
        for method in missing {
            let auto = METHODS
                .iter()
                .find(|m| m.name == "auto" && m.splitting == method.splitting);
            let auto = auto.and_then(|auto| store.get(&key(case, auto)));
            let taken = auto.filter(|row| method.was_taken(row)).cloned();
            let row = store.row(&key(case, method), || {
                if let Some(mut row) = taken {
                    row["taken_by_auto"] = json!(true);
                    return Ok(row);
                }
                let limit = limit(case, options);
                let mut row = spawn(&programme, method, limit)?;
                row["limit"] = json!(limit);
                row["n"] = json!(programme.n_samples());
                row["rank"] = json!(programme.rank());
                row["patterns"] = json!(programme.n_patterns());
                Ok(row)
            })?;
            say(method, row);
        }
    }
    Ok(())
}

/// The sets of this run.
fn cases(options: &Options) -> impl Iterator<Item = &'static Case> {
    let wanted = CASES.iter().filter(|case| options.wants(case.name));
    wanted.filter(|case| case.quick || !options.flags.quick)
}

fn limit(case: &Case, options: &Options) -> f64 {
    match options.flags.quick {
        true => QUICK_LIMIT,
        false => case.limit,
    }
}

pub(crate) fn key(case: &Case, method: &Method) -> String {
    format!("race|{}|{}", case.name, method.key())
}

fn say(method: &Method, row: &Value) {
    if let Some(error) = row["error"].as_str() {
        println!("  {:32} {error}", method.key());
        return;
    }
    println!(
        "  {:32} {:>7.2} s, {} iterations, {} inner, gap {:.1e}, {}",
        method.key(),
        number(row, "total"),
        row["iterations"],
        row["inner"],
        number(row, "gap"),
        row["status"].as_str().unwrap_or("?")
    );
}

/// One method in a process of its own; its failure is a row too.
fn spawn(programme: &Programme, method: &Method, limit: f64) -> Result<Value, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut process = Command::new(program)
        .args(["experiments", CHILD, &method.key()])
        .args([limit.to_string(), TOL.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let (stdin, stdout, stderr) = (
        process.stdin.take(),
        process.stdout.take(),
        process.stderr.take(),
    );
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
        return Err("a process without pipes".to_owned());
    };
    // a pipe that nobody empties would stop the process
    let output = std::thread::spawn(move || read_all(stdout));
    let problem = std::thread::spawn(move || read_all(stderr));
    // a process that ends early breaks the pipe: its own words say why
    let sent = wire::send(programme, &mut stdin);
    drop(stdin);
    let deadline = Instant::now() + Duration::from_secs_f64(PATIENCE * limit + GRACE);
    let status = loop {
        match process.try_wait().map_err(|e| e.to_string())? {
            Some(status) => break Some(status),
            None if Instant::now() > deadline => {
                process.kill().map_err(|e| e.to_string())?;
                process.wait().map_err(|e| e.to_string())?;
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let output = output.join().unwrap_or_default();
    let problem = problem.join().unwrap_or_default();
    let Some(status) = status else {
        return Ok(json!({ "error": "did not end at its time limit, and was ended" }));
    };
    if status.success() {
        sent?;
        return serde_json::from_str(&output).map_err(|e| format!("{}: {e}", method.key()));
    }
    let last = problem.lines().last().unwrap_or("no word");
    Ok(json!({ "error": format!("{status}: {last}") }))
}

fn read_all(mut source: impl Read) -> String {
    let mut text = String::new();
    // what came before a broken pipe is kept
    source.read_to_string(&mut text).ok();
    text
}
