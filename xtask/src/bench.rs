//! Measurements: handed to the `benches` binary, so that this program need not compile it.

use std::path::Path;

use crate::{process, python};

/// Those that are programs in Python, in `crates/crelu-py/bench`.
const IN_PYTHON: [&str; 3] = ["comparison", "overhead", "tutorial"];

/// Runs `benches` in release with the arguments as they are, or a program in Python.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    if let Some((name, rest)) = arguments.split_first()
        && IN_PYTHON.contains(&name.as_str())
    {
        return python::bench(root, name, rest);
    }
    let mut cargo = process::cargo(
        root,
        &["run", "--release", "--locked", "--package", "benches", "--"],
    );
    process::run(cargo.args(arguments))
}
