//! A view of Rust source in which only the code is left, for rules that must not be set off by
//! a comment or by a word in a string.

/// The text with every comment blanked and the content of every string and character literal
/// replaced by `_`; line breaks stay, so that line numbers hold.
pub(crate) fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let (end, filler) = token(&chars, at);
        for &c in &chars[at..end] {
            out.push(if c == '\n' { c } else { filler.unwrap_or(c) });
        }
        at = end;
    }
    out
}

/// The end of the token that starts at `at`, and what replaces its characters.
fn token(chars: &[char], at: usize) -> (usize, Option<char>) {
    let rest = &chars[at..];
    match rest {
        ['/', '/', ..] => (find(chars, at, |c| c == '\n'), Some(' ')),
        ['/', '*', ..] => (block_comment_end(chars, at), Some(' ')),
        ['"', ..] => (string_end(chars, at), Some('_')),
        ['r', '"' | '#', ..] | ['b' | 'c', 'r', '"' | '#', ..] if !inside_word(chars, at) => {
            match raw_string_end(chars, at) {
                Some(end) => (end, Some('_')),
                None => (at + 1, None),
            }
        }
        ['\'', '\\', ..] => {
            let quote = find(chars, at + 3, |c| c == '\'');
            ((quote + 1).min(chars.len()), Some('_'))
        }
        ['\'', _, '\'', ..] => (at + 3, Some('_')),
        _ => (at + 1, None),
    }
}

fn find(chars: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    let from = from.min(chars.len());
    let hit = chars[from..].iter().position(|&c| wanted(c));
    hit.map_or(chars.len(), |offset| from + offset)
}

fn inside_word(chars: &[char], at: usize) -> bool {
    at > 0 && is_word(chars[at - 1])
}

/// Whether the character can be part of an identifier.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = at;
    while at < chars.len() {
        match chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], at: usize) -> usize {
    let mut at = at + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    let first_hash = find(chars, at, |c| c == 'r') + 1;
    let open = find(chars, first_hash, |c| c != '#');
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let hashes = open - first_hash;
    let mut quote = find(chars, open + 1, |c| c == '"');
    while quote < chars.len() {
        let tail = &chars[quote + 1..];
        if tail.len() >= hashes && tail[..hashes].iter().all(|&c| c == '#') {
            return Some(quote + 1 + hashes);
        }
        quote = find(chars, quote + 1, |c| c == '"');
    }
    Some(chars.len())
}

/// The code with every `#[cfg(test)]` item cut out; line numbers hold. `code` comes from
/// [`code_only`].
pub(crate) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        let end = start + MARK.len() + item_len(&rest[start + MARK.len()..]);
        out.push_str(&rest[..start]);
        out.extend(rest[start..end].chars().filter(|&c| c == '\n'));
        rest = &rest[end..];
    }
    out + rest
}

/// The length of the first item of the code: up to its `;`, or to the end of its braces.
fn item_len(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(c, ';' | '}') {
            return at + 1;
        }
    }
    code.len()
}

/// The end of the first `{…}` at or after `from`, past its brace.
pub(crate) fn block_end(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return from + at + 1;
        }
    }
    code.len()
}

/// The 1-based line of a byte offset.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// The byte offsets at which `word` stands as a whole identifier.
pub(crate) fn word_offsets<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = code[..at].chars().next_back();
            let after = code[at + word.len()..].chars().next();
            !before.is_some_and(is_word) && !after.is_some_and(is_word)
        })
}

/// The names taken directly from the path `root::`, in expressions, paths and `use` trees, with
/// their byte offsets: `std::fs` and both names of `use std::{env, io::Read}`.
pub(crate) fn names_under<'a>(code: &'a str, root: &'a str) -> Vec<(usize, &'a str)> {
    let mut names = Vec::new();
    for at in word_offsets(code, root) {
        let Some(rest) = code[at + root.len()..].strip_prefix("::") else {
            continue;
        };
        let start = code.len() - rest.len();
        if rest.starts_with('{') {
            names.extend(names_of_group(code, start + 1));
        } else {
            names.push((start, leading_word(rest)));
        }
    }
    names
}

/// The first name of each member of a `use` group whose brace is opened just before `start`.
fn names_of_group(code: &str, start: usize) -> Vec<(usize, &str)> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut fresh = true;
    for (offset, c) in code[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if fresh && is_word(c) => {
                names.push((start + offset, leading_word(&code[start + offset..])));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn leading_word(text: &str) -> &str {
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_only_comments_and_strings_are_blanked() {
        let code = code_only(
            "let a = \"fs \\\" x\"; // fs\n/* fs /* fs */ fs */ let b = r#\"fs \" fs\"#;\nlet c = b\"fs\";",
        );
        assert!(!code.contains("fs"), "{code}");
        assert!(code.contains("let a =") && code.contains("let b =") && code.contains("let c ="));
        assert_eq!(code.matches('\n').count(), 2);
    }

    #[test]
    fn code_only_lifetimes_and_quotes_in_chars_leave_the_rest_alone() {
        let code = code_only("fn f<'a>(x: &'a str) { g('\"', '\\'', '\\u{1F}'); keep() }");
        assert!(code.starts_with("fn f<'a>(x: &'a str)"), "{code}");
        assert!(code.contains("keep()"), "{code}");
    }

    #[test]
    fn code_only_raw_identifier_is_code() {
        assert_eq!(code_only("let r#type = for_r;"), "let r#type = for_r;");
    }

    #[test]
    fn without_tests_cuts_the_module_and_keeps_line_numbers() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { {} }\n}\nfn c() {}\n";
        let cut = without_tests(code);
        assert!(!cut.contains("fn b"));
        assert_eq!(line_of(&cut, cut.find("fn c").unwrap()), 6);
        assert_eq!(
            without_tests("#[cfg(test)]\nmod tests;\nfn a() {}").trim(),
            "fn a() {}"
        );
    }

    #[test]
    fn names_under_finds_paths_and_groups() {
        let code = "use std::{env, io::{self, Read}, fs}; std::thread::spawn(); mystd::net();";
        let names: Vec<&str> = names_under(code, "std").iter().map(|n| n.1).collect();
        assert_eq!(names, ["env", "io", "fs", "thread"]);
    }
}
