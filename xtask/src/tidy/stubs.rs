//! Nothing unfinished and no test that is switched off.

use super::finding::Finding;
use crate::source::line_of;
use crate::tree::{Source, Tree};

const IN_CODE: [&str; 4] = ["#[ignore", "should_panic", "todo!(", "unimplemented!("];

/// What a fenced block of a doc comment must not be marked as: examples run.
const FENCES: [&str; 2] = ["```ignore", "```should_panic"];

/// No source holds one of the above.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources.iter().flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut report = |line, what| {
        findings.push(Finding::at(
            &source.path,
            line,
            format!("`{what}` has no place here"),
        ));
    };
    for what in IN_CODE {
        for (offset, _) in source.code.match_indices(what) {
            report(line_of(&source.code, offset), what);
        }
    }
    for (line, text) in (1..).zip(source.text.lines()) {
        let comment = text.trim_start();
        if !comment.starts_with("///") && !comment.starts_with("//!") {
            continue;
        }
        for what in FENCES.into_iter().filter(|what| comment.contains(what)) {
            report(line, what);
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_each_stub_is_found() {
        for bad in [
            "#[ignore]",
            "#[ignore = \"slow\"]",
            "#[should_panic(expected = \"x\")]",
            "fn f() { todo!() }",
            "fn f() { unimplemented!(\"later\") }",
            "/// ```ignore",
            "//! ```should_panic",
        ] {
            let findings = check_source(&Source::new("crates/a/src/f.rs", format!("\n{bad}\n")));
            assert_eq!(findings.len(), 1, "{bad}");
            assert_eq!(findings[0].place, "crates/a/src/f.rs:2", "{bad}");
        }
        let good = "// todo!() comes next\nlet word = \"should_panic\";\n/// ```text\n";
        assert_eq!(check_source(&Source::new("crates/a/src/f.rs", good)), []);
    }
}
