//! Row shards are summed in few places.

use super::finding::Finding;
use super::numerical::is_numerical;
use crate::source::{line_of, without_tests};
use crate::tree::{Source, Tree};

/// Those who call `Collective::sum`: the adjoint of the row-sharded operator, and what joins the passes of
/// global training.
const CALLERS: [&str; 2] = [
    "crates/linalg-core/src/row_sharded.rs",
    "crates/crelu-global/src/sharded.rs",
];

/// In the numerical crates no other code calls a `sum` that takes an argument (an iterator's
/// takes none).
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let others = tree
        .sources
        .iter()
        .filter(|s| is_numerical(s) && !CALLERS.contains(&&s.path[..]));
    others.flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let code = without_tests(&source.code);
    let calls = code
        .match_indices(".sum(")
        .map(|(offset, call)| (offset, offset + call.len()));
    let with_argument = calls.filter(|&(_, end)| !code[end..].trim_start().starts_with(')'));
    with_argument
        .map(|(offset, _)| {
            let message = format!(
                "a sum over shards; only {} may take one",
                CALLERS.join(" and ")
            );
            Finding::at(&source.path, line_of(&code, offset), message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        let sources = vec![Source::new(path, text)];
        check(&Tree {
            sources,
            ..Tree::default()
        })
        .len()
    }

    #[test]
    fn check_second_caller_is_found() {
        let call = "fn f(c: &dyn Collective) { c.sum(&mut x); }";
        assert_eq!(count("crates/krylov/src/cg.rs", call), 1);
        assert_eq!(count("crates/linalg-core/src/product.rs", call), 1);
        assert_eq!(CALLERS.map(|caller| count(caller, call)), [0, 0]);
        assert_eq!(
            count(
                "crates/krylov/src/cg.rs",
                "let s = x.iter().sum::<f64>() + y.sum();"
            ),
            0
        );
    }
}
