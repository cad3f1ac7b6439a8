//! Measurements: handed to the `benches` binary, so that this program need not compile it.

use std::path::Path;

use crate::process;

/// Runs `benches` in release with the arguments as they are.
pub(crate) fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let mut cargo = process::cargo(
        root,
        &["run", "--release", "--locked", "--package", "benches", "--"],
    );
    process::run(cargo.args(arguments))
}
