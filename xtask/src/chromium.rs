//! The step `chromium`: `examples/webgpu` is built for wasm32, and Chromium opens its page, without a
//! window and on SwiftShader, the adapter in software that it brings along.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::install::{Install, Tool};
use crate::outcome::Outcome;
use crate::outside::{GLUE, WASM, WEBGPU, copy_lock, ensure_wasm};
use crate::page_server::{self, PageServer, Report};
use crate::process::{cargo, output, run as run_command, succeeds};

const FLAGS: [&str; 8] = [
    "--headless",
    // which root does not have
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    // that of a container may be small
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-breakpad",
    "--no-first-run",
];

/// A page takes up to three minutes on two busy cores: after this it hangs.
const HANGS: Duration = Duration::from_secs(600);
/// Between looks at the page's connections.
const PAUSE: Duration = Duration::from_millis(10);

/// Builds the page, has it opened, and prints what it reports.
pub(crate) fn run(root: &Path, install: Install) -> Result<Outcome, String> {
    let chromium = Tool {
        name: "Chromium",
        is_there: || succeeds(Command::new("chromium").arg("--version")),
        commands: &[
            &["apt-get", "update", "-qq"],
            &[
                "apt-get",
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                "chromium",
            ],
        ],
    };
    if let Err(reason) = ensure_wasm(install).and_then(|()| install.ensure(&chromium)) {
        return match install {
            Install::Asked => Err(reason),
            Install::Ci | Install::No => Ok(Outcome::Skipped(reason)),
        };
    }
    let server = PageServer::new(page(root)?)?;
    let url = format!("http://{}/", server.address()?);
    println!(
        "{}",
        output(Command::new("chromium").arg("--version"))?.trim()
    );
    let report = Browser::open(&url)?.report(&server)?;
    outcome(&report, install)
}

/// What follows from a report.
fn outcome(report: &Report, install: Install) -> Result<Outcome, String> {
    let words = &report.words;
    match (&report.path[..], install) {
        ("/ok", _) => {
            println!("{words}");
            Ok(Outcome::Held)
        }
        // of whoever built that Chromium
        ("/no-adapter", Install::No) => Ok(Outcome::Skipped(format!(
            "Chromium has no WebGPU adapter: {words}"
        ))),
        ("/no-adapter", _) => Err(format!("Chromium has no WebGPU adapter: {words}")),
        ("/failed", _) => Err(format!("in Chromium: {words}")),
        (path, _) => Err(format!("the page reports to {path}: {words}")),
    }
}

/// The files of the page, built.
fn page(root: &Path) -> Result<Vec<page_server::File>, String> {
    let (folder, glue) = (root.join(WEBGPU), root.join(GLUE));
    let version = same_version(root)?;
    copy_lock(root, &folder)?;
    let target = root.join("target");
    let mut build = cargo(&folder, &["build", "--quiet", "--target", WASM]);
    run_command(build.arg("--target-dir").arg(&target))?;
    let mut build = cargo(&glue, &["build", "--quiet", "--locked"]);
    run_command(build.arg("--target-dir").arg(&target))?;
    let program = format!("debug/glue{}", std::env::consts::EXE_SUFFIX);
    let module = target.join(WASM).join("debug/webgpu.wasm");
    let made = target.join(WASM).join("page");
    println!("JavaScript by wasm-bindgen {version}");
    run_command(Command::new(target.join(program)).arg(module).arg(&made))?;
    let read =
        |path: PathBuf| fs::read(&path).map_err(|error| format!("{}: {error}", path.display()));
    Ok(vec![
        (
            "/",
            "text/html; charset=utf-8",
            read(folder.join("index.html"))?,
        ),
        (
            "/webgpu.js",
            "text/javascript",
            read(made.join("webgpu.js"))?,
        ),
        (
            "/webgpu_bg.wasm",
            "application/wasm",
            read(made.join("webgpu_bg.wasm"))?,
        ),
    ])
}

/// The version of wasm-bindgen, which the module and the program must have alike.
fn same_version(root: &Path) -> Result<String, String> {
    let read = |lock: &Path, name: &str| {
        let lock = lock.join("Cargo.lock");
        let text = fs::read_to_string(&lock);
        let text = text.map_err(|error| format!("{}: {error}", lock.display()))?;
        let found = version(&text, name).map(String::from);
        found.ok_or_else(|| format!("{} has no {name}", lock.display()))
    };
    let (glue, wanted) = (root.join(GLUE), read(root, "wasm-bindgen")?);
    match read(&glue, "wasm-bindgen-cli-support")? {
        has if has == wanted => Ok(has),
        has => Err(format!(
            "wasm-bindgen is {wanted} in Cargo.lock, and its program {has} in {GLUE}: its \
             Cargo.toml must say ={wanted}, and `cargo update` must run there"
        )),
    }
}

/// The version of a package in a Cargo.lock.
fn version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let line = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|&other| other != line);
    let version = lines.nth(1)?.strip_prefix("version = \"")?;
    version.strip_suffix('"')
}

/// A Chromium at work, with a folder for all that it writes; both go with this.
struct Browser {
    child: Child,
    folder: PathBuf,
    log: PathBuf,
}

impl Browser {
    fn open(url: &str) -> Result<Self, String> {
        let name = format!("xtask-chromium-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let fail = |error| format!("{}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(fail)?;
        let log = folder.join("log");
        let words = File::create(&log).map_err(fail)?;
        let mut command = Command::new("chromium");
        command
            .args(FLAGS)
            .arg(format!(
                "--user-data-dir={}",
                folder.join("profile").display()
            ))
            .arg(url)
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env("XDG_CACHE_HOME", folder.join("cache"))
            .stdin(Stdio::null())
            .stdout(words.try_clone().map_err(fail)?)
            .stderr(words);
        match command.spawn() {
            Ok(child) => Ok(Self { child, folder, log }),
            Err(error) => {
                let _ = fs::remove_dir_all(&folder);
                Err(format!("`chromium` did not start: {error}"))
            }
        }
    }

    /// Waits for what the page says.
    fn report(mut self, server: &PageServer) -> Result<Report, String> {
        let begun = Instant::now();
        loop {
            if let Some(report) = server.answer() {
                return Ok(report);
            }
            let ended = self.child.try_wait();
            let ended = ended.map_err(|error| format!("Chromium: {error}"))?;
            let reason = match ended {
                Some(status) => format!("Chromium ended ({status}) before its page had reported"),
                None if begun.elapsed() > HANGS => {
                    format!("no report of the page in {} s", HANGS.as_secs())
                }
                None => {
                    std::thread::sleep(PAUSE);
                    continue;
                }
            };
            return Err(format!("{reason}; it wrote:\n{}", self.last_lines()));
        }
    }

    fn last_lines(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Browser {
    /// Chromium's own children end when it does; until then they may still write.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for _ in 0..100 {
            if fs::remove_dir_all(&self.folder).is_ok() || !self.folder.exists() {
                return;
            }
            std::thread::sleep(PAUSE * 10);
        }
        println!("{} could not be removed", self.folder.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_version_holds_here() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let version = same_version(root).unwrap();
        assert!(version.starts_with("0.2."), "{version}");
    }

    #[test]
    fn version_is_that_of_the_whole_name() {
        let lock = "[[package]]\nname = \"a-b\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"a\"\nversion = \"2.0.0\"\nsource = \"x\"\n";
        assert_eq!(version(lock, "a"), Some("2.0.0"));
        assert_eq!(version(lock, "a-b"), Some("1.0.0"));
        assert_eq!(version(lock, "b"), None);
    }

    #[test]
    fn outcome_only_ok_holds() {
        let report = |path: &str| Report {
            path: path.into(),
            words: "words".into(),
        };
        for install in [Install::Asked, Install::Ci, Install::No] {
            assert_eq!(outcome(&report("/ok"), install), Ok(Outcome::Held));
            for path in ["/failed", "/other"] {
                let error = outcome(&report(path), install).unwrap_err();
                assert!(error.contains("words"), "{error}");
            }
            let without = outcome(&report("/no-adapter"), install);
            assert_eq!(without.is_ok(), install == Install::No, "{without:?}");
            assert_ne!(without, Ok(Outcome::Held));
        }
    }
}
