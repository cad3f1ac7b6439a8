//! Threads come into the numerical crates through one feature, `parallel`, and leave with it.

use super::finding::Finding;
use super::numerical::NUMERICAL;
use crate::metadata::{Dependency, Package};
use crate::tree::Tree;

const FEATURE: &str = "parallel";

/// In the numerical crates rayon is optional and only `parallel` switches it on; the same holds
/// for faer's `rayon` feature; and the crates use one another without default features, handing
/// `parallel` down.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_numerical = |package: &&Package| NUMERICAL.contains(&package.name.as_str());
    let numerical: Vec<&Package> = tree.packages.iter().filter(is_numerical).collect();
    numerical
        .iter()
        .flat_map(|package| check_package(package, &numerical))
        .collect()
}

fn check_package(package: &Package, numerical: &[&Package]) -> Vec<Finding> {
    let shipped = package.dependencies.iter().filter(|d| !d.dev);
    let mut messages: Vec<String> = Vec::new();
    for dependency in shipped {
        match dependency.name.as_str() {
            "rayon" if !dependency.optional => messages.push("rayon must be optional".into()),
            "faer" => messages.extend(check_faer(dependency)),
            name => {
                if let Some(lower) = numerical.iter().find(|lower| lower.name == name) {
                    messages.extend(check_lower(package, dependency, lower));
                }
            }
        }
    }
    for (feature, list) in &package.features {
        let starts_threads = |entry: &&String| is_rayon(entry) || entry.ends_with("/parallel");
        // Cargo adds a feature of the dependency's own name where no `dep:rayon` hides it.
        if feature == "rayon" {
            messages.push("the feature `rayon` must be hidden behind `dep:rayon`".into());
        } else if feature != FEATURE {
            let hits = list.iter().filter(starts_threads);
            messages.extend(
                hits.map(|entry| {
                    format!("feature `{feature}` names `{entry}`; only `{FEATURE}` may")
                }),
            );
        }
    }
    let place = format!("{}/Cargo.toml", package.folder);
    let finding = |message| Finding::new(&place, message);
    messages.into_iter().map(finding).collect()
}

fn is_rayon(entry: &str) -> bool {
    matches!(entry, "rayon" | "dep:rayon") || entry.ends_with("/rayon")
}

fn check_faer(faer: &Dependency) -> Option<String> {
    let always = faer.default_features || faer.features.iter().any(|f| f == "rayon");
    always.then(|| format!("faer's `rayon` must come from the feature `{FEATURE}` alone"))
}

fn check_lower(package: &Package, edge: &Dependency, lower: &Package) -> Vec<String> {
    let mut messages = Vec::new();
    let name = &lower.name;
    if edge.default_features {
        messages.push(format!(
            "`{name}` must be used with `default-features = false`"
        ));
    }
    if edge.features.iter().any(|f| f == FEATURE) {
        messages.push(format!(
            "`{name}` must get `{FEATURE}` from the feature alone"
        ));
    }
    let used_as = edge.rename.as_ref().unwrap_or(name);
    let hands_down = package.features.get(FEATURE).is_some_and(|list| {
        let entries = [
            format!("{used_as}/{FEATURE}"),
            format!("{used_as}?/{FEATURE}"),
        ];
        list.iter().any(|entry| entries.contains(entry))
    });
    if lower.features.contains_key(FEATURE) && !hands_down {
        messages.push(format!(
            "feature `{FEATURE}` must hand down `{name}/{FEATURE}`"
        ));
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(name: &str, optional: bool) -> Dependency {
        Dependency {
            name: name.into(),
            optional,
            ..Default::default()
        }
    }

    fn package(name: &str, parallel: &[&str], dependencies: Vec<Dependency>) -> Package {
        let list = parallel.iter().map(ToString::to_string).collect();
        let default = vec![FEATURE.to_string()];
        Package {
            name: name.into(),
            dependencies,
            features: [(FEATURE.into(), list), ("default".into(), default)].into(),
            ..Default::default()
        }
    }

    fn good() -> Tree {
        let below = vec![dependency("rayon", true), dependency("faer", false)];
        let above = vec![dependency("linalg-core", false)];
        Tree {
            packages: vec![
                package("linalg-core", &["dep:rayon", "faer/rayon"], below),
                package("krylov", &["linalg-core/parallel"], above),
            ],
            ..Tree::default()
        }
    }

    fn count(change: impl FnOnce(&mut [Package])) -> usize {
        let mut tree = good();
        change(&mut tree.packages);
        check(&tree).len()
    }

    #[test]
    fn check_threads_behind_the_feature_have_no_finding() {
        assert_eq!(check(&good()), []);
    }

    #[test]
    fn check_threads_without_the_feature_are_found() {
        assert_eq!(count(|p| p[0].dependencies[0].optional = false), 1);
        assert_eq!(count(|p| p[0].dependencies[1].default_features = true), 1);
        assert_eq!(
            count(|p| p[0].dependencies[1].features = vec!["rayon".into()]),
            1
        );
        let other = || ("fast".to_string(), vec!["faer/rayon".to_string()]);
        assert_eq!(count(|p| p[0].features.extend([other()])), 1);
        let implicit = || ("rayon".to_string(), vec!["dep:rayon".to_string()]);
        assert_eq!(count(|p| p[0].features.extend([implicit()])), 1);
    }

    #[test]
    fn check_lower_crate_with_threads_always_on_or_never_is_found() {
        assert_eq!(count(|p| p[1].dependencies[0].default_features = true), 1);
        assert_eq!(
            count(|p| p[1].dependencies[0].features = vec![FEATURE.into()]),
            1
        );
        assert_eq!(count(|p| p[1].features.clear()), 1);
    }
}
