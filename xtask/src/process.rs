//! Other programs, cargo above all, run in the workspace's folder.

use std::path::Path;
use std::process::{Command, Stdio};

/// How cargo builds and runs all tests; everything that runs a test program shares its outputs.
/// The Python package has no test of cargo's, and is not built: what it needs of the crates that all
/// share is built with them, so that its own build (`py-test`) finds it.
pub(crate) const TESTS: [&str; 3] = ["test", "--workspace", "--locked"];
/// The package whose library Python loads.
pub(crate) const PYTHON: &str = "crelu-py";

/// A cargo command line in `root`, by the cargo that started this program.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root).args(arguments);
    command
}

/// Runs to the end with this program's own standard streams; a failure names the line typed.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let line = line(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` failed ({status})")),
        Err(error) => Err(format!("`{line}` did not start: {error}")),
    }
}

/// Runs to the end and hands back what was written to standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    output_of(command.stderr(Stdio::piped()))
}

fn output_of(command: &mut Command) -> Result<String, String> {
    let line = line(command);
    let output = command
        .output()
        .map_err(|error| format!("`{line}` did not start: {error}"))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{line}` failed: {}", reason.trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{line}` wrote bytes that are not text"))
}

/// As [`output`], with what is written to standard error seen at once.
pub(crate) fn output_seen(command: &mut Command) -> Result<String, String> {
    output_of(command.stderr(Stdio::inherit()))
}

/// Whether the command starts and succeeds; nothing it writes is shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The command as it would be typed, with `cargo` for the full path of cargo.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_stem().unwrap_or(program.as_os_str());
    let mut words = vec![name.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_unknown_subcommand_names_the_line() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let error = output(&mut cargo(root, &["no-such-command", "--now"])).unwrap_err();
        assert!(error.contains("no-such-command --now"), "{error}");
        assert!(!succeeds(&mut cargo(root, &["no-such-command"])));
    }
}
