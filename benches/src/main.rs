//! Measurements of the workspace: `cargo xtask bench NAME [--quick]`.
//!
//! | name | what it measures |
//! |---|---|
//! | `core` | set-up and iterations at the paper's size, beside the machine's product and Cholesky rates |
//! | `bound` | proven gaps over all networks, quick and tight, with their seconds |
//! | `convergence` | iterations, products and seconds to a certified gap, on real and synthetic sets |
//!
//! Every command prints a table, and writes what it measured to `target/bench/`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program whose output is its purpose"
)]

mod bound;
mod convergence;
mod core_rates;
mod record;
mod sets;
mod stopwatch;

use std::process::ExitCode;

const USAGE: &str =
    "usage: cargo xtask bench core|convergence|bound [--quick] [--set NAME] [--write FILE]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.first().map(String::as_str) {
        Some("core") => core_rates::run(&args[1..]),
        Some("bound") => bound::run(&args[1..]),
        Some("convergence") => convergence::run(&args[1..]),
        Some(other) => Err(format!("no bench named {other:?}; {USAGE}")),
        None => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench: {problem}");
            ExitCode::FAILURE
        }
    }
}
