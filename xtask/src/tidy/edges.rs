//! Which crate may depend on which.

use super::finding::Finding;
use crate::metadata::Package;
use crate::tree::Tree;

/// One member of the workspace: its height in the layering and what it may be built on.
/// Dev-dependencies may name any lower layer and [`FOR_TESTS`], and nothing else.
struct Layer {
    name: &'static str,
    height: u8,
    builds_on: &'static [&'static str],
}

/// What the tests of all crates share: a dev-dependency, never another.
const FOR_TESTS: &str = "testkit";

const LAYERS: [Layer; 17] = [
    Layer {
        name: "linalg-core",
        height: 0,
        builds_on: &[],
    },
    Layer {
        name: "krylov",
        height: 1,
        builds_on: &["linalg-core"],
    },
    Layer {
        name: "crelu-core",
        height: 1,
        builds_on: &["linalg-core"],
    },
    Layer {
        name: "crelu-data",
        height: 2,
        builds_on: &["crelu-core"],
    },
    Layer {
        name: FOR_TESTS,
        height: 1,
        builds_on: &["linalg-core"],
    },
    Layer {
        name: "precond-nystrom",
        height: 2,
        builds_on: &["linalg-core"],
    },
    Layer {
        name: "admm",
        height: 3,
        builds_on: &["linalg-core", "krylov"],
    },
    Layer {
        name: "gpu-wgpu",
        height: 4,
        builds_on: &["linalg-core", "admm"],
    },
    Layer {
        name: "crelu-bound",
        height: 4,
        builds_on: &["linalg-core", "admm", "crelu-core"],
    },
    Layer {
        name: "crelu-convex",
        height: 5,
        builds_on: &[
            "linalg-core",
            "krylov",
            "precond-nystrom",
            "admm",
            "crelu-core",
        ],
    },
    Layer {
        name: "crelu-global",
        height: 5,
        builds_on: &["linalg-core", "admm", "crelu-core"],
    },
    Layer {
        name: "crelu-model",
        height: 6,
        builds_on: &[
            "linalg-core",
            "krylov",
            "precond-nystrom",
            "admm",
            "gpu-wgpu",
            "crelu-core",
            "crelu-convex",
            "crelu-global",
            "crelu-bound",
        ],
    },
    Layer {
        name: "crelu-cli",
        height: 7,
        builds_on: &[
            "linalg-core",
            "krylov",
            "admm",
            "gpu-wgpu",
            "crelu-bound",
            "crelu-model",
            "crelu-data",
        ],
    },
    Layer {
        name: "crelu-py",
        height: 7,
        builds_on: &["krylov", "precond-nystrom", "crelu-model"],
    },
    Layer {
        name: "outside",
        height: 7,
        builds_on: &[
            "krylov",
            "precond-nystrom",
            "admm",
            "crelu-bound",
            "crelu-model",
        ],
    },
    Layer {
        name: "benches",
        height: 8,
        builds_on: &[
            "linalg-core",
            "krylov",
            "precond-nystrom",
            "admm",
            "gpu-wgpu",
            "crelu-bound",
            "crelu-model",
            "crelu-data",
            "crelu-cli",
        ],
    },
    Layer {
        name: "xtask",
        height: 9,
        builds_on: &["benches"],
    },
];

fn layer(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == name)
}

/// Every edge between members must be in [`LAYERS`], and every member must have a layer.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.packages.iter().flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<Finding> {
    let place = format!("{}/Cargo.toml", package.folder);
    let Some(own) = layer(&package.name) else {
        let message = format!("`{}` has no layer in xtask/src/tidy/edges.rs", package.name);
        return vec![Finding::new(place, message)];
    };
    let mut findings = Vec::new();
    for dependency in &package.dependencies {
        let Some(other) = layer(&dependency.name) else {
            continue;
        };
        let (allowed, kind) = match dependency.dev {
            true => (
                other.name == FOR_TESTS || other.height < own.height,
                "dev-depend",
            ),
            false => (own.builds_on.contains(&other.name), "depend"),
        };
        if !allowed {
            let message = format!("`{}` must not {kind} on `{}`", own.name, other.name);
            findings.push(Finding::new(&place, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Dependency;

    fn check_edge(from: &str, to: &str, dev: bool) -> usize {
        let dependency = Dependency {
            name: to.into(),
            dev,
            ..Default::default()
        };
        let package = Package {
            name: from.into(),
            dependencies: vec![dependency],
            ..Default::default()
        };
        check_package(&package).len()
    }

    #[test]
    fn check_upward_or_sideways_edge_is_found() {
        for (from, to) in [
            ("admm", "crelu-model"),
            ("linalg-core", "krylov"),
            ("crelu-model", "crelu-data"),
            ("crelu-data", "linalg-core"),
            ("crelu-cli", "benches"),
            ("xtask", "crelu-model"),
        ] {
            assert_eq!(check_edge(from, to, false), 1, "{from} -> {to}");
        }
        assert_eq!(check_edge("admm", "krylov", false), 0);
    }

    #[test]
    fn check_upward_dev_edge_is_found() {
        assert_eq!(check_edge("admm", "crelu-model", true), 1);
        assert_eq!(check_edge("linalg-core", "crelu-data", true), 1);
        assert_eq!(check_edge("crelu-model", "crelu-data", true), 0);
    }

    #[test]
    fn check_testkit_is_for_tests_alone() {
        for name in ["linalg-core", "crelu-data", "crelu-cli"] {
            assert_eq!(check_edge(name, FOR_TESTS, true), 0, "{name}");
            assert_eq!(check_edge(name, FOR_TESTS, false), 1, "{name}");
        }
    }

    #[test]
    fn check_member_without_a_layer_is_found() {
        assert_eq!(check_edge("precond-other", "linalg-core", false), 1);
    }

    #[test]
    fn layers_build_only_on_lower_ones() {
        for own in &LAYERS {
            for name in own.builds_on {
                assert!(
                    layer(name).unwrap().height < own.height,
                    "{} on {name}",
                    own.name
                );
            }
        }
    }
}
