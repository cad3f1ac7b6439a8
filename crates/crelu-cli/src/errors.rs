//! What ends the program: one line on standard error and exit code 1.

use std::fmt::{self, Display};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crelu_model::{FitError, Subject};

/// Why a command failed: `Display` is one line that names the file or the option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(String);

impl Failure {
    /// A complaint, control characters escaped so that it is one line.
    pub(crate) fn new(line: impl Display) -> Self {
        let mut text = String::new();
        for c in line.to_string().chars() {
            // U+2028 and U+2029 end a line in some readers, too
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
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

/// Where the parts of a fit come from, to say which of them is at fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origins<'a> {
    /// The training data.
    pub(crate) data: &'a Path,
    /// The test data, if they are a file of their own.
    pub(crate) test: Option<&'a Path>,
    /// The gates, if they are given.
    pub(crate) gates: Option<&'a Path>,
    /// Whether the training target is text.
    pub(crate) text_target: bool,
    /// Whether some of the training file's rows are kept for the test.
    pub(crate) split: bool,
}

impl Origins<'_> {
    /// The line for a fit that failed.
    pub(crate) fn failure(&self, error: &FitError) -> Failure {
        let data = self.data.display();
        let test = self.test.unwrap_or(self.data);
        match error {
            FitError::Classes { classes } => Failure::of(data, Classes(*classes, *self)),
            FitError::UnknownLabel { row } => Failure::of(
                test.display(),
                format_args!("row {row}: the training data do not have this label"),
            ),
            FitError::TextTarget { row } => {
                let path = if self.text_target { self.data } else { test };
                Failure::of(
                    path.display(),
                    format_args!("row {row}: the target is text; --task regress needs numbers"),
                )
            }
            FitError::Shape { what: Subject::GateRows, want, got } => self.gates(
                format_args!("{got} rows, {want} are needed (one a feature, the bias last; the bias may be left out)"),
            ),
            FitError::TestRange { .. } => Failure::of(test.display(), error),
            FitError::NotFinite { what: Subject::Gates } => self.gates("a value is not finite"),
            FitError::NoPattern => self.gates("no gate sees any row of the data"),
            FitError::Shape { what: Subject::TestFeatureColumns, want, got } => {
                Failure::of(test.display(), format_args!("{got} features, {want} are needed"))
            }
            FitError::NotFinite { what } => Failure::of(
                data,
                format_args!("the {what} overflow in preprocessing: values too large"),
            ),
            FitError::Memory { needed, limit } => Failure::of(
                "--memory-limit",
                format_args!(
                    "{} are needed by the leanest method, the limit is {}",
                    Bytes(*needed),
                    Bytes(*limit)
                ),
            ),
            FitError::Setting { setting, problem } => Failure::of(format_args!("--{setting}"), problem),
            other => Failure::of(data, other),
        }
    }

    fn gates(&self, problem: impl Display) -> Failure {
        match self.gates {
            Some(path) => Failure::at("--gates", path, problem),
            None => Failure::of("--patterns", problem),
        }
    }
}

struct Classes<'a>(usize, Origins<'a>);

impl Display for Classes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, origins) = self;
        match count {
            0 | 1 if origins.split => f.write_str(
                "the rows that --test-frac leaves for training hold 1 class: two are needed",
            ),
            0 | 1 => write!(f, "the target holds {count} class: two are needed"),
            _ => {
                write!(
                    f,
                    "the target holds {count} classes: two work now, more are not built yet"
                )?;
                if !origins.text_target {
                    f.write_str("; --task regress treats numbers as numbers")?;
                }
                Ok(())
            }
        }
    }
}

/// A number of bytes, readable.
struct Bytes(u64);

impl Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "shown to three digits")]
        let bytes = self.0 as f64;
        match bytes {
            b if b >= 1e9 => write!(f, "{:.1} GiB", b / f64::from(1 << 30)),
            b if b >= 1e6 => write!(f, "{:.1} MiB", b / f64::from(1 << 20)),
            b => write!(f, "{b} bytes"),
        }
    }
}
