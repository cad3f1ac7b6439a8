//! Which tests draw random data: those in a `proptest!` block, and those that loop over
//! `testkit::seeds`.

use crate::source::{block_end, is_word, word_offsets};
use crate::tree::{Source, Tree};

/// A random test of a package's one integration test program.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RandomTest {
    /// The package's folder, relative to the workspace.
    pub(crate) folder: String,
    /// As the test program names it: `file::function`.
    pub(crate) name: String,
}

/// The folder of integration tests, in every package.
const FOLDER: &str = "/tests/it/";

/// All random tests.
pub(crate) fn find(tree: &Tree) -> Vec<RandomTest> {
    tree.sources.iter().flat_map(of_source).collect()
}

fn of_source(source: &Source) -> Vec<RandomTest> {
    let Some((folder, file)) = source.path.split_once(FOLDER) else {
        return Vec::new();
    };
    let module = file.trim_end_matches(".rs").replace('/', "::");
    let names = tests(&source.code).into_iter();
    names
        .filter(|test| test.is_random)
        .map(|test| RandomTest {
            folder: folder.into(),
            name: format!("{module}::{}", test.name),
        })
        .collect()
}

struct Test<'a> {
    name: &'a str,
    is_random: bool,
}

/// Every `#[test]` function of the code, and whether it draws.
fn tests(code: &str) -> Vec<Test<'_>> {
    const MARK: &str = "#[test]";
    let blocks: Vec<_> = code
        .match_indices("proptest!")
        .map(|(at, _)| at..block_end(code, at))
        .collect();
    let mut found = Vec::new();
    for (at, _) in code.match_indices(MARK) {
        let rest = &code[at..];
        let Some(name_at) = rest.find("fn ").map(|start| start + 3) else {
            continue;
        };
        let name = &rest[name_at..];
        let name = &name[..name.find(|c| !is_word(c)).unwrap_or(name.len())];
        let body = &code[at..block_end(code, at + name_at)];
        let draws = word_offsets(body, "seeds").any(|at| body[at..].starts_with("seeds("));
        found.push(Test {
            name,
            is_random: draws || blocks.iter().any(|block| block.contains(&at)),
        });
    }
    found
}

#[cfg(test)]
mod tests_of_this {
    use super::*;

    #[test]
    fn find_takes_properties_and_loops_over_seeds() {
        let text = "use testkit::seeds;\n#[test]\nfn fixed() { let seeds = 3; }\n\
            #[test]\nfn looped() { for seed in seeds(0..3) { go(seed); } }\n\
            proptest! {\n#![proptest_config(testkit::cases(1, 2))]\n\
            #[test]\nfn drawn(x in 0..3) { if x > 0 { go(x) } }\n\
            #[test]\nfn drawn_too(x in 0..3) {}\n}\n#[test]\nfn last() {}\n";
        let tree = Tree {
            sources: vec![
                Source::new("crates/a/tests/it/deep.rs", text),
                Source::new("crates/a/src/deep.rs", text),
            ],
            ..Tree::default()
        };
        let found = find(&tree);
        let names: Vec<&str> = found.iter().map(|test| &test.name[..]).collect();
        assert_eq!(names, ["deep::looped", "deep::drawn", "deep::drawn_too"]);
        assert!(found.iter().all(|test| test.folder == "crates/a"));
    }
}
