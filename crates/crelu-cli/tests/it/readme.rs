//! Types the README's own command lines. The program stands for `cargo run`; the test command is
//! left out, and the measurements have a test of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace's root")
}

/// The lines of the fenced `sh` blocks of a page.
fn commands(page: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line.trim() {
            "```sh" => inside = true,
            "```" => inside = false,
            text if inside && !text.is_empty() && !text.starts_with('#') => {
                out.push(text.to_owned())
            }
            _ => {}
        }
    }
    out
}

#[test]
fn readme_every_command_line_but_the_test_command_succeeds_as_typed() {
    let root = root();
    let page = std::fs::read_to_string(root.join("README.md")).expect("README.md");
    let lines = commands(&page);
    assert!(lines.len() >= 8, "the README shows commands: {lines:?}");
    // an empty folder in which `data` and `target/release/crelu` stand where the README has them
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::symlink(root.join("data"), folder.path().join("data")).expect("data");
    std::fs::create_dir_all(folder.path().join("target/release")).expect("target");
    std::os::unix::fs::symlink(
        env!("CARGO_BIN_EXE_crelu"),
        folder.path().join("target/release/crelu"),
    )
    .expect("crelu");
    for line in lines {
        // the Python package has tests of its own
        let is_elsewhere = ["cargo xtask bench ", "pip install ./crates/crelu-py"];
        if line == "cargo xtask test" || is_elsewhere.iter().any(|it| line.starts_with(it)) {
            continue;
        }
        let line = line.replace(
            "cargo run --release -p crelu-cli --",
            "target/release/crelu",
        );
        assert!(!line.starts_with("cargo "), "{line}: run it here too");
        let out = Command::new("sh")
            .args(["-c", &line])
            .current_dir(folder.path())
            .output()
            .expect("sh runs");
        assert!(
            out.status.success(),
            "{line}: {}\n{}{}",
            out.status,
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    }
    for file in [
        "breast.safetensors",
        "breast.json",
        "predictions.csv",
        "probabilities.csv",
        "plots/convergence.svg",
    ] {
        assert!(
            folder.path().join(file).is_file(),
            "{file} was to be written"
        );
    }
    let predictions =
        std::fs::read_to_string(folder.path().join("predictions.csv")).expect("predictions");
    assert_eq!(
        predictions.lines().count(),
        570,
        "a header and a line for each of the 569 rows"
    );
}
