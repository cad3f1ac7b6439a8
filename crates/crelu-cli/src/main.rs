//! The `crelu` program: trains convex two-layer networks from data files, applies and inspects
//! them. A thin shell over `crelu-model` and `crelu-data`: it reads options and files, shows
//! progress, and writes what the library returns.

mod args;
mod clock;
mod demo;
mod devices;
mod embedded;
mod errors;
mod export;
mod figures;
mod file_limit;
mod fit;
mod groups;
mod info;
mod interrupt;
mod notes;
mod origins;
mod outputs;
mod path_table;
mod plots;
mod predict;
mod printout;
mod progress;
mod rows;
mod samples;
mod settings;
mod source;
mod summary;
mod threads;
mod verify;

use std::process::ExitCode;

use args::{Command, Kind, Parsed};
use clock::ProgramClock;

fn main() -> ExitCode {
    // first of all: seconds and time limits count from here
    let clock = ProgramClock::start();
    devices::quieten();
    let command = match args::parse() {
        Parsed::Command(command) => command,
        Parsed::Answered => return ExitCode::SUCCESS,
        Parsed::Wrong(usage) => return usage.report(),
    };
    file_limit::make_an_error();
    let outcome = match command {
        Command::Demo(args) => demo::run(&args, &clock),
        Command::Fit(args) => fit::run(&args, Kind::Fit, &clock),
        Command::Path(args) => fit::run(&args, Kind::Path, &clock),
        Command::Predict(args) => predict::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Devices => devices::run(),
        Command::Verify(args) => verify::run(&args),
        Command::Export(args) => export::run(&args),
    };
    outcome.unwrap_or_else(|failure| failure.report())
}
