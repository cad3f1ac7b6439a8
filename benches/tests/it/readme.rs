use std::path::Path;
use std::process::Command;

/// What the README types after `cargo xtask bench`.
fn lines() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let page = std::fs::read_to_string(page).expect("README.md");
    let typed = page
        .lines()
        .filter_map(|line| line.strip_prefix("cargo xtask bench "));
    typed.map(str::to_owned).collect()
}

fn run(folder: &Path, line: &str) -> (bool, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_benches"))
        .args(line.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("it starts");
    let [told, said] = [out.stdout, out.stderr].map(|b| String::from_utf8_lossy(&b).into_owned());
    (out.status.success(), told + &said)
}

#[test]
fn readme_every_measurement_runs_as_typed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let lines = lines();
    assert!(!lines.is_empty(), "the README shows how to measure");
    for line in lines {
        let (succeeded, told) = run(folder.path(), &line);
        assert!(succeeded, "{line}: {told}");
        for name in ["core", "calibrate", "large", "convergence", "losses"] {
            assert!(told.contains(&format!("── {name}")), "{name}: {told}");
        }
    }
    let records = std::fs::read_dir(folder.path().join("target/bench")).expect("the records");
    let names: Vec<String> = records
        .map(|entry| {
            entry
                .expect("a record")
                .file_name()
                .to_string_lossy()
                .into()
        })
        .collect();
    for name in [
        "core",
        "calibrate",
        "large",
        "convergence",
        "experiments",
        "global",
        "bound",
        "losses",
    ] {
        assert!(
            names.iter().any(|file| file.starts_with(name)),
            "{name}: {names:?}"
        );
    }
}

#[test]
fn bench_without_a_known_name_says_the_names() {
    let here = Path::new(".");
    for line in ["", "cores", "all --slow"] {
        let (succeeded, told) = run(here, line);
        assert!(!succeeded && told.contains("usage"), "{line}: {told}");
    }
}
