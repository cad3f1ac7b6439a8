//! Measurements of the workspace: `cargo xtask bench NAME [--quick]`.
//!
//! | name | what it measures |
//! |---|---|
//! | `core` | set-up and iterations at the paper's size, beside the machine's product and Cholesky rates |
//! | `calibrate` | the figures of the automatic choice, and its time over the fastest method's on a grid |
//! | `large` | a run at the size of Fashion-MNIST by the automatic choice, and its memory |
//! | `global` | generated networks beside Adam: objective, neurons, time, seeds, held-out scores, growth |
//! | `bound` | proven gaps over all networks, quick and tight, with their seconds and the growth of their cost |
//! | `convergence` | iterations, products and seconds to a certified gap, on real and synthetic sets |
//! | `experiments` | condition of the systems before and after preconditioning, and a race of all primal steps |
//!
//! Every command prints a table, and writes what it measured to `target/bench/`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program whose output is its purpose"
)]

mod bound;
mod calibrate;
mod convergence;
mod core_rates;
mod experiments;
mod global;
mod large;
mod record;
mod sets;
mod stopwatch;
mod store;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask bench core|convergence|calibrate|large [--quick] [--set NAME] [--write FILE], or bench global \
     [--quick] [--only table|seeds|heldout|growth|paper|page] [--paper] [--set NAME] [--fraction F] [--resume] [--write], or \
     bench bound [--quick] [--set NAME] [--growth] [--resume] [--page] [--write], or bench experiments [--quick] [--set NAME] [--resume] [--page] [--write]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.first().map(String::as_str) {
        Some("core") => core_rates::run(&args[1..]),
        Some("calibrate") => calibrate::run(&args[1..]),
        Some("large") => large::run(&args[1..]),
        Some("global") => global::run(&args[1..]),
        Some("bound") => bound::run(&args[1..]),
        Some("convergence") => convergence::run(&args[1..]),
        Some("experiments") => experiments::run(&args[1..]),
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
