//! Files stay short enough to be read.

use super::finding::Finding;
use crate::tree::{Source, Tree};

/// The most lines of code that a file outside of `tests/` may hold; blank lines and comments do
/// not count.
const MOST_LINES: usize = 600;

/// No file is longer than [`MOST_LINES`].
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources.iter().filter_map(check_source).collect()
}

fn check_source(source: &Source) -> Option<Finding> {
    let is_test = source.path.contains("/tests/");
    let lines = source.code.lines().filter(|line| !line.trim().is_empty());
    let lines = lines.count();
    (!is_test && lines > MOST_LINES).then(|| {
        let message = format!("{lines} lines of code, {MOST_LINES} are the most");
        Finding::new(&source.path, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_too_long_file_is_found() {
        let long = "fn f() {}\n".repeat(MOST_LINES + 1);
        assert!(check_source(&Source::new("crates/a/src/f.rs", &long)).is_some());
        assert!(check_source(&Source::new("crates/a/tests/it/f.rs", &long)).is_none());
        let commented = format!("{}// end\n\n", "fn f() {}\n".repeat(MOST_LINES));
        assert!(check_source(&Source::new("crates/a/src/f.rs", commented)).is_none());
    }
}
