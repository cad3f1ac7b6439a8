//! Every library shows its use.

use super::finding::Finding;
use crate::metadata::Package;
use crate::tree::Tree;

/// Each library in `crates/` has at least one example.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let lacking = tree.packages.iter().filter(|p| lacks_example(p));
    lacking
        .map(|p| {
            Finding::new(
                format!("{}/examples", p.folder),
                "no example of this library",
            )
        })
        .collect()
}

fn lacks_example(package: &Package) -> bool {
    let is_library = package.has_target("lib") && !package.has_target("bin");
    package.folder.starts_with("crates/") && is_library && !package.has_target("example")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_library_without_example_is_found() {
        let package = |targets: &[&str]| Package {
            folder: "crates/a".into(),
            targets: targets.iter().map(ToString::to_string).collect(),
            ..Default::default()
        };
        let packages = vec![
            package(&["lib", "test"]),
            package(&["lib", "example"]),
            package(&["bin"]),
        ];
        assert_eq!(
            check(&Tree {
                packages,
                ..Tree::default()
            })
            .len(),
            1
        );
    }
}
