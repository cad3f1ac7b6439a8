//! Where in a file something is wrong, and how file content is shown in one line.

use std::fmt;
use std::path::Path;

use crate::file_names::is_standard_input;

/// A place in a table: shown as `line 12 (row 11), column 2 (bravo)`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The array of an archive (`X` or `y`), where a file holds several.
    pub part: Option<&'static str>,
    /// Line of a text file, counted from 1 with everything that stands in it.
    pub line: Option<u64>,
    /// Data row, counted from 1 without the header and blank lines; `None`: the header.
    pub row: Option<usize>,
    /// Column of the file, counted from 1; `None`: the whole row.
    pub column: Option<usize>,
    /// Name of the column, where there is one.
    pub name: Option<String>,
}

impl Place {
    /// Row `row`, column `column`, both counted from 0.
    pub(crate) fn cell(row: usize, column: usize) -> Self {
        Self {
            row: Some(row + 1),
            column: Some(column + 1),
            ..Self::default()
        }
    }

    /// Row `row`, counted from 0.
    pub(crate) fn row(row: usize) -> Self {
        Self {
            row: Some(row + 1),
            ..Self::default()
        }
    }

    /// The label at the start of row `row`, counted from 0.
    pub(crate) fn label(row: usize) -> Self {
        Self::row(row).named(Some("label"))
    }

    /// The same place under the name of its column.
    pub(crate) fn named(self, name: Option<&str>) -> Self {
        Self {
            name: name.filter(|name| !name.is_empty()).map(str::to_owned),
            ..self
        }
    }

    /// The same place in the array `part` of an archive.
    pub(crate) fn within(self, part: Option<&'static str>) -> Self {
        Self { part, ..self }
    }

    /// The same place in line `line` of a text file.
    pub(crate) fn on_line(self, line: Option<u64>) -> Self {
        Self { line, ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Within(self.part))?;
        match (self.line, self.row) {
            (Some(line), Some(row)) => write!(f, "line {line} (row {row})")?,
            (Some(line), None) => write!(f, "line {line} (header)")?,
            (None, Some(row)) => write!(f, "row {row}")?,
            (None, None) => f.write_str("header")?,
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        match (&self.name, self.column) {
            (Some(name), Some(_)) => write!(f, " ({})", Excerpt(name)),
            (Some(name), None) => write!(f, ", {}", Excerpt(name)),
            (None, _) => Ok(()),
        }
    }
}

/// `X, ` or nothing.
pub(crate) struct Within(pub(crate) Option<&'static str>);

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(part) => write!(f, "{part}, "),
            None => Ok(()),
        }
    }
}

/// A path on one line: what would not be seen is escaped.
pub(crate) struct Shown<'a>(pub(crate) &'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_standard_input(self.0) {
            return f.write_str("standard input");
        }
        write_escaped(f, &self.0.to_string_lossy())
    }
}

/// Content of a file on one line: what would not be seen is escaped, long text is cut.
pub struct Excerpt<'a>(pub &'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 40;
        match self.0.char_indices().nth(LONGEST) {
            Some((end, _)) => {
                write_escaped(f, &self.0[..end])?;
                f.write_str("...")
            }
            None => write_escaped(f, self.0),
        }
    }
}

/// The first names of a list, on one line.
pub struct Names<'a>(pub &'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 8;
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (i, name) in self.0.iter().take(MOST).enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            if name.is_empty() {
                f.write_str("(no name)")?;
            } else {
                write!(f, "{}", Excerpt(name))?;
            }
        }
        if self.0.len() > MOST {
            write!(f, ", ... {} in all", self.0.len())
        } else {
            Ok(())
        }
    }
}

/// Another library's message on one line.
pub(crate) struct OneLine<'a>(pub(crate) &'a dyn fmt::Display);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, &self.0.to_string())
    }
}

/// Whether a character would break a line, or not be seen in it: control characters, U+2028 and U+2029,
/// which end a line in some readers, byte-order marks within a text, and those that turn its direction.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{feff}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for c in text.chars() {
        if is_hidden(c) {
            write!(f, "{}", c.escape_default())?;
        } else {
            write!(f, "{c}")?;
        }
    }
    Ok(())
}
