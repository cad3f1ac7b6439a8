//! Running the program in a folder of its own, and reading what it leaves.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A working folder, removed at the end.
pub(crate) struct Workplace(TempDir);

impl Workplace {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn report(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    /// The names in the folder, hidden ones too, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The program in this folder, not yet started.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crelu"));
        // the tests are of the squared loss where they do not say another
        let (first, rest) = args.split_at(args.len().min(1));
        let squared: &[&str] = match first {
            ["fit" | "path"] if !rest.contains(&"--loss") => &["--loss", "squared"],
            _ => &[],
        };
        // ... and of one penalty, where they do not choose it
        let chosen = [
            "--beta",
            "--beta-frac",
            "--betas",
            "--folds",
            "--rule",
            "--metric",
        ];
        let penalty: &[&str] = match first {
            ["fit"] if !rest.iter().any(|arg| chosen.contains(arg)) => &["--beta-frac", "0.02"],
            _ => &[],
        };
        command
            .args(first)
            .args(squared)
            .args(penalty)
            .args(rest)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Run::of(&self.command(args).output().unwrap())
    }

    /// Runs the program, which must exit with `code`.
    pub(crate) fn run_to(&self, code: i32, args: &[&str]) -> Run {
        let run = self.run(args);
        assert_eq!(run.code, Some(code), "{args:?}: {run:?}");
        run
    }

    /// The predictions of a model, without the header.
    pub(crate) fn predictions(&self, model: &str, data: &str) -> Vec<String> {
        let out = self.run_to(0, &["predict", model, data]).out;
        let mut lines = out.lines().map(str::to_owned);
        assert_eq!(lines.next().as_deref(), Some("prediction"));
        lines.collect()
    }
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// The one line on standard error of a command that must have failed. On a machine that is busy
    /// there may be lines in front of it that say how far it was.
    pub(crate) fn complaint(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(self.err.ends_with('\n'), "{self:?}");
        let mut lines = self.err.lines();
        let complaint = lines.next_back().unwrap();
        let is_progress = |line: &str| {
            let seconds = line
                .strip_prefix("fit: ")
                .and_then(|rest| rest.split_once(" s, "));
            seconds.is_some_and(|(seconds, _)| seconds.parse::<f64>().is_ok())
        };
        assert!(lines.all(is_progress), "{self:?}");
        complaint
    }
}

/// A file of the repository's `data` folder.
pub(crate) fn data(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../data")
        .join(name);
    path.to_str().unwrap().to_owned()
}

/// The last column of a CSV file with a header.
pub(crate) fn last_column(text: &str) -> Vec<&str> {
    let rows = text.lines().skip(1);
    rows.map(|row| row.rsplit(',').next().unwrap()).collect()
}

/// The share of equal cells.
pub(crate) fn share_equal<A: AsRef<str>, B: AsRef<str>>(a: &[A], b: &[B]) -> f64 {
    assert_eq!(a.len(), b.len());
    let equal = a.iter().zip(b).filter(|(a, b)| a.as_ref() == b.as_ref());
    equal.count() as f64 / a.len() as f64
}

/// A CSV table of two classes that no linear model separates; any two seeds differ.
pub(crate) fn rings(n: usize, d: usize, mut seed: u64) -> String {
    let mut text: String = (0..d).map(|k| format!("x{k},")).collect();
    text.push_str("ring\n");
    for _ in 0..n {
        let mut square = 0.0;
        for _ in 0..d {
            // a linear congruential generator is random enough for a cloud of points
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let value = (seed >> 40) as f64 / f64::from(1 << 23) - 1.0;
            square += value * value;
            write!(text, "{value:.4},").unwrap();
        }
        let ring = if square > d as f64 / 3.0 {
            "outer"
        } else {
            "inner"
        };
        writeln!(text, "{ring}").unwrap();
    }
    text
}
