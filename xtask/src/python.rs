//! `cargo xtask py-test`: the Python package is built into an environment of its own and tested there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::install::{Install, Tool};
use crate::process::{self, PYTHON, cargo, succeeds};

/// What the tests import; none is above 200 MB.
const PACKAGES: [&str; 7] = [
    "maturin>=1.9,<2",
    "numpy",
    "scikit-learn>=1.6",
    "scipy",
    "pandas",
    "polars",
    "pytest",
];

/// Builds the package into `target/python`, lints its Rust half and runs its tests.
///
/// Where Python or its virtual environments are missing and are not to be installed, it says so and
/// holds, unless `is_asked` for by itself.
pub(crate) fn run(root: &Path, install: Install, is_asked: bool) -> Result<(), String> {
    let python = Tool {
        name: "Python with its virtual environments",
        is_there: || succeeds(python3().args(["-c", "import ensurepip, venv, sysconfig"])),
        commands: &[
            &["apt-get", "update", "-qq"],
            &[
                "apt-get",
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                "python3-venv",
                "python3-dev",
            ],
        ],
    };
    if let Err(reason) = install.ensure(&python) {
        if is_asked || install == Install::Asked || install == Install::Ci && is_debian_root() {
            return Err(reason);
        }
        println!("py-test: skipped, {reason}");
        return Ok(());
    }
    let lint = ["clippy", "--package", PYTHON, "--locked"];
    process::run(cargo(root, &lint).args(["--", "-D", "warnings"]))?;
    let environment = root.join("target/python");
    let inside = programs(&environment);
    if !inside.join("python").exists() {
        process::run(python3().args(["-m", "venv"]).arg(&environment))?;
    }
    let mut pip = Command::new(inside.join("python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    process::run(pip.args(PACKAGES))?;
    // the optimised profile of the Rust tests: what both need is compiled once
    let mut build = Command::new(inside.join("maturin"));
    build.current_dir(root.join("crates/crelu-py"));
    build.args(["develop", "--quiet", "--locked", "--skip-install"]);
    build.env("VIRTUAL_ENV", &environment);
    process::run(&mut build)?;
    let mut test = Command::new(inside.join("python"));
    test.current_dir(root.join("crates/crelu-py"));
    test.env("PYTHONPATH", root.join("crates/crelu-py/python"));
    process::run(test.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]))
}

fn python3() -> Command {
    Command::new("python3")
}

/// Where an environment has its programs.
fn programs(environment: &Path) -> PathBuf {
    environment.join(if cfg!(windows) { "Scripts" } else { "bin" })
}

/// Whether a package of Debian can be installed here.
fn is_debian_root() -> bool {
    let user = process::output(Command::new("id").arg("-u"));
    Path::new("/etc/debian_version").exists() && user.is_ok_and(|id| id.trim() == "0")
}
