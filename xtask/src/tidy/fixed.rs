//! Tests pass or fail the same way everywhere: they draw from stored seeds, and no clock but their
//! own moves them.

use super::finding::Finding;
use crate::source::{block_end, line_of, names_under, word_offsets};
use crate::tree::{Source, Tree};

/// Words that read a wall clock, wait for time to pass, or draw fresh seeds.
const WORDS: [&str; 8] = [
    "Instant",
    "SystemTime",
    "sleep",
    "elapsed",
    "ProptestConfig",
    "TestRunner",
    "OsRng",
    "SysRng",
];

/// Functions of `rand` that draw from the system.
const RAND: [&str; 3] = ["rng", "thread_rng", "random"];

/// No file of tests has one of the words, and every `proptest!` block takes its configuration from
/// `testkit`, with a stored seed.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let tests = tree.sources.iter().filter(|s| s.path.contains("/tests/"));
    tests.flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let code = &source.code;
    let mut hits: Vec<(usize, String)> = Vec::new();
    for word in WORDS {
        let message = format!("`{word}` in a test: seeds are stored and clocks are moved");
        hits.extend(word_offsets(code, word).map(|at| (at, message.clone())));
    }
    for (at, name) in names_under(code, "rand") {
        if RAND.contains(&name) {
            hits.push((at, format!("`rand::{name}` in a test: seeds are stored")));
        }
    }
    for (at, _) in code.match_indices("proptest! {") {
        if !code[at..block_end(code, at)].contains("#![proptest_config(testkit::cases(") {
            let message = "a `proptest!` block without `#![proptest_config(testkit::cases(…))]`";
            hits.push((at, message.into()));
        }
    }
    let finding = |(at, message)| Finding::at(&source.path, line_of(code, at), message);
    hits.into_iter().map(finding).collect()
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
    fn check_clocks_and_fresh_seeds_in_tests_are_found() {
        for bad in [
            "use std::time::Instant;",
            "std::thread::sleep(x);",
            "let s = begun.elapsed();",
            "let mut r = rand::rng();",
            "proptest! {\n#[test]\nfn f(x in 0..3) {}\n}",
            "proptest! {\n#![proptest_config(other(3))]\nfn f(x in 0..3) {}\n}",
        ] {
            assert_eq!(count("crates/a/tests/it/x.rs", bad), 1, "{bad}");
            assert_eq!(count("crates/a/src/x.rs", bad), 0, "{bad}");
        }
        let two = "#![proptest_config(ProptestConfig::with_cases(3))]";
        let block = format!("proptest! {{\n{two}\nfn f(x in 0..3) {{}}\n}}");
        assert_eq!(count("crates/a/tests/it/x.rs", &block), 2);
    }

    #[test]
    fn check_stored_seeds_and_moved_clocks_have_no_finding() {
        let good = "// no Instant\nlet clock = MovingClock::ticking(1.0);\nproptest! {\n\
            #![proptest_config(testkit::cases(1, 2))]\nfn f(x in 0..3) {}\n}";
        assert_eq!(count("crates/a/tests/it/x.rs", good), 0);
    }
}
