//! The source tree, read once: what every rule of tidy looks at.

use std::fs;
use std::path::Path;

use crate::metadata::{self, Package};
use crate::source;

/// The members of the workspace and their files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    pub(crate) packages: Vec<Package>,
    /// Every `.rs` file of the members.
    pub(crate) sources: Vec<Source>,
    /// Every `.wgsl` file of the members.
    pub(crate) shaders: Vec<String>,
    /// Every `Cargo.toml` of the members, as (path, text).
    pub(crate) manifests: Vec<(String, String)>,
    /// The folders in `crates/`.
    pub(crate) crate_folders: Vec<String>,
    /// The text of `docs/ARCHITECTURE.md`.
    pub(crate) architecture: String,
    /// The text of `docs/NOTATION.md`.
    pub(crate) notation: String,
    /// Every file under `data/`.
    pub(crate) data_files: Vec<String>,
    /// The text of `data/README.md`.
    pub(crate) data_notes: String,
}

/// One Rust file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// Relative to the workspace, with `/` between folders.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with comments and the content of literals blanked.
    pub(crate) code: String,
}

impl Source {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let code = source::code_only(&text);
        Self {
            path: path.into(),
            text,
            code,
        }
    }

    /// Whether the file is part of that crate's library or program, not of its tests.
    pub(crate) fn is_shipped_by(&self, folder: &str) -> bool {
        let inside = self.path.strip_prefix(folder).unwrap_or_default();
        inside.starts_with("/src/") && !inside.ends_with("/tests.rs") && !inside.contains("/tests/")
    }

    pub(crate) fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

impl Tree {
    /// Reads the workspace at `root`.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let packages = metadata::members(root)?;
        let mut tree = Self {
            architecture: read(root, "docs/ARCHITECTURE.md")?,
            notation: read(root, "docs/NOTATION.md")?,
            data_notes: read(root, "data/README.md")?,
            crate_folders: folders(&root.join("crates"))?,
            ..Self::default()
        };
        collect_files(root, "data", &mut tree.data_files)?;
        for package in &packages {
            let manifest = format!("{}/Cargo.toml", package.folder);
            let text = read(root, &manifest)?;
            tree.manifests.push((manifest, text));
            let mut files = Vec::new();
            collect_files(root, &package.folder, &mut files)?;
            let shaders = files.iter().filter(|path| path.ends_with(".wgsl"));
            tree.shaders.extend(shaders.cloned());
            for path in files.into_iter().filter(|path| path.ends_with(".rs")) {
                let text = read(root, &path)?;
                tree.sources.push(Source::new(path, text));
            }
        }
        tree.packages = packages;
        Ok(tree)
    }
}

fn read(root: &Path, path: &str) -> Result<String, String> {
    fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))
}

/// The sorted names in a folder, with whether each is a folder itself.
fn entries(folder: &Path) -> Result<Vec<(String, bool)>, String> {
    let fail = |error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        names.push((name, entry.path().is_dir()));
    }
    names.sort();
    Ok(names)
}

fn folders(folder: &Path) -> Result<Vec<String>, String> {
    let entries = entries(folder)?.into_iter();
    Ok(entries
        .filter(|entry| entry.1)
        .map(|entry| entry.0)
        .collect())
}

/// Every file under a folder, but for build outputs and hidden names.
fn collect_files(root: &Path, folder: &str, files: &mut Vec<String>) -> Result<(), String> {
    for (name, is_folder) in entries(&root.join(folder))? {
        let path = format!("{folder}/{name}");
        if name.starts_with('.') || (is_folder && name == "target") {
            continue;
        }
        if is_folder {
            collect_files(root, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shipped_by_tests_and_other_crates_are_not() {
        let shipped = |path: &str| Source::new(path, "").is_shipped_by("crates/a");
        assert!(shipped("crates/a/src/x/y.rs"));
        for path in [
            "crates/a/src/x/tests.rs",
            "crates/a/tests/it/main.rs",
            "crates/a/examples/e.rs",
            "crates/ab/src/x.rs",
        ] {
            assert!(!shipped(path), "{path}");
        }
    }

    #[test]
    fn read_missing_workspace_names_what_is_missing() {
        assert!(Tree::read(Path::new("/no/such/folder")).is_err());
    }
}
