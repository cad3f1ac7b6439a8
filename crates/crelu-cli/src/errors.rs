//! What ends the program: one line on standard error and exit code 1.

use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crelu_data::is_hidden;

/// Why a command failed: `Display` is one line that names the file or the option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(String);

impl Failure {
    /// A complaint, what is not seen escaped so that it is one line.
    pub(crate) fn new(line: impl Display) -> Self {
        let mut text = String::new();
        for c in line.to_string().chars() {
            if is_hidden(c) {
                text.extend(c.escape_default());
            } else {
                text.push(c);
            }
        }
        Self(text)
    }

    /// A complaint about an option or a file: `--out: …`.
    pub(crate) fn of(what: impl Display, problem: impl Display) -> Self {
        Self::new(format_args!("{what}: {problem}"))
    }

    /// A complaint about the file of an option: `--gates FILE: …`.
    pub(crate) fn at(option: &str, path: &Path, problem: impl Display) -> Self {
        Self::of(format_args!("{option} {}", path.display()), problem)
    }

    /// Says it, and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        // nothing is left to do about a closed standard error
        writeln!(std::io::stderr(), "{self}").ok();
        ExitCode::from(1)
    }
}
