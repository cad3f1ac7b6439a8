//! Symbols of Python are found when it loads the library: the linker of macOS must be told.

use std::io::{Write, stdout};

fn main() -> std::io::Result<()> {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "macos") {
        for argument in ["-undefined", "dynamic_lookup"] {
            writeln!(stdout(), "cargo::rustc-link-arg-cdylib={argument}")?;
        }
    }
    writeln!(stdout(), "cargo::rerun-if-changed=build.rs")
}
