//! Every member takes the workspace's lints.

use super::finding::Finding;
use crate::tree::Tree;

/// Each `Cargo.toml` holds `workspace = true` under `[lints]`.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let missing = tree.manifests.iter().filter(|(_, text)| !takes_lints(text));
    missing
        .map(|(path, _)| Finding::new(path, "no `workspace = true` under `[lints]`"))
        .collect()
}

fn takes_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim);
    let mut section = lines.by_ref().skip_while(|&line| line != "[lints]").skip(1);
    section
        .by_ref()
        .take_while(|line| !line.starts_with('['))
        .any(|line| line.replace(' ', "") == "workspace=true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_manifest_without_the_lints_is_found() {
        for bad in [
            "[package]\nname = \"a\"\n",
            "[lints]\n\n[dependencies]\nworkspace = true\n",
            "[lints]\nworkspace = false\n",
        ] {
            let manifests = vec![("crates/a/Cargo.toml".into(), bad.into())];
            assert_eq!(
                check(&Tree {
                    manifests,
                    ..Tree::default()
                })
                .len(),
                1,
                "{bad}"
            );
        }
        assert!(takes_lints(
            "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"
        ));
    }
}
