//! Measurements of the workspace: `cargo xtask bench NAME [--quick]`, or `all` of them in turn.
//!
//! | name | what it measures |
//! |---|---|
//! | `core` | set-up and iterations at the paper's size, beside the machine's product and Cholesky rates; every method's time to 97 % of the training rows |
//! | `calibrate` | the figures of the automatic choice, and its time over the fastest method's on a grid |
//! | `large` | a run at the size of Fashion-MNIST by the automatic choice, and its memory |
//! | `global` | generated networks beside Adam: objective, neurons, time, seeds, held-out scores, growth |
//! | `bound` | proven gaps over all networks, quick and tight, with their seconds and the growth of their cost |
//! | `path` | paths of penalties and the choice of one, in fits of one penalty |
//! | `losses` | ten classes beside scikit-learn, a round of every loss beside the squared one's, probabilities |
//! | `speed` | rates of slides and searches beside a matrix product, whole fits beside scikit-learn |
//! | `gpu` | each kernel's rate on the adapter, and the host's for the same product |
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
mod flags;
mod global;
mod gpu;
mod images;
mod large;
mod losses;
mod marks;
mod paper_job;
mod path;
mod record;
mod sets;
mod speed;
mod stopwatch;
mod store;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask bench all [--quick], or bench core|convergence|calibrate|gpu|large|speed [--quick] [--set NAME] [--write FILE], \
     or bench global [--quick] [--only table|seeds|heldout|growth|paper|page] [--paper] [--set NAME] [--fraction F] [--resume] [--write], or \
     bench bound [--quick] [--set NAME] [--growth] [--resume] [--page] [--write], bench path [--quick] [--set NAME] [--resume] [--write], or \
     bench losses [--quick] [--only peers|rounds|calibration] [--resume] [--page] [--write], or bench experiments [--quick] [--set NAME] [--resume] [--page] [--write]";

/// One measurement, by the arguments after its name.
type Bench = fn(&[String]) -> Result<(), String>;

/// The largest comes first: what a process took before would show in its memory.
const BENCHES: [(&str, Bench); 11] = [
    ("large", large::run),
    ("core", core_rates::run),
    ("calibrate", calibrate::run),
    ("convergence", convergence::run),
    ("experiments", experiments::run),
    ("global", global::run),
    ("bound", bound::run),
    ("path", path::run),
    ("losses", losses::run),
    ("speed", speed::run),
    ("gpu", gpu::run),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<(), String> {
    let (name, rest) = args.split_first().ok_or(USAGE)?;
    if name == "all" {
        for (name, bench) in BENCHES {
            println!("── {name}");
            bench(rest).map_err(|problem| format!("{name}: {problem}"))?;
        }
        return Ok(());
    }
    let known = BENCHES.iter().find(|(known, _)| known == name);
    let (_, bench) = known.ok_or_else(|| format!("no bench named {name:?}; {USAGE}"))?;
    bench(rest)
}
