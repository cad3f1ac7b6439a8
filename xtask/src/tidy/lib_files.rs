//! A `lib.rs` is a table of contents.

use super::finding::Finding;
use crate::source::line_of;
use crate::tree::Tree;

/// Docs, attributes, `mod name;` and `pub use` lines, nothing else.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let libs = tree.sources.iter().filter(|s| s.file_name() == "lib.rs");
    libs.flat_map(|lib| check_code(&lib.path, &lib.code))
        .collect()
}

fn check_code(path: &str, code: &str) -> Vec<Finding> {
    let code = without_attributes(code);
    let mut findings = Vec::new();
    let mut start = 0;
    for item in code.split_inclusive(';') {
        let text = item.trim();
        let begin = start + (item.len() - item.trim_start().len());
        start += item.len();
        if !text.is_empty() && !is_content_line(text) {
            let head: String = text.chars().take_while(|&c| c != '\n').take(50).collect();
            let message = format!("only docs, `mod` and `pub use` may stand here, not `{head}`");
            findings.push(Finding::at(path, line_of(&code, begin), message));
        }
    }
    findings
}

fn is_content_line(item: &str) -> bool {
    let visible = item
        .strip_prefix("pub")
        .map(|rest| match rest.strip_prefix('(') {
            Some(scope) => scope.split_once(')').map_or("", |(_, rest)| rest),
            None => rest,
        });
    let is_mod = |rest: &str| rest.trim_start().starts_with("mod ") && !rest.contains('{');
    match visible {
        Some(rest) => is_mod(rest) || rest.trim_start().starts_with("use "),
        None => is_mod(item),
    }
}

/// The code with every `#[…]` and `#![…]` blanked.
fn without_attributes(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut depth = 0_usize;
    let mut rest = code.chars().peekable();
    while let Some(c) = rest.next() {
        let opens = depth == 0 && c == '#' && matches!(rest.peek(), Some('[' | '!'));
        match c {
            '[' if depth > 0 => depth += 1,
            ']' if depth > 0 => depth -= 1,
            _ => {}
        }
        if opens {
            while let Some(c) = rest.next_if(|&c| c != '[') {
                out.push(if c == '\n' { c } else { ' ' });
            }
            rest.next();
            out.push(' ');
            depth = 1;
        }
        let blank = opens || depth > 0 || c == ']';
        out.push(if blank && c != '\n' { ' ' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Source;

    fn check_text(text: &str) -> Vec<Finding> {
        let sources = vec![Source::new("crates/a/src/lib.rs", text)];
        check(&Tree {
            sources,
            ..Tree::default()
        })
    }

    #[test]
    fn check_table_of_contents_has_no_finding() {
        let lib = "//! Docs; more.\n#![doc = include_str!(\"../x; y.md\")]\n#![warn(a, b)]\n\n\
            mod a;\npub mod b;\n#[cfg(feature = \"parallel\")]\nmod c;\npub(crate) mod d;\n\
            pub use a::{\n    X,\n    Y,\n};\n#[doc(inline)]\npub use b::Z;\n";
        assert_eq!(check_text(lib), []);
    }

    #[test]
    fn check_anything_else_is_found() {
        for bad in [
            "pub fn f() {}",
            "use std::fmt;",
            "const N: usize = 3;",
            "mod a { fn f() {} }",
            "pub trait T {}",
            "macro_rules! m { () => {} }",
            "#[derive(Debug)]\npub struct S;",
        ] {
            let findings = check_text(&format!("//! Docs.\nmod a;\n{bad}\n"));
            assert_eq!(findings.len(), 1, "{bad}");
            let line = 2 + bad.lines().count();
            assert_eq!(
                findings[0].place,
                format!("crates/a/src/lib.rs:{line}"),
                "{bad}"
            );
        }
    }
}
