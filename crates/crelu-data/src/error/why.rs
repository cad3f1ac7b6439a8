//! The parts of messages that depend on what was found.

use std::fmt;

use crate::place::Excerpt;
use crate::stray::Stray;

/// Why a row may have another length than the first line.
pub(super) struct RaggedWhy<'a> {
    pub(super) want: usize,
    pub(super) got: usize,
    pub(super) breaks: u64,
    pub(super) text: &'a str,
}

impl fmt::Display for RaggedWhy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// A cell of so many lines is rather a quotation mark that nothing closes.
        const MANY_BREAKS: u64 = 8;
        let (want, got) = (self.want, self.got);
        if self.breaks >= MANY_BREAKS || self.breaks > 0 && got < want {
            let breaks = self.breaks;
            write!(
                f,
                "a cell goes on over {breaks} line breaks; is a quotation mark left open?"
            )
        } else if self.text.starts_with('#') {
            f.write_str("a comment? only lines in front of the table may be")
        } else if want == 1 {
            f.write_str("is the first line a title? leave it out")
        } else if got > want + 1 && (got + 1 == 2 * want || got == 2 * want) {
            f.write_str("decimal commas? write points, or divide the cells by semicolons")
        } else if got == want + 1 {
            f.write_str("is a name missing there or the line a title, or does a cell hold the separator without quotes?")
        } else {
            write!(f, "'{}'", Excerpt(self.text))
        }
    }
}

/// What a column of such cells is.
pub(super) struct ColumnOf(pub(super) Stray);

impl fmt::Display for ColumnOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Stray::Text | Stray::Missing => Ok(()),
            other => write!(f, "{other}, or "),
        }
    }
}

/// ` (and 2 more such)`, or nothing.
pub(super) struct MoreSuch(pub(super) usize);

impl fmt::Display for MoreSuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 | 1 => Ok(()),
            count => write!(f, " (there are {} more such)", count - 1),
        }
    }
}

/// `, but 'Price'`, or nothing.
pub(super) struct Alike<'a>(pub(super) Option<&'a str>);

impl fmt::Display for Alike<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, " (is '{}' meant?)", Excerpt(name)),
            None => Ok(()),
        }
    }
}
