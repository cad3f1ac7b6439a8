//! Types the command lines of the README and of a page of the documents. The program stands for
//! `cargo run`; the test command is left out, and the measurements have a test of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace's root")
}

/// The fenced blocks of a page: what stands behind their first marks, and their lines.
fn blocks(page: &str) -> Vec<(&str, Vec<&str>)> {
    let mut out: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(_), true) => inside = false,
            (Some(kind), false) => {
                inside = true;
                out.push((kind.trim(), Vec::new()));
            }
            (None, true) => {
                let block = out.last_mut().expect("a block that has begun");
                block.1.push(line);
            }
            (None, false) => {}
        }
    }
    out
}

/// An empty folder in which `data` and `target/release/crelu` stand where the pages have them.
fn folder(root: &Path) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::symlink(root.join("data"), folder.path().join("data")).expect("data");
    std::fs::create_dir_all(folder.path().join("target/release")).expect("target");
    std::os::unix::fs::symlink(
        env!("CARGO_BIN_EXE_crelu"),
        folder.path().join("target/release/crelu"),
    )
    .expect("crelu");
    folder
}

/// Types the commands of a page in `folder`; a block `csv NAME` is a file that they take. Gives how many
/// there were.
fn type_page(name: &str, folder: &Path) -> usize {
    let page = std::fs::read_to_string(root().join(name)).expect("the page");
    let blocks = blocks(&page);
    for (kind, lines) in &blocks {
        if let Some(file) = kind.strip_prefix("csv ") {
            std::fs::write(folder.join(file), lines.join("\n") + "\n").expect("a table");
        }
    }
    let shell = blocks.iter().filter(|(kind, _)| *kind == "sh");
    let lines = shell.flat_map(|(_, lines)| lines).map(|line| line.trim());
    let lines: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    for line in &lines {
        // the Python package has tests of its own
        let is_elsewhere = ["cargo xtask bench ", "pip install ./crates/crelu-py"];
        if *line == "cargo xtask test" || is_elsewhere.iter().any(|it| line.starts_with(it)) {
            continue;
        }
        let line = line.replace(
            "cargo run --release -p crelu-cli --",
            "target/release/crelu",
        );
        assert!(!line.starts_with("cargo "), "{line}: run it here too");
        let out = Command::new("sh")
            .args(["-c", &line])
            .current_dir(folder)
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
    lines.len()
}

fn lines_of(folder: &TempDir, name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.path().join(name)).expect("a file that was written");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn readme_every_command_line_but_the_test_command_succeeds_as_typed() {
    let folder = folder(&root());
    let typed = type_page("README.md", folder.path());
    assert!(typed >= 8, "the README shows commands: {typed}");
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
    let predictions = lines_of(&folder, "predictions.csv");
    assert_eq!(
        predictions.len(),
        570,
        "a header and a line for each of the 569 rows"
    );
}

#[test]
fn tables_page_every_command_line_succeeds_as_typed() {
    let folder = folder(&root());
    let typed = type_page("docs/TABLES.md", folder.path());
    assert!(typed >= 10, "the page shows commands: {typed}");
    let rents = lines_of(&folder, "rents.csv");
    assert_eq!(rents[0], "prediction");
    assert_eq!(rents.len(), 3, "a header and a line for each new row");
    let both = lines_of(&folder, "both.csv");
    assert_eq!(both[0], "prediction_rent,prediction_deposit");
    let wine = lines_of(&folder, "wine.csv");
    assert_eq!(
        (wine[0].as_str(), wine.len()),
        ("prediction,p_0,p_1,p_2", 179)
    );
    // the table that the page shows is one that a network explains
    let report = lines_of(&folder, "flats.json").join("\n");
    let report: serde_json::Value = serde_json::from_str(&report).expect("a report");
    assert!(report["train"]["r2"].as_f64() > Some(0.9), "{report}");
    assert_eq!(report["settings"]["missing"], "impute");
}
