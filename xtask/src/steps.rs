//! `cargo xtask test`: the steps of CI, in CI's order, each announced with its time.

use std::path::Path;
use std::time::Instant;

use crate::licences;
use crate::process::{cargo, output, run as run_command, succeeds};
use crate::tidy::{self as rules, NUMERICAL};

/// A name and what it runs.
type Step = (&'static str, fn(&Path) -> Result<Outcome, String>);

/// How a step ended that did not fail.
enum Outcome {
    Held,
    /// Nothing was checked, for the reason given.
    Skipped(String),
}

const STEPS: [Step; 7] = [
    ("fmt", fmt),
    ("lint", lint),
    ("tidy", tidy),
    ("tests", tests),
    ("docs", docs),
    ("wasm", wasm),
    ("deny", deny),
];

const WASM: &str = "wasm32-unknown-unknown";

/// Runs every step, stops at the first that fails, and ends with one line that sums up.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    ensure_components(root)?;
    let start = Instant::now();
    let mut done = Vec::new();
    for (name, step) in STEPS {
        println!("── {name}");
        let begin = Instant::now();
        let outcome = step(root);
        let seconds = begin.elapsed().as_secs_f64();
        let total = start.elapsed().as_secs_f64();
        match outcome {
            Ok(Outcome::Held) => {
                println!("── {name}: ok, {seconds:.1} s");
                done.push(format!("{name} {seconds:.1} s"));
            }
            Ok(Outcome::Skipped(reason)) => {
                println!("── {name}: skipped, {reason}");
                done.push(format!("{name} skipped"));
            }
            Err(reason) => {
                println!("── {name}: FAILED, {seconds:.1} s");
                done.push(format!("{name} {seconds:.1} s"));
                let so_far = done.join(", ");
                return Err(format!(
                    "{name} failed after {total:.1} s ({so_far}): {reason}"
                ));
            }
        }
    }
    let total = start.elapsed().as_secs_f64();
    println!("xtask test: ok in {total:.1} s ({})", done.join(", "));
    Ok(())
}

/// rustfmt and clippy are there, or come from rustup.
fn ensure_components(root: &Path) -> Result<(), String> {
    let missing = |tool: &&str| !succeeds(&mut cargo(root, &[tool, "--version"]));
    let tools: Vec<&str> = ["fmt", "clippy"].into_iter().filter(missing).collect();
    if tools.is_empty() {
        return Ok(());
    }
    let mut rustup = std::process::Command::new("rustup");
    rustup
        .current_dir(root)
        .args(["component", "add", "rustfmt", "clippy"]);
    run_command(&mut rustup).map_err(|reason| {
        let tools = tools.join(" and cargo ");
        format!("cargo {tools} is not installed, and {reason}")
    })
}

fn fmt(root: &Path) -> Result<Outcome, String> {
    run_command(&mut cargo(root, &["fmt", "--all", "--check"]))?;
    Ok(Outcome::Held)
}

fn tidy(root: &Path) -> Result<Outcome, String> {
    rules::run(root)?;
    Ok(Outcome::Held)
}

/// Clippy on everything, then on each numerical library with its default features off.
fn lint(root: &Path) -> Result<Outcome, String> {
    let all = ["clippy", "--workspace", "--all-targets", "--locked"];
    run_command(cargo(root, &all).args(["--", "-D", "warnings"]))?;
    for name in NUMERICAL {
        let bare = [
            "clippy",
            "--package",
            name,
            "--lib",
            "--no-default-features",
            "--locked",
        ];
        run_command(cargo(root, &bare).args(["--", "-D", "warnings"]))?;
    }
    Ok(Outcome::Held)
}

/// All tests in release, doc tests with them.
fn tests(root: &Path) -> Result<Outcome, String> {
    run_command(&mut cargo(
        root,
        &["test", "--workspace", "--release", "--locked"],
    ))?;
    Ok(Outcome::Held)
}

fn docs(root: &Path) -> Result<Outcome, String> {
    let mut doc = cargo(root, &["doc", "--no-deps", "--workspace", "--locked"]);
    run_command(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Held)
}

/// The numerical libraries for the browser, where that target is installed.
fn wasm(root: &Path) -> Result<Outcome, String> {
    if !has_target(WASM) {
        return Ok(Outcome::Skipped(format!(
            "the target {WASM} is not installed"
        )));
    }
    for name in NUMERICAL {
        let build = [
            "build",
            "--package",
            name,
            "--lib",
            "--no-default-features",
            "--locked",
        ];
        run_command(cargo(root, &build).args(["--target", WASM]))?;
    }
    Ok(Outcome::Held)
}

fn has_target(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = std::process::Command::new(rustc);
    let folder = output(command.args(["--print", "target-libdir", "--target", target]));
    folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

/// Licences and sources of all dependencies; cargo-deny besides, where it is installed.
fn deny(root: &Path) -> Result<Outcome, String> {
    licences::run(root)?;
    if succeeds(&mut cargo(root, &["deny", "--version"])) {
        let check = ["deny", "check", "licenses", "bans", "sources"];
        run_command(&mut cargo(root, &check))?;
    } else {
        println!("cargo-deny is not installed: its checks are skipped, the built-in ones hold");
    }
    Ok(Outcome::Held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_target_of_unknown_name_is_false() {
        assert!(!has_target("no-such-target"));
    }
}
