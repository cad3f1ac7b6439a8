//! The licence and the source of every dependency, checked without any tool but cargo.

use std::path::Path;

use crate::metadata::{self, Package};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks all that the workspaces in some folders depend on against the list in `deny.toml`, and
/// prints every package that fails.
pub(crate) fn run(root: &Path, folders: &[&Path]) -> Result<(), String> {
    let config = std::fs::read_to_string(root.join("deny.toml"))
        .map_err(|error| format!("deny.toml: {error}"))?;
    let allowed = allowed(&config)?;
    let (mut packages, mut complete) = (Vec::<Package>::new(), true);
    for folder in folders {
        let (mut more, whole) = metadata::everything(folder)?;
        more.retain(|new| packages.iter().all(|old| !is_same(old, new)));
        packages.extend(more);
        complete &= whole;
    }
    let complaints: Vec<String> = packages
        .iter()
        .filter_map(|package| complaint(package, &allowed))
        .collect();
    for line in &complaints {
        println!("{line}");
    }
    if !complete {
        println!("dependencies for other platforms are not on this machine and were not checked");
    }
    if complaints.is_empty() {
        println!(
            "licences and sources of {} packages are allowed",
            packages.len()
        );
        return Ok(());
    }
    Err(format!("{} packages are not allowed", complaints.len()))
}

/// Whether two packages are one.
fn is_same(one: &Package, other: &Package) -> bool {
    one.name == other.name && one.version == other.version && one.source == other.source
}

/// The list `allow` of the section `[licenses]`.
fn allowed(config: &str) -> Result<Vec<&str>, String> {
    let section = config.split("\n[licenses]").nth(1);
    let section = section.and_then(|rest| rest.split("\n[").next());
    let list = section.and_then(|section| section.split("allow = [").nth(1));
    let list = list.and_then(|rest| rest.split(']').next());
    let list = list.ok_or("deny.toml has no `allow = [` under [licenses]")?;
    Ok(list.split('"').skip(1).step_by(2).collect())
}

/// What is wrong with a package, if anything.
fn complaint(package: &Package, allowed: &[&str]) -> Option<String> {
    let name = format!("{} {}", package.name, package.version);
    let source = package.source.as_deref();
    if let Some(source) = source.filter(|&source| source != CRATES_IO) {
        return Some(format!("{name}: comes from {source}"));
    }
    let Some(license) = &package.license else {
        return Some(format!("{name}: states no licence"));
    };
    match is_allowed(license, allowed) {
        Some(true) => None,
        Some(false) => Some(format!("{name}: licence {license} is not allowed")),
        None => Some(format!("{name}: licence {license} cannot be read")),
    }
}

/// Whether an SPDX expression can be met by allowed licences alone; `None` if it is malformed.
/// A slash, as old packages write it, means OR.
fn is_allowed(expression: &str, allowed: &[&str]) -> Option<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut words: Vec<&str> = spaced.split_whitespace().rev().collect();
    let value = either(&mut words, allowed)?;
    words.is_empty().then_some(value)
}

fn either(words: &mut Vec<&str>, allowed: &[&str]) -> Option<bool> {
    let mut value = both(words, allowed)?;
    while words.pop_if(|word| *word == "OR").is_some() {
        value |= both(words, allowed)?;
    }
    Some(value)
}

fn both(words: &mut Vec<&str>, allowed: &[&str]) -> Option<bool> {
    let mut value = single(words, allowed)?;
    while words.pop_if(|word| *word == "AND").is_some() {
        value &= single(words, allowed)?;
    }
    Some(value)
}

fn single(words: &mut Vec<&str>, allowed: &[&str]) -> Option<bool> {
    match words.pop()? {
        "(" => {
            let value = either(words, allowed)?;
            (words.pop()? == ")").then_some(value)
        }
        ")" | "OR" | "AND" | "WITH" => None,
        license if words.pop_if(|word| *word == "WITH").is_some() => {
            let full = format!("{license} WITH {}", words.pop()?);
            Some(allowed.contains(&full.as_str()))
        }
        license => Some(allowed.contains(&license)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: [&str; 3] = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];

    #[test]
    fn is_allowed_follows_the_expression() {
        for (expression, expected) in [
            ("MIT", Some(true)),
            ("GPL-3.0", Some(false)),
            ("GPL-3.0 OR MIT", Some(true)),
            ("Apache-2.0/MIT", Some(true)),
            ("MIT AND GPL-3.0", Some(false)),
            ("GPL-3.0 OR MIT AND ISC", Some(true)),
            ("(GPL-3.0 OR MIT) AND ISC", Some(true)),
            ("(MIT OR ISC) AND GPL-3.0", Some(false)),
            ("Apache-2.0 WITH LLVM-exception", Some(true)),
            ("Apache-2.0", Some(false)),
            ("MIT AND", None),
            ("(MIT", None),
            ("MIT ISC", None),
            ("", None),
        ] {
            assert_eq!(is_allowed(expression, &ALLOWED), expected, "{expression}");
        }
    }

    #[test]
    fn complaint_bad_licence_and_foreign_source_are_found() {
        let package = |license: Option<&str>, source: Option<&str>| Package {
            license: license.map(String::from),
            source: source.map(String::from),
            ..Default::default()
        };
        let complain = |license, source| complaint(&package(license, source), &ALLOWED).is_some();
        assert!(!complain(Some("MIT"), Some(CRATES_IO)));
        assert!(!complain(Some("MIT"), None));
        assert!(complain(Some("AGPL-3.0"), Some(CRATES_IO)));
        assert!(complain(None, Some(CRATES_IO)));
        assert!(complain(Some("MIT"), Some("git+https://example.org/a")));
    }

    #[test]
    fn allowed_reads_the_list_of_the_right_section() {
        let config = "[bans]\nallow = [\"x\"]\n\n[licenses]\nallow = [\n  \"MIT\",\n  \"ISC\",\n]\n\n[sources]\n";
        assert_eq!(allowed(config), Ok(vec!["MIT", "ISC"]));
        assert!(allowed("[bans]\nallow = [\"x\"]\n").is_err());
    }
}
