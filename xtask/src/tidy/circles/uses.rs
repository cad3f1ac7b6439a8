//! The `use` statements of a file, and the paths in the rest of its code.

use crate::source::{is_word, word_offsets};

/// One name that a `use` brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// Where it is from, as it is written.
    pub(super) path: Vec<String>,
    /// What it is called here.
    pub(super) name: String,
    /// Whether it is handed on.
    pub(super) is_public: bool,
}

/// The names that code brings, and the code without the statements that bring them.
pub(super) fn uses(code: &str) -> (Vec<Use>, String) {
    const USE: &str = "use";
    let (mut uses, mut rest) = (Vec::new(), String::new());
    let mut end = 0;
    for at in word_offsets(code, USE) {
        let tree = &code[at + USE.len()..];
        // `use<'a>` is a bound of a type
        if !tree.starts_with(char::is_whitespace) {
            continue;
        }
        let Some(length) = tree.find(';') else { break };
        let is_public = is_public(&code[..at]);
        rest.push_str(&code[end..at]);
        end = at + USE.len() + length + 1;
        let tree = tree[..length].trim();
        // `::name` is another crate
        if tree.starts_with("::") {
            continue;
        }
        for (path, name) in names(&[], tree) {
            uses.push(Use {
                path,
                name,
                is_public,
            });
        }
    }
    rest.push_str(&code[end..]);
    (uses, rest)
}

/// Whether code ends in `pub` or `pub(…)`.
fn is_public(code: &str) -> bool {
    let code = code.trim_end();
    let scope = code
        .strip_suffix(')')
        .and_then(|code| code.rsplit_once('('));
    scope.map_or(code, |(before, _)| before).ends_with("pub")
}

/// The path and the name of each leaf of a `use` tree below `above`.
fn names(above: &[String], tree: &str) -> Vec<(Vec<String>, String)> {
    let below = |text: &str| {
        let parts = text
            .split("::")
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let mut path = above.to_vec();
        path.extend(parts.map(str::to_owned));
        path
    };
    if let Some((head, group)) = tree.split_once('{') {
        let path = below(head);
        let members = members(group);
        return (members.iter())
            .flat_map(|member| names(&path, member))
            .collect();
    }
    let (from, other) = match tree.split_once(" as ") {
        Some((from, name)) => (from, Some(name.trim().to_owned())),
        None => (tree, None),
    };
    let mut path = below(from);
    if path.last().is_some_and(|part| part == "self") {
        path.pop();
    }
    let name = other.or_else(|| path.last().cloned());
    name.map(|name| (path, name)).into_iter().collect()
}

/// The members of a group whose brace is open before it.
fn members(group: &str) -> Vec<&str> {
    let (mut members, mut begin, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                members.push(group[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    members.retain(|member| !member.is_empty());
    members
}

/// Every path of two names or more.
pub(super) fn paths(code: &str) -> Vec<Vec<String>> {
    let is_path = |c: char| is_word(c) || c == ':';
    code.split(|c| !is_path(c))
        .filter(|text| text.contains("::") && !text.starts_with(':'))
        .map(|text| {
            let parts = text.split("::").take_while(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        })
        .filter(|path: &Vec<String>| path.len() > 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: &str) -> Vec<(String, String, bool)> {
        let uses = uses(code).0.into_iter();
        uses.map(|it| (it.path.join("::"), it.name, it.is_public))
            .collect()
    }

    #[test]
    fn uses_of_trees_are_their_leaves() {
        let code = "use a::b;\npub use c::{self, D as E, f::{G, *}};\npub(crate) use super::h as i;\nuse ::j::k;\n";
        let want = [
            ("a::b", "b", false),
            ("c", "c", true),
            ("c::D", "E", true),
            ("c::f::G", "G", true),
            ("c::f::*", "*", true),
            ("super::h", "i", true),
        ];
        let want = want.map(|(path, name, is)| (path.to_owned(), name.to_owned(), is));
        assert_eq!(found(code), want);
    }

    #[test]
    fn uses_leave_the_rest_of_the_code() {
        let code = "use a::b;\nfn f(x: u8) -> impl T + use<'_> { x }\nfn g() { use c::d; d(); }";
        let (uses, rest) = uses(code);
        assert_eq!(uses.len(), 2);
        assert!(rest.contains("use<'_>") && rest.contains("d();"), "{rest}");
        assert!(!rest.contains("a::b") && !rest.contains("c::d"), "{rest}");
    }

    #[test]
    fn paths_are_whole_and_end_before_generics() {
        let code = "let x: &crate::a::B = a::c::<D>(E::F, y.z, <super::G as H>::i());";
        let want = [
            vec!["crate", "a", "B"],
            vec!["a", "c"],
            vec!["E", "F"],
            vec!["super", "G"],
        ];
        assert_eq!(paths(code), want);
    }
}
