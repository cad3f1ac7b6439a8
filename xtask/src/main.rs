//! The commands of the workspace: everything that CI runs, the rules of the source tree, the
//! measurements, and the script that remakes the embedded demo data.
//!
//! `cargo xtask help` lists them. This program holds no logic that the crates need, and it
//! depends on none of them, so that it compiles in seconds.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program speaks through its standard streams"
)]

mod adapter;
mod bench;
mod chromium;
mod command;
mod demo_data;
mod explore;
mod install;
mod licences;
mod metadata;
mod outcome;
mod outside;
mod page_server;
mod process;
mod python;
mod random_tests;
mod source;
mod steps;
mod test_binaries;
mod tidy;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

use command::Command;
use install::Install;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match command::parse(&arguments).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), String> {
    let root = root()?;
    match command {
        Command::Help => {
            print!("{}", command::HELP);
            Ok(())
        }
        Command::Test { install } => steps::run(&root, Install::wanted(install)),
        Command::Tidy => tidy::run(&root),
        Command::PyTest { install, extent } => {
            python::run(&root, Install::wanted(install), install, extent)
        }
        Command::Explore(plan) => explore::run(&root, &plan),
        Command::Bench(arguments) => bench::run(&root, &arguments),
        Command::DemoData { check } => demo_data::run(&root, check),
    }
}

/// The folder that holds the workspace's `Cargo.toml`.
fn root() -> Result<PathBuf, String> {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    own.parent()
        .map(PathBuf::from)
        .filter(|root| root.join("Cargo.toml").is_file())
        .ok_or_else(|| format!("no workspace above {}", own.display()))
}
