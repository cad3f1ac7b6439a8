//! `cargo xtask test`: the steps of CI, in CI's order, each announced with its time.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::adapter;
use crate::chromium;
use crate::install::{Install, Tool};
use crate::licences;
use crate::metadata::{self, Package};
use crate::outcome::Outcome;
use crate::outside;
use crate::process::{TESTS, cargo, output, run as run_command, succeeds};
use crate::tidy as rules;
use crate::tidy::numerical::NUMERICAL;

/// A name and what it runs.
type Step = (&'static str, fn(&Path, Install) -> Result<Outcome, String>);

const STEPS: [Step; 8] = [
    ("fmt", fmt),
    ("lint", lint),
    ("tidy", tidy),
    ("tests", tests),
    ("docs", docs),
    ("wasm", wasm),
    ("chromium", chromium::run),
    ("deny", deny),
];

/// Runs every step, stops at the first that fails, and ends with one line that sums up. What is
/// missing on the machine is installed where `install` says so.
pub(crate) fn run(root: &Path, install: Install) -> Result<(), String> {
    let start = Instant::now();
    let mut done = Vec::new();
    for (name, step) in STEPS {
        println!("── {name}");
        let begin = Instant::now();
        let outcome = step(root, install);
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

fn fmt(root: &Path, install: Install) -> Result<Outcome, String> {
    component(root, "fmt", "rustfmt", install)?;
    run_command(&mut cargo(root, &["fmt", "--all", "--check"]))?;
    for folder in outside::FOLDERS {
        run_command(&mut cargo(&root.join(folder), &["fmt", "--check"]))?;
    }
    Ok(Outcome::Held)
}

fn tidy(root: &Path, _: Install) -> Result<Outcome, String> {
    rules::run(root)?;
    Ok(Outcome::Held)
}

/// The features by which the numerical libraries are linted again, each alone; without any they are
/// built by [`wasm`].
const FEATURES: [&str; 3] = ["parallel", "nalgebra", "wgpu"];

/// Clippy on everything, then on the numerical libraries with each feature alone.
fn lint(root: &Path, install: Install) -> Result<Outcome, String> {
    component(root, "clippy", "clippy", install)?;
    let all = ["clippy", "--workspace", "--all-targets", "--locked"];
    run_command(cargo(root, &all).args(["--", "-D", "warnings"]))?;
    let members = metadata::members(root)?;
    for feature in FEATURES {
        run_command(&mut bare_lint(root, &members, feature))?;
    }
    Ok(Outcome::Held)
}

/// Clippy on the numerical libraries with one of their features. All are named every time, and faer keeps its
/// threads, so that what they are built on keeps its features and is checked once.
fn bare_lint(root: &Path, members: &[Package], feature: &str) -> Command {
    let mut command = cargo(
        root,
        &["clippy", "--lib", "--no-default-features", "--locked"],
    );
    let mut features = vec!["faer/rayon".to_string()];
    for package in members.iter().filter(|p| NUMERICAL.contains(&&p.name[..])) {
        command.args(["--package", &package.name]);
        if package.features.contains_key(feature) {
            features.push(format!("{}/{feature}", package.name));
        }
    }
    command.args(["--features", &features.join(",")]);
    command.args(["--", "-D", "warnings"]);
    command
}

/// A component of the toolchain, which rustup has.
fn component(root: &Path, command: &str, name: &str, install: Install) -> Result<(), String> {
    install.ensure(&Tool {
        name: &format!("cargo {command}"),
        is_there: || succeeds(&mut cargo(root, &[command, "--version"])),
        commands: &[&["rustup", "component", "add", name]],
    })
}

/// All tests, doc tests with them. Those of the device are required where the machine is there for
/// the tests; `CRELU_GPU` says otherwise.
fn tests(root: &Path, install: Install) -> Result<Outcome, String> {
    let mut command = cargo(root, &TESTS);
    if adapter::is_required(install)? {
        command.env("CRELU_GPU", "require");
    }
    run_command(&mut command)?;
    Ok(Outcome::Held)
}

fn docs(root: &Path, _: Install) -> Result<Outcome, String> {
    // with the examples the dependencies have the features that they were linted with: they are
    // checked once
    let all = [
        "doc",
        "--no-deps",
        "--workspace",
        "--lib",
        "--examples",
        "--bin",
        "crelu",
        "--bin",
        "xtask",
        "--locked",
    ];
    let mut doc = cargo(root, &all);
    run_command(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Held)
}

/// The numerical libraries for the browser, without a feature: built, and a small fit run by Node, whose
/// objectives are those of this machine.
fn wasm(root: &Path, install: Install) -> Result<Outcome, String> {
    let node = Tool {
        name: "Node",
        is_there: || succeeds(Command::new("node").arg("--version")),
        commands: &[
            &["apt-get", "update", "-qq"],
            &["apt-get", "install", "-y", "-qq", "nodejs"],
        ],
    };
    if let Err(reason) = outside::ensure_wasm(install).and_then(|()| install.ensure(&node)) {
        return match install {
            Install::Asked => Err(reason),
            Install::Ci | Install::No => Ok(Outcome::Skipped(reason)),
        };
    }
    let folder = root.join(outside::BROWSER);
    outside::copy_lock(root, &folder)?;
    let mut build = cargo(&folder, &["build", "--quiet", "--target", outside::WASM]);
    run_command(build.arg("--target-dir").arg(root.join("target")))?;
    let module = root
        .join("target")
        .join(outside::WASM)
        .join("debug/browser.wasm");
    let script = folder.join("run.mjs");
    let there = output(Command::new("node").args([script, module]))?;
    // as the tests have built it: with the features of the whole workspace
    let build = ["build", "--quiet", "--workspace", "--locked"];
    run_command(cargo(root, &build).args(["--example", "small_fit"]))?;
    let example = format!(
        "target/debug/examples/small_fit{}",
        std::env::consts::EXE_SUFFIX
    );
    let here = output(&mut Command::new(root.join(example)))?;
    compare(&there, &here)?;
    Ok(Outcome::Held)
}

/// Objectives of fits that end within this share of the optimum, on two machines.
const SAME_OBJECTIVE: f64 = 1e-4;
/// What one product of the example takes: more than 32 bits count.
const FLOPS: f64 = 2.0 * 60_000.0 * 784.0 * 200.0;

/// The numbers that Node wrote, a line of objectives and one of flops, beside this machine's line.
fn compare(there: &str, here: &str) -> Result<(), String> {
    let numbers = |line: &str| -> Result<Vec<f64>, String> {
        let each = line.split_whitespace().map(str::parse);
        each.collect::<Result<_, _>>()
            .map_err(|error| format!("{line:?}: {error}"))
    };
    let (objectives, flops) = there.trim().split_once('\n').unwrap_or((there, ""));
    let (got, want) = (numbers(objectives)?, numbers(here)?);
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= SAME_OBJECTIVE * b.abs();
    if got.len() != want.len() || want.is_empty() || !got.iter().zip(&want).all(near) {
        return Err(format!("objectives {got:?} under Node, {want:?} here"));
    }
    if numbers(flops)? != [FLOPS] {
        return Err(format!("{flops:?} flops under Node, {FLOPS} here"));
    }
    Ok(())
}

/// Licences and sources of all dependencies, those of the program outside with a Cargo.lock of its own
/// among them; cargo-deny besides, where it is installed.
fn deny(root: &Path, _: Install) -> Result<Outcome, String> {
    licences::run(root, &[root, &root.join(outside::GLUE)])?;
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
    fn compare_other_objectives_or_flops_of_32_bits_is_an_error() {
        let right = "2.5 109.001\n18816000000\n";
        assert_eq!(compare(right, "2.50001 109\n"), Ok(()));
        for (there, here) in [
            (right, "2.51 109"),
            (right, "2.5"),
            (right, ""),
            ("NaN 109\n18816000000", "2.5 109"),
            ("2.5 109\n1636130816", "2.5 109"),
            ("2.5 109", "2.5 109"),
        ] {
            assert!(compare(there, here).is_err(), "{there:?}, {here:?}");
        }
    }
}
