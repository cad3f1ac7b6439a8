//! `cargo xtask py-test`: the Python package is built into an environment of its own and tested there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::install::{Install, Tool};
use crate::process::{self, PYTHON, cargo, succeeds};

/// What the tests import; none is above 200 MB.
const PACKAGES: [&str; 14] = [
    "numpy",
    "scikit-learn>=1.6",
    "scipy",
    "pandas",
    "polars",
    "matplotlib",
    "onnx",
    "onnxruntime",
    "nbformat",
    "nbclient",
    "ipykernel",
    "pytest",
    "pytest-xdist",
    // the source distribution's list of files
    "maturin>=1.9,<2",
];
/// What the long tests import besides.
const FULL: [&str; 2] = ["distributed", "jax"];
/// With its libraries for cards, gigabytes.
const TORCH: &str = "torch";

/// Which tests are run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Those that take minutes, too: other machines' folds, JAX, the package installed from its source.
    pub(crate) full: bool,
    /// Those with PyTorch, too.
    pub(crate) torch: bool,
}

/// Builds the package and runs its tests in the environment `target/python`.
///
/// Where Python or its virtual environments are missing and are not to be installed, it says so and
/// holds, unless `is_asked` for by itself.
pub(crate) fn run(
    root: &Path,
    install: Install,
    is_asked: bool,
    extent: Extent,
) -> Result<(), String> {
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
    let python = environment(root, extent)?;
    // the packages and the kinds of targets are those of the Rust tests, since they decide on the
    // features of what all share: it is compiled once; the command line is for tests of both sides
    let kinds = ["--workspace", "--lib", "--examples", "--bin", "crelu"];
    build(root, &kinds, "debug")?;
    let package = root.join("crates/crelu-py");
    let mut test = Command::new(&python);
    test.current_dir(&package);
    test.env("PYTHONPATH", package.join("python"));
    test.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "auto"]);
    if extent.full {
        test.arg("--full");
    }
    process::run(&mut test)
}

/// The Python of an environment that has what the tests import; what is there stays.
fn environment(root: &Path, extent: Extent) -> Result<PathBuf, String> {
    let environment = root.join("target/python");
    let python = programs(&environment).join("python");
    if !python.exists() {
        process::run(python3().args(["-m", "venv"]).arg(&environment))?;
    }
    let mut packages = PACKAGES.to_vec();
    if extent.full {
        packages.extend(FULL);
    }
    if extent.torch {
        packages.push(TORCH);
    }
    let known = environment.join("packages.txt");
    let list = packages.join("\n");
    if std::fs::read_to_string(&known).is_ok_and(|text| text == list) {
        return Ok(python);
    }
    let mut pip = Command::new(&python);
    // what is imported is compiled then
    pip.args(["-m", "pip", "install", "--quiet", "--no-compile"]);
    process::run(pip.arg("--disable-pip-version-check").args(packages))?;
    std::fs::write(&known, list).map_err(|error| format!("{}: {error}", known.display()))?;
    Ok(python)
}

/// Runs a measurement of `crates/crelu-py/bench`.
pub(crate) fn bench(root: &Path, name: &str, arguments: &[String]) -> Result<(), String> {
    let python = environment(root, Extent::default())?;
    build(root, &["--package", PYTHON, "--release"], "release")?;
    let package = root.join("crates/crelu-py");
    let mut bench = Command::new(python);
    bench.current_dir(root);
    bench.env("PYTHONPATH", package.join("python"));
    bench.arg(package.join("bench").join(format!("{name}.py")));
    process::run(bench.args(arguments))
}

/// Builds the package's library, and puts it where Python finds it.
fn build(root: &Path, what: &[&str], profile: &str) -> Result<(), String> {
    process::run(cargo(root, &["build", "--locked"]).args(what))?;
    let (built, placed) = if cfg!(windows) {
        ("_core.dll", "_core.pyd")
    } else if cfg!(target_os = "macos") {
        ("lib_core.dylib", "_core.abi3.so")
    } else {
        ("lib_core.so", "_core.abi3.so")
    };
    let built = root.join("target").join(profile).join(built);
    let placed = root.join("crates/crelu-py/python/crelu").join(placed);
    // a library that a running program has mapped must not change under it
    let beside = placed.with_extension("new");
    std::fs::copy(&built, &beside)
        .and_then(|_| std::fs::rename(&beside, &placed))
        .map_err(|error| format!("{}: {error}", placed.display()))
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
