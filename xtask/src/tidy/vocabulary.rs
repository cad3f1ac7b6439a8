//! Words that a layer must not know.

use super::finding::Finding;
use crate::source::line_of;
use crate::tree::{Source, Tree};

/// In the whole text of a crate's sources, comments too: below `crelu-model` nothing knows the
/// network or its loss.
const ANYWHERE: [(&str, &[&str]); 4] = [
    ("linalg-core", &["relu", "squared loss"]),
    ("krylov", &["relu", "squared loss"]),
    ("precond-nystrom", &["relu", "squared loss"]),
    ("admm", &["relu", "squared loss"]),
];

/// In the code: the splitting solver names no preconditioner and no device.
const IN_CODE: [(&str, &[&str]); 1] = [("admm", &["nystrom", "jacobi", "wgpu"])];

/// No file holds a word that its crate must not know.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources.iter().flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (lists, text) in [(&ANYWHERE[..], &source.text), (&IN_CODE[..], &source.code)] {
        // `prelude` holds the letters of `relu`; a word of the same length keeps the offsets.
        let text = text.to_ascii_lowercase().replace("prelude", "_______");
        for (name, words) in lists {
            if !source.path.starts_with(&format!("crates/{name}/src/")) {
                continue;
            }
            for word in *words {
                for (offset, _) in text.match_indices(word) {
                    let line = line_of(&text, offset);
                    let message = format!("`{word}` is a word that `{name}` must not know");
                    findings.push(Finding::at(&source.path, line, message));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check_source(&Source::new(path, text)).len()
    }

    #[test]
    fn check_word_of_a_higher_layer_is_found() {
        assert_eq!(
            count("crates/admm/src/prox.rs", "// as in a ReLU network"),
            1
        );
        assert_eq!(count("crates/krylov/src/cg.rs", "fn gated_relu() {}"), 1);
        assert_eq!(
            count("crates/linalg-core/src/op.rs", "/// The Squared loss."),
            1
        );
        assert_eq!(count("crates/admm/src/solve.rs", "struct NystromStep;"), 1);
    }

    #[test]
    fn check_prelude_comments_on_steps_and_higher_crates_are_free() {
        assert_eq!(
            count("crates/admm/src/a.rs", "use rayon::prelude::*; // Jacobi"),
            0
        );
        assert_eq!(count("crates/crelu-model/src/a.rs", "fn relu() {}"), 0);
    }
}
