//! The programs outside of the workspace's graph, and what they are built with.

use std::path::Path;
use std::process::Command;

use crate::install::{Install, Tool};
use crate::process::output;

/// Training without an operating system.
pub(crate) const BROWSER: &str = "examples/browser";
/// The kernels in a browser: the page and its module.
pub(crate) const WEBGPU: &str = "examples/webgpu";
/// What makes the module's JavaScript, with dependencies of its own in a Cargo.lock of its own.
pub(crate) const GLUE: &str = "examples/webgpu/glue";

pub(crate) const FOLDERS: [&str; 3] = [BROWSER, WEBGPU, GLUE];

/// The target that a browser runs.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The workspace's versions, for a program outside of it.
pub(crate) fn copy_lock(root: &Path, folder: &Path) -> Result<(), String> {
    let lock = folder.join("Cargo.lock");
    std::fs::copy(root.join("Cargo.lock"), &lock)
        .map_err(|error| format!("{}: {error}", lock.display()))?;
    Ok(())
}

/// The target that a browser runs is there, or has been installed.
pub(crate) fn ensure_wasm(install: Install) -> Result<(), String> {
    install.ensure(&Tool {
        name: "the Rust target wasm32-unknown-unknown",
        is_there: || has_target(WASM),
        commands: &[&["rustup", "target", "add", WASM]],
    })
}

fn has_target(target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    let folder = output(command.args(["--print", "target-libdir", "--target", target]));
    folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_target_of_unknown_name_is_false() {
        assert!(!has_target("no-such-target"));
    }
}
