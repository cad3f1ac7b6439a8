//! Files do not import one another in a circle.

mod imports;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use crate::tree::{Source, Tree};
use imports::{Imports, imports};

/// In no crate does a file import, by way of others or at once, what imports it: what both need stands in
/// a file below them. Tests may.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut crates: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
    for source in &tree.sources {
        if let Some((folder, _)) = source.path.split_once("/src/")
            && source.is_shipped_by(folder)
        {
            crates.entry(folder).or_default().push(source);
        }
    }
    let of_crate = |sources: &Vec<&Source>| {
        let imports = imports(sources);
        let circles = circles(&imports).into_iter();
        circles
            .map(|circle| finding(&circle, &imports))
            .collect::<Vec<_>>()
    };
    crates.values().flat_map(of_crate).collect()
}

/// The sets of files of which each reaches every other.
fn circles<'a>(imports: &Imports<'a>) -> Vec<BTreeSet<&'a str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = (imports.keys())
        .map(|&file| (file, reached(imports, file)))
        .collect();
    let circle = |file: &'a str| -> BTreeSet<&'a str> {
        let back = |other: &&&str| reached[**other].contains(file);
        reached[file].iter().filter(back).copied().collect()
    };
    let circles = imports.keys().map(|&file| (file, circle(file)));
    // each by its first file, which is in no circle where it does not come back to itself
    circles
        .filter(|(file, circle)| circle.first() == Some(file))
        .map(|(_, circle)| circle)
        .collect()
}

/// Every file that one imports, by way of others or at once.
fn reached<'a>(imports: &Imports<'a>, file: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        for &other in imports[file].keys() {
            if reached.insert(other) {
                open.push(other);
            }
        }
    }
    reached
}

/// The finding of a circle, at its first file, with the names that tie it.
fn finding(circle: &BTreeSet<&str>, imports: &Imports<'_>) -> Finding {
    let inside = |file: &str| {
        let inside = file.split_once("/src/").map_or(file, |(_, inside)| inside);
        inside.to_owned()
    };
    let mut ties = Vec::new();
    for file in circle {
        for (other, names) in imports[file].iter().filter(|tie| circle.contains(tie.0)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let (file, other) = (inside(file), inside(other));
            ties.push(format!("{file} takes {} of {other}", names.join(", ")));
        }
    }
    let first = circle.first().copied().unwrap_or_default();
    let message = format!("imports in a circle: {}", ties.join("; "));
    Finding::new(first, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_files(files: &[(&str, &str)]) -> Vec<Finding> {
        let sources = files.iter().map(|(path, text)| Source::new(*path, *text));
        check(&Tree {
            sources: sources.collect(),
            ..Tree::default()
        })
    }

    #[test]
    fn check_two_files_that_import_each_other_are_found_with_what_ties_them() {
        let findings = check_files(&[
            ("crates/k/src/lib.rs", "mod a;\nmod b;"),
            ("crates/k/src/a.rs", "use crate::b::{X, Y};"),
            ("crates/k/src/b.rs", "fn f() { crate::a::g(); }"),
        ]);
        let message = "imports in a circle: a.rs takes X, Y of b.rs; b.rs takes g of a.rs";
        assert_eq!(findings, [Finding::new("crates/k/src/a.rs", message)]);
    }

    #[test]
    fn check_parent_that_defines_for_its_child_and_calls_it_is_found() {
        let child = ("xtask/src/rules/one.rs", "use super::Finding;");
        let calls = "mod one;\nstruct Finding;\nfn all() { one::check(); }";
        assert_eq!(
            check_files(&[("xtask/src/rules/mod.rs", calls), child]).len(),
            1
        );
        assert_eq!(
            check_files(&[("xtask/src/rules.rs", calls), child]).len(),
            1
        );
        let hands_on = "mod one;\nstruct Finding;\npub use one::check;";
        assert_eq!(check_files(&[("xtask/src/rules.rs", hands_on), child]), []);
    }

    #[test]
    fn check_each_circle_is_one_finding() {
        let findings = check_files(&[
            ("benches/src/main.rs", "mod a;\nfn main() { a::f(); }"),
            ("benches/src/a.rs", "use crate::b::X;"),
            ("benches/src/b.rs", "use crate::c::Y;"),
            ("benches/src/c.rs", "use crate::{a::Z, d::V};"),
            ("benches/src/d.rs", "use crate::e::W;"),
            ("benches/src/e.rs", "use crate::d::V;"),
        ]);
        let places: Vec<&str> = findings.iter().map(|it| it.place.as_str()).collect();
        assert_eq!(places, ["benches/src/a.rs", "benches/src/d.rs"]);
    }

    #[test]
    fn check_other_crates_and_tests_close_no_circle() {
        let up = "use crate::b::X;";
        let findings = check_files(&[
            ("crates/k/src/a.rs", up),
            ("crates/l/src/b.rs", "use crate::a::X;"),
            (
                "crates/k/src/b.rs",
                "#[cfg(test)]\nmod tests { use crate::a::X; }",
            ),
            ("crates/k/src/b/tests.rs", "use crate::a::X;"),
            ("crates/k/tests/it/b.rs", "use crate::a::X;"),
        ]);
        assert_eq!(findings, []);
    }
}
