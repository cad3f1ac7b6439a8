//! What `cargo metadata` says, in the few fields that the rules read.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::process;

/// A package: a member of the workspace, or one that it depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The folder, relative to the workspace where it is inside of it.
    pub(crate) folder: String,
    /// `None` for a package that comes from a path.
    pub(crate) source: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    /// The kind of each target: lib, bin, example, test, …
    pub(crate) targets: Vec<String>,
}

/// One line of a package's dependency tables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// The name it is used by, where the manifest renames it.
    pub(crate) rename: Option<String>,
    pub(crate) dev: bool,
    pub(crate) optional: bool,
    pub(crate) default_features: bool,
    pub(crate) features: Vec<String>,
}

impl Package {
    pub(crate) fn has_target(&self, kind: &str) -> bool {
        self.targets.iter().any(|target| target == kind)
    }
}

/// The members of the workspace.
pub(crate) fn members(root: &Path) -> Result<Vec<Package>, String> {
    let arguments = ["metadata", "--format-version", "1", "--no-deps"];
    parse(
        root,
        &process::output(&mut process::cargo(root, &arguments))?,
    )
}

/// The members and all that they depend on, on every platform. Where the packages of the other
/// platforms are missing and cannot be had, those of this one alone, and the second value is
/// false.
pub(crate) fn everything(root: &Path) -> Result<(Vec<Package>, bool), String> {
    let arguments = ["metadata", "--format-version", "1", "--locked"];
    if let Ok(json) = process::output(&mut process::cargo(root, &arguments)) {
        return Ok((parse(root, &json)?, true));
    }
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = process::output(std::process::Command::new(rustc).arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or("`rustc -vV` names no host")?;
    let mut command = process::cargo(root, &arguments);
    let json = process::output(command.args(["--filter-platform", host]))?;
    Ok((parse(root, &json)?, false))
}

fn parse(root: &Path, json: &str) -> Result<Vec<Package>, String> {
    let value: Value =
        serde_json::from_str(json).map_err(|error| format!("cargo metadata: {error}"))?;
    Ok(list(&value["packages"])
        .map(|package| parse_package(root, package))
        .collect())
}

fn parse_package(root: &Path, value: &Value) -> Package {
    let manifest = Path::new(value["manifest_path"].as_str().unwrap_or_default());
    let folder = manifest.parent().unwrap_or(manifest);
    let folder = folder.strip_prefix(root).unwrap_or(folder);
    let features = value["features"].as_object().into_iter().flatten();
    Package {
        name: text(&value["name"]).unwrap_or_default(),
        version: text(&value["version"]).unwrap_or_default(),
        folder: folder.to_string_lossy().replace('\\', "/"),
        source: text(&value["source"]),
        license: text(&value["license"]),
        dependencies: list(&value["dependencies"]).map(parse_dependency).collect(),
        features: features
            .map(|(name, value)| (name.clone(), texts(value)))
            .collect(),
        targets: list(&value["targets"])
            .flat_map(|target| texts(&target["kind"]))
            .collect(),
    }
}

fn parse_dependency(value: &Value) -> Dependency {
    Dependency {
        name: text(&value["name"]).unwrap_or_default(),
        rename: text(&value["rename"]),
        dev: value["kind"] == "dev",
        optional: value["optional"] == true,
        default_features: value["uses_default_features"] == true,
        features: texts(&value["features"]),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(String::from)
}

fn texts(value: &Value) -> Vec<String> {
    list(value).filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_reads_the_fields_that_rules_use() {
        let json = r#"{"packages": [{"name": "a", "version": "1.0.0", "source": null,
            "license": "MIT", "manifest_path": "/w/crates/a/Cargo.toml",
            "features": {"parallel": ["dep:rayon"]},
            "dependencies": [{"name": "rayon", "rename": null, "kind": null, "optional": true,
                "uses_default_features": false, "features": ["x"]},
                {"name": "b", "rename": "c", "kind": "dev", "optional": false,
                "uses_default_features": true, "features": []}],
            "targets": [{"kind": ["lib"]}, {"kind": ["example"]}]}]}"#;
        let package = parse(Path::new("/w"), json).unwrap().remove(0);
        assert_eq!(package.folder, "crates/a");
        assert_eq!(package.features["parallel"], ["dep:rayon"]);
        assert!(package.has_target("example") && !package.has_target("bin"));
        let [rayon, b] = &package.dependencies[..] else {
            panic!("{package:?}");
        };
        assert!(rayon.optional && !rayon.default_features && !rayon.dev);
        assert!(b.dev && b.default_features && b.rename.as_deref() == Some("c"));
    }
}
