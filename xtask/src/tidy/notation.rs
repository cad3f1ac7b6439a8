//! `docs/NOTATION.md` maps the symbols of the papers to names that the code has.

use super::finding::Finding;
use crate::source::{is_word, word_offsets};
use crate::tree::Tree;

const PAGE: &str = "docs/NOTATION.md";

/// Every name in backticks in the second column of the page's tables is an identifier of the
/// crates' code.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let shipped = |path: &str| path.starts_with("crates/") && path.contains("/src/");
    let sources: Vec<_> = tree.sources.iter().filter(|s| shipped(&s.path)).collect();
    let mut findings = Vec::new();
    for (line, text) in (1..).zip(tree.notation.lines()) {
        for name in names(text) {
            if !sources
                .iter()
                .any(|s| word_offsets(&s.code, name).next().is_some())
            {
                findings.push(Finding::at(
                    PAGE,
                    line,
                    format!("no crate has the name `{name}`"),
                ));
            }
        }
    }
    findings
}

/// The identifiers in backticks in the second cell of a table row.
fn names(row: &str) -> impl Iterator<Item = &str> {
    let cell = row.strip_prefix('|').and_then(|row| row.split('|').nth(1));
    let quoted = cell.unwrap_or_default().split('`').skip(1).step_by(2);
    quoted.filter(|name| name.chars().all(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Source;

    #[test]
    fn check_name_that_the_code_lacks_is_found() {
        let page = "Text with `nothing`.\n\n| symbol | name |\n|---|---|\n| ρ | `rho` | `x` |\n| P | `n_patterns`, `count` |\n";
        let count = |code: &str| {
            let sources = vec![Source::new("crates/admm/src/a.rs", code)];
            check(&Tree {
                sources,
                notation: page.into(),
                ..Tree::default()
            })
        };
        assert_eq!(count("fn f(rho: f64, n_patterns: usize, count: u8) {}"), []);
        assert_eq!(
            count("fn f(rho_0: f64, n_patterns: usize, count: u8) {}").len(),
            1
        );
        assert_eq!(count("// rho n_patterns count").len(), 3);
    }
}
