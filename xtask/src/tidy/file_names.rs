//! Names of Rust files and of the folders that hold them.

use super::finding::Finding;
use crate::tree::Tree;

/// ASCII snake case from `src`, `tests` or `examples` on, and no `utils.rs`.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let paths = tree.sources.iter().map(|source| source.path.as_str());
    paths.filter_map(check_path).collect()
}

fn check_path(path: &str) -> Option<Finding> {
    let member_depth = if path.starts_with("crates/") { 2 } else { 1 };
    let inside = path.split('/').skip(member_depth);
    for part in inside {
        let name = part.strip_suffix(".rs").unwrap_or(part);
        if !is_snake_case(name) {
            return Some(Finding::new(
                path,
                format!("`{part}` is not ASCII snake_case"),
            ));
        }
        if matches!(name, "utils" | "util") {
            return Some(Finding::new(path, format!("`{part}` names no concept")));
        }
    }
    None
}

fn is_snake_case(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_bad_names_are_found() {
        for path in [
            "crates/admm/src/utils.rs",
            "crates/admm/src/util/norm.rs",
            "crates/admm/src/Prox.rs",
            "crates/admm/src/ρ_rule.rs",
            "crates/admm/examples/group-lasso.rs",
            "xtask/src/2d.rs",
        ] {
            assert!(check_path(path).is_some(), "{path}");
        }
        assert_eq!(check_path("crates/linalg-core/tests/it/gram_2.rs"), None);
    }
}
