//! What the files of a crate name of one another.

use std::collections::{BTreeMap, BTreeSet};

use super::uses::{Use, paths, uses};
use crate::source::without_tests;
use crate::tree::Source;

/// For each file, by its path: the other files of the crate, with the names that it takes from them.
pub(super) type Imports<'a> = BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<String>>>;

/// The imports among the files of one `src` folder: by `use`, or by a path in the code. A name that is
/// handed on by `use` belongs to the file that defines it; handing it on is no import.
pub(super) fn imports<'a>(sources: &[&'a Source]) -> Imports<'a> {
    let files = sources.iter().map(|source| File::read(source));
    let files = Files(files.map(|file| (module(file.path), file)).collect());
    let of_file = |(module, file): (&Vec<String>, &File<'a>)| {
        let mut found: BTreeMap<&'a str, BTreeSet<String>> = BTreeMap::new();
        for path in file.taken() {
            if let Some(path) = files.absolute(module, path)
                && let Some((from, name)) = files.defined(path)
                && from != file.path
            {
                found.entry(from).or_default().insert(name);
            }
        }
        (file.path, found)
    };
    files.0.iter().map(of_file).collect()
}

/// The place of a file among the modules of its crate; nothing: the root.
fn module(path: &str) -> Vec<String> {
    let inside = path.split_once("/src/").map_or(path, |(_, inside)| inside);
    let inside = inside.strip_suffix(".rs").unwrap_or(inside);
    let mut module: Vec<String> = inside.split('/').map(str::to_owned).collect();
    match module.last().map(String::as_str) {
        Some("mod") => drop(module.pop()),
        Some("lib" | "main") if module.len() == 1 => module.clear(),
        _ => {}
    }
    module
}

/// What is read of a file.
struct File<'a> {
    path: &'a str,
    uses: Vec<Use>,
    /// Paths in the rest of its code.
    paths: Vec<Vec<String>>,
}

impl<'a> File<'a> {
    fn read(source: &'a Source) -> Self {
        let (uses, rest) = uses(&without_tests(&source.code));
        Self {
            path: &source.path,
            uses,
            paths: paths(&rest),
        }
    }

    /// Where the names that it takes for itself are from, as it is written.
    fn taken(&self) -> impl Iterator<Item = &Vec<String>> {
        let private = self.uses.iter().filter(|it| !it.is_public);
        private.map(|it| &it.path).chain(&self.paths)
    }
}

/// The files of a crate by their modules.
struct Files<'a>(BTreeMap<Vec<String>, File<'a>>);

impl<'a> Files<'a> {
    /// A path from the root of the crate; none for one that leaves the crate, or begins in the file.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let supers = path.iter().take_while(|part| *part == "super").count();
        let (above, below) = match path.first()?.as_str() {
            "crate" => (&[][..], &path[1..]),
            "self" => (module, &path[1..]),
            "super" => (
                &module[..module.len().checked_sub(supers)?],
                &path[supers..],
            ),
            first => {
                let child = [module, &[first.to_owned()]].concat();
                self.0.get(&child)?;
                (module, path)
            }
        };
        Some([above, below].concat())
    }

    /// The file that defines what a path from the root leads to, and its name there; `mod` is the file
    /// itself.
    fn defined(&self, path: Vec<String>) -> Option<(&'a str, String)> {
        /// Names are handed on by few files: more are a round.
        const MOST: usize = 8;
        let mut path = path;
        for _ in 0..MOST {
            let depths = (0..=path.len()).rev();
            let (depth, file) = depths
                .filter_map(|depth| Some((depth, self.0.get(&path[..depth])?)))
                .next()?;
            let Some(name) = path.get(depth) else {
                return Some((file.path, "mod".to_owned()));
            };
            let brought = file.uses.iter().find(|it| it.name == *name);
            match brought.and_then(|it| self.absolute(&path[..depth], &it.path)) {
                Some(from) if from != path => path = [&from[..], &path[depth + 1..]].concat(),
                _ => return Some((file.path, name.clone())),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `crates/k/src/a.rs` imports, among files of the names and texts given.
    fn of_a(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = files
            .iter()
            .map(|(name, text)| Source::new(format!("crates/k/src/{name}"), *text))
            .collect();
        let sources: Vec<&Source> = sources.iter().collect();
        let imports = imports(&sources);
        let named = imports["crates/k/src/a.rs"].iter();
        named
            .flat_map(|(file, names)| names.iter().map(move |name| format!("{file} {name}")))
            .map(|line| line.replace("crates/k/src/", ""))
            .collect()
    }

    #[test]
    fn imports_by_each_kind_of_path_are_found() {
        let files = |text| {
            let a = ("a.rs", text);
            of_a(&[
                ("lib.rs", ""),
                a,
                ("a/b.rs", ""),
                ("c/mod.rs", ""),
                ("c/d.rs", ""),
            ])
        };
        assert_eq!(files("use crate::c::d::X;"), ["c/d.rs X"]);
        assert_eq!(
            files("use super::c::{self, Y};"),
            ["c/mod.rs Y", "c/mod.rs mod"]
        );
        assert_eq!(files("use b::Z as W;"), ["a/b.rs Z"]);
        assert_eq!(files("fn f() { self::b::g(); }"), ["a/b.rs g"]);
        assert_eq!(files("fn f() { b::g(); }"), ["a/b.rs g"]);
        assert_eq!(files("fn f(x: crate::c::T) {}"), ["c/mod.rs T"]);
        assert_eq!(files("fn f(x: super::T) {}"), ["lib.rs T"]);
        let others = "use std::fmt;\nuse c::X;\nfn f() { c::g(); T::new(); }";
        assert_eq!(files(others), Vec::<String>::new());
    }

    #[test]
    fn imports_of_names_handed_on_are_of_the_file_that_defines_them() {
        let files = |text| {
            let hands = ("lib.rs", "pub use c::{X, Y as Z};\nmod c;");
            let again = ("c/mod.rs", "mod d;\npub(crate) use d::{X, Y};");
            of_a(&[hands, ("a.rs", text), again, ("c/d.rs", "")])
        };
        assert_eq!(files("use crate::X;"), ["c/d.rs X"]);
        assert_eq!(files("fn f() { crate::Z::new(); }"), ["c/d.rs Y"]);
        assert_eq!(files("pub use crate::X;"), Vec::<String>::new());
    }

    #[test]
    fn imports_in_tests_and_comments_do_not_count() {
        let text = "/// As [`crate::c::X`].\nfn f() { g(\"crate::c::X\"); }\n\
            #[cfg(test)]\nuse crate::c::X;\n#[cfg(test)]\nmod tests { use crate::c::X; }\n";
        assert_eq!(of_a(&[("a.rs", text), ("c.rs", "")]), Vec::<String>::new());
    }
}
