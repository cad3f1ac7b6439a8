//! Lints are lifted on an item, not on a crate.

use super::finding::Finding;
use crate::source::line_of;
use crate::tree::{Source, Tree};

/// A file-wide `#![allow(…)]` is for the print lints alone, and only where printing is the job:
/// in `xtask`, in the `crelu` program, in the `benches` program and in examples.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources.iter().flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for mark in ["#![allow(", "#![expect("] {
        for (offset, _) in source.code.match_indices(mark) {
            let rest = &source.code[offset + mark.len()..];
            let list = rest.split(')').next().unwrap_or(rest);
            let lints = list.split(',').map(str::trim);
            let other = lints
                .filter(|lint| !lint.is_empty() && !lint.starts_with("reason"))
                .find(|lint| !matches!(*lint, "clippy::print_stdout" | "clippy::print_stderr"));
            let line = line_of(&source.code, offset);
            if let Some(lint) = other {
                let message = format!("`{lint}` is lifted for a whole file; lift it on the item");
                findings.push(Finding::at(&source.path, line, message));
            } else if !may_print(&source.path) {
                let message = "this file must not print";
                findings.push(Finding::at(&source.path, line, message));
            }
        }
    }
    findings
}

fn may_print(path: &str) -> bool {
    let programs = [
        "xtask/src/main.rs",
        "crates/crelu-cli/src/main.rs",
        "benches/src/main.rs",
        "examples/outside/src/main.rs",
    ];
    programs.contains(&path) || path.contains("/examples/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check_source(&Source::new(path, text)).len()
    }

    const PRINT: &str = "#![allow(\n    clippy::print_stdout,\n    reason = \"a program\"\n)]";

    #[test]
    fn check_lint_lifted_for_a_file_is_found() {
        let unwrap = "#![allow(clippy::unwrap_used, reason = \"short\")]";
        assert_eq!(count("crates/a/src/lib.rs", unwrap), 1);
        assert_eq!(count("xtask/src/main.rs", unwrap), 1);
        assert_eq!(count("crates/a/src/lib.rs", "#![expect(missing_docs)]"), 1);
        assert_eq!(
            count("crates/a/src/lib.rs", "#[allow(dead_code, reason = \"x\")]"),
            0
        );
    }

    #[test]
    fn check_printing_library_is_found() {
        assert_eq!(count("crates/admm/src/lib.rs", PRINT), 1);
        assert_eq!(count("xtask/src/main.rs", PRINT), 0);
        assert_eq!(count("crates/admm/examples/lasso.rs", PRINT), 0);
    }
}
