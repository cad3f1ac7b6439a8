//! The numerical crates know no operating system: no clock, no files, no threads of their own,
//! no randomness but from a seed.

use super::finding::Finding;
use super::numerical::is_numerical;
use crate::source::{line_of, names_under, without_tests, word_offsets};
use crate::tree::{Source, Tree};

/// Modules of the standard library that need an operating system.
const MODULES: [&str; 5] = ["fs", "thread", "env", "net", "process"];

/// Identifiers that stand for a clock or for the system's randomness.
const WORDS: [&str; 6] = [
    "Instant",
    "SystemTime",
    "OsRng",
    "SysRng",
    "ThreadRng",
    "getrandom",
];

/// Functions of `rand` that draw from the system.
const RAND: [&str; 3] = ["rng", "thread_rng", "random"];

/// The shipped code of the numerical crates uses none of the above.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let numerical = tree.sources.iter().filter(|source| is_numerical(source));
    numerical.flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let code = without_tests(&source.code);
    let mut hits = Vec::new();
    for (root, banned) in [("std", &MODULES[..]), ("rand", &RAND[..])] {
        for (offset, name) in names_under(&code, root) {
            let is_macro = code[offset + name.len()..].starts_with('!');
            if banned.contains(&name) && !is_macro {
                hits.push((offset, format!("{root}::{name}")));
            }
        }
    }
    for word in WORDS.into_iter().chain(["thread_rng"]) {
        hits.extend(word_offsets(&code, word).map(|offset| (offset, word.to_string())));
    }
    let finding = |(offset, what): (usize, String)| {
        let message = format!("`{what}` in a numerical crate");
        Finding::at(&source.path, line_of(&code, offset), message)
    };
    hits.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(path: &str, text: &str) -> Vec<Finding> {
        let sources = vec![Source::new(path, text)];
        check(&Tree {
            sources,
            ..Tree::default()
        })
    }

    #[test]
    fn check_each_banned_name_is_found() {
        for text in [
            "use std::time::Instant;",
            "use std::time::{Duration, Instant};",
            "let t = SystemTime::now();",
            "use std::fs;",
            "use std::{sync::Arc, fs::File};",
            "std::thread::spawn(f);",
            "std::env::var(x)",
            "use std::net::TcpStream;",
            "std::process::exit(1)",
            "let r = rand::rng();",
            "use rand::{Rng, rng};",
            "rand::random::<f64>()",
            "let r = thread_rng();",
            "let r = OsRng;",
            "getrandom::fill(x)",
        ] {
            let text = format!("fn f() {{}}\n{text}");
            let findings = check_text("crates/krylov/src/cg.rs", &text);
            assert!(!findings.is_empty(), "{text}");
            assert_eq!(findings[0].place, "crates/krylov/src/cg.rs:2");
        }
    }

    #[test]
    fn check_other_crates_tests_and_comments_are_free() {
        let bad = "use std::time::Instant;";
        for path in [
            "crates/crelu-cli/src/run.rs",
            "crates/krylov/tests/it/main.rs",
            "crates/krylov/src/cg/tests.rs",
        ] {
            assert_eq!(check_text(path, bad), [], "{path}");
        }
        let good = "/// No `Instant` here: std::fs.\nuse std::time::Duration;\n\
            const DIR: &str = env!(\"X\");\n#[cfg(test)]\nmod tests { use std::fs; }";
        assert_eq!(check_text("crates/krylov/src/cg.rs", good), []);
    }
}
