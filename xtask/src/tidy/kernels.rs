//! A compute shader has its Rust side beside it and a twin.

use super::finding::Finding;
use crate::tree::Tree;

/// The text that all shaders of a folder share.
const SHARED: &str = "prelude.wgsl";

/// For `kernels/NAME.wgsl` there are `kernels/NAME.rs` and `twin/NAME.rs`, and for each twin there is a
/// shader.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let has = |path: &str| tree.sources.iter().any(|source| source.path == path);
    let mut findings = Vec::new();
    for shader in &tree.shaders {
        let Some((folder, name)) = shader.rsplit_once("/kernels/") else {
            let message = "a shader outside of a folder `kernels`".to_owned();
            findings.push(Finding::new(shader, message));
            continue;
        };
        if name == SHARED {
            continue;
        }
        let stem = name.trim_end_matches(".wgsl");
        for wanted in ["kernels", "twin"].map(|side| format!("{folder}/{side}/{stem}.rs")) {
            if !has(&wanted) {
                findings.push(Finding::new(shader, format!("no `{wanted}` beside it")));
            }
        }
    }
    for source in &tree.sources {
        let Some((folder, name)) = source.path.rsplit_once("/twin/") else {
            continue;
        };
        let shader = format!("{folder}/kernels/{}", name.replace(".rs", ".wgsl"));
        if name != "mod.rs" && !tree.shaders.contains(&shader) {
            findings.push(Finding::new(&source.path, format!("no `{shader}` for it")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Source;

    fn check_files(shaders: &[&str], sources: &[&str]) -> usize {
        let tree = Tree {
            shaders: shaders.iter().map(|path| (*path).to_owned()).collect(),
            sources: sources.iter().map(|path| Source::new(*path, "")).collect(),
            ..Tree::default()
        };
        check(&tree).len()
    }

    #[test]
    fn check_shader_without_a_side_is_found() {
        let (shader, rust, twin) = (
            "crates/a/src/kernels/dots.wgsl",
            "crates/a/src/kernels/dots.rs",
            "crates/a/src/twin/dots.rs",
        );
        assert_eq!(check_files(&[shader], &[rust, twin]), 0);
        assert_eq!(check_files(&[shader], &[rust]), 1);
        assert_eq!(check_files(&[shader], &[]), 2);
        assert_eq!(check_files(&[], &[rust, twin]), 1);
        assert_eq!(check_files(&["crates/a/src/dots.wgsl"], &[]), 1);
        assert_eq!(check_files(&["crates/a/src/kernels/prelude.wgsl"], &[]), 0);
    }
}
