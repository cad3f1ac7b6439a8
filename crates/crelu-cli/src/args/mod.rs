//! The command line.

mod beta;
mod choice;
mod commands;
mod fit;
mod held_out;
mod kind;
mod number;
mod search;
mod table;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

pub(crate) use choice::Missing;
pub(crate) use commands::{DemoArgs, ExportArgs, InfoArgs, PredictArgs, VerifyArgs};
pub(crate) use fit::FitArgs;
pub(crate) use held_out::HeldOutArg;
pub(crate) use kind::Kind;
pub(crate) use table::TableArgs;

use crate::errors::Failure;

/// Trains two-layer ReLU networks to a certified optimum.
#[derive(Debug, Parser)]
#[command(
    name = "crelu",
    version,
    max_term_width = 100,
    infer_long_args = false,
    arg_required_else_help = false,
    after_help = "Exit codes: 0 converged or settled; 2 stopped early, the model written and usable; 1 an error, one line on standard error."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train on real data that come with the program: no file, no flag needed.
    Demo(DemoArgs),
    /// Train on a data file; write the model and the report.
    Fit(Box<FitArgs>),
    /// Apply a model to a data file: one prediction a line.
    Predict(PredictArgs),
    /// Show what is in a model file.
    Info(InfoArgs),
    /// List the graphics adapters that --backend wgpu can use.
    Devices,
    /// Check a proven bound from the data and its certificate alone.
    Verify(VerifyArgs),
    /// Train along a path of penalties; choose one by cross-validation, and write its model. The
    /// options are those of fit.
    Path(Box<FitArgs>),
    /// Write a model as an ONNX graph, for other runtimes.
    Export(ExportArgs),
}

/// What the command line came to.
pub(crate) enum Parsed {
    /// Something to do.
    Command(Command),
    /// Help or the version was asked for, and printed.
    Answered,
    /// It is wrong.
    Wrong(Failure),
}

/// Reads the program's arguments.
pub(crate) fn parse() -> Parsed {
    let error = match Cli::try_parse() {
        Ok(cli) => return Parsed::Command(cli.command),
        Err(error) => error,
    };
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return match crate::printout::print(&error.render().to_string()) {
            Ok(()) => Parsed::Answered,
            Err(failure) => Parsed::Wrong(failure),
        };
    }
    let command = std::env::args().nth(1).filter(|name| is_command(name));
    Parsed::Wrong(Failure::new(first_paragraph(
        &error.render().to_string(),
        command.as_deref(),
    )))
}

/// Whether a word names a subcommand, whose help lists the options.
fn is_command(name: &str) -> bool {
    use clap::CommandFactory;
    Cli::command().find_subcommand(name).is_some()
}

/// The complaint itself, on one line: what follows the first empty line is advice and usage.
fn first_paragraph(text: &str, command: Option<&str>) -> String {
    let lines = text.lines().map(str::trim);
    let complaint: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let complaint = complaint.join(" ");
    let complaint = complaint.strip_prefix("error: ").unwrap_or(&complaint);
    match command {
        Some(command) => format!("{complaint} (see crelu {command} --help)"),
        None => format!("{complaint} (see crelu --help)"),
    }
}
