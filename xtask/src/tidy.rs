//! The rules of the source tree: layers, circles, seams, names, sizes. Each rule is a pure function over
//! the tree in a file of its own, with a test that shows it failing on a bad example.

mod allows;
mod architecture;
mod circles;
mod data_notes;
mod edges;
mod examples;
mod exchange;
mod file_names;
mod finding;
mod fixed;
mod kernels;
mod length;
mod lib_files;
mod lints;
mod notation;
pub(crate) mod numerical;
mod parallel;
mod portable;
mod stubs;
mod vocabulary;

use std::path::Path;

use crate::tree::Tree;
use finding::Finding;

/// A name and a function that lists where the rule is broken.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

const RULES: [Rule; 18] = [
    ("allows", allows::check),
    ("architecture", architecture::check),
    ("circles", circles::check),
    ("data notes", data_notes::check),
    ("edges", edges::check),
    ("examples", examples::check),
    ("exchange", exchange::check),
    ("file names", file_names::check),
    ("fixed", fixed::check),
    ("kernels", kernels::check),
    ("length", length::check),
    ("lib files", lib_files::check),
    ("lints", lints::check),
    ("notation", notation::check),
    ("parallel", parallel::check),
    ("portable", portable::check),
    ("stubs", stubs::check),
    ("vocabulary", vocabulary::check),
];

/// Checks the workspace at `root`, prints every finding, and fails if there is one.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let findings = findings(&Tree::read(root)?);
    for line in &findings {
        println!("{line}");
    }
    match findings.len() {
        0 => Ok(()),
        count => Err(format!("tidy: {count} findings")),
    }
}

fn findings(tree: &Tree) -> Vec<String> {
    let of_rule = |(name, check): &Rule| -> Vec<String> {
        let findings = check(tree);
        findings
            .iter()
            .map(|found| format!("{found} [{name}]"))
            .collect()
    };
    RULES.iter().flat_map(of_rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Source;

    #[test]
    fn tidy_this_workspace_has_no_finding() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let findings = findings(&Tree::read(root).unwrap());
        assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    }

    #[test]
    fn findings_name_the_place_and_the_rule() {
        let mut tree = Tree::default();
        let bad = "fn f() { todo!() }";
        tree.sources.push(Source::new("crates/a/src/f.rs", bad));
        let findings = findings(&tree);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(
            findings[0].starts_with("crates/a/src/f.rs:1: "),
            "{findings:?}"
        );
        assert!(findings[0].ends_with("[stubs]"), "{findings:?}");
    }
}
