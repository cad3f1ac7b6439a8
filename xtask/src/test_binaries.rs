//! The test programs of the workspace, as cargo builds them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process;

/// One program of tests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestBinary {
    pub(crate) package: String,
    /// The folder of its package, relative to the workspace.
    pub(crate) folder: String,
    /// `it`, or the name of the library or program whose unit tests it holds.
    pub(crate) target: String,
    pub(crate) program: PathBuf,
}

/// Builds all test programs, as `cargo xtask test` does.
pub(crate) fn build(root: &Path) -> Result<Vec<TestBinary>, String> {
    let mut cargo = process::cargo(root, &process::TESTS);
    cargo.args(["--no-run", "--message-format", "json-render-diagnostics"]);
    let json = process::output_seen(&mut cargo)?;
    Ok(json
        .lines()
        .filter_map(|line| parse(root, &serde_json::from_str(line).ok()?))
        .collect())
}

fn parse(root: &Path, message: &Value) -> Option<TestBinary> {
    let is_test = message["reason"] == "compiler-artifact" && message["profile"]["test"] == true;
    let program = message["executable"].as_str().filter(|_| is_test)?;
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
    let inside = folder.strip_prefix(root).ok()?;
    Some(TestBinary {
        package: folder.file_name()?.to_string_lossy().into_owned(),
        folder: inside.to_string_lossy().replace('\\', "/"),
        target: message["target"]["name"].as_str()?.into(),
        program: program.into(),
    })
}

/// The names of all tests in a program.
pub(crate) fn names(binary: &TestBinary) -> Result<Vec<String>, String> {
    let mut command = Command::new(&binary.program);
    let listed = process::output(command.args(["--list", "--format", "terse"]))?;
    let names = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    Ok(names.map(String::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_takes_test_programs_alone() {
        let message = |reason: &str, test: bool, executable: Value| {
            serde_json::json!({
                "reason": reason, "manifest_path": "/w/crates/admm/Cargo.toml",
                "target": {"name": "it"}, "profile": {"test": test}, "executable": executable,
            })
        };
        let root = Path::new("/w");
        let built = "compiler-artifact";
        let found = parse(root, &message(built, true, "/w/target/it-1".into())).unwrap();
        assert_eq!(
            (&found.package[..], &found.folder[..], &found.target[..]),
            ("admm", "crates/admm", "it")
        );
        for other in [
            message("build-finished", true, "/w/a".into()),
            message(built, false, "/w/target/crelu".into()),
            message(built, true, Value::Null),
        ] {
            assert_eq!(parse(root, &other), None);
        }
    }
}
