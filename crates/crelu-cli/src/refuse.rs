//! Commands that are not built yet.

use std::process::ExitCode;

use crate::args::Command;
use crate::errors::Failure;

/// Says so, in one line.
///
/// # Errors
/// Always.
pub(crate) fn run(command: &Command) -> Result<ExitCode, Failure> {
    let (name, instead) = match command {
        Command::Export(_) => (
            "export",
            "the model file is safetensors, which PyTorch and NumPy read",
        ),
        _ => ("this command", "see crelu --help"),
    };
    Err(Failure::new(format_args!(
        "{name} is not built yet ({instead}); the commands that work now are demo, fit, path, predict, info and verify"
    )))
}
