//! What divides the cells of a text table.

use std::fmt;

use crate::cell::{Cell, classify};
use crate::decimal::comma_of;

/// What stands between the cells of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Separator {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Pipe,
    /// One or more blanks.
    Blanks,
    /// The character that a first line `sep=` names.
    Other(u8),
}

impl Separator {
    const CANDIDATES: [Self; 4] = [Self::Semicolon, Self::Tab, Self::Pipe, Self::Comma];

    /// The byte by which a reader divides; blanks have become tabs by then.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab | Self::Blanks => b'\t',
            Self::Pipe => b'|',
            Self::Other(byte) => byte,
        }
    }

    /// The separator that a byte stands for.
    pub(crate) fn named(byte: u8) -> Self {
        let known = Self::CANDIDATES.into_iter().find(|c| c.byte() == byte);
        known.unwrap_or(Self::Other(byte))
    }

    /// What divides the first lines of a text alike. `whole`: the text does not end within a line.
    ///
    /// Of several that do, the one that leaves more numbers: `1,5;2,5` are two of them. A separator
    /// within quotes decides nothing. Where none divides any line, blanks may.
    pub(crate) fn of(head: &[u8], whole: bool) -> Option<Self> {
        let found = Self::CANDIDATES
            .into_iter()
            .filter_map(|candidate| Some((candidate, Division::of(head, whole, candidate)?)))
            .reduce(|best, next| {
                if next.1.is_better_than(&best.1) {
                    next
                } else {
                    best
                }
            })
            .map(|(candidate, _)| candidate);
        found.or_else(|| blanks_divide(head, whole).then_some(Self::Blanks))
    }
}

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "pipe",
            Self::Blanks => "blanks",
            Self::Other(byte) => return write!(f, "'{}'", char::from(*byte).escape_default()),
        })
    }
}

/// Lines that are looked at.
const LINES: usize = 64;

/// How a separator divides the first lines.
struct Division {
    /// Share of the lines that have as many separators as most have.
    alike: f64,
    /// Share of cells that are numbers.
    numbers: f64,
}

impl Division {
    /// `None` if most lines do not have the separator.
    fn of(head: &[u8], whole: bool, separator: Separator) -> Option<Self> {
        let lines = divided(head, whole, separator.byte());
        let mut counts: Vec<usize> = lines.iter().map(Vec::len).collect();
        counts.sort_unstable();
        let runs = counts.chunk_by(|a, b| a == b);
        let most = runs.max_by_key(|run| (run.len(), run[0]))?;
        if most[0] < 2 {
            return None;
        }
        let cells = || lines.iter().flatten();
        let number = |cell: &&Vec<u8>| {
            std::str::from_utf8(cell).is_ok_and(|cell| {
                let is_decimal = separator != Separator::Comma && comma_of(cell.trim()).is_some();
                is_decimal || matches!(classify(cell), Cell::Number(_) | Cell::NotFinite)
            })
        };
        #[expect(clippy::cast_precision_loss, reason = "counts of cells in 64 KiB")]
        let share = |part: usize, all: usize| part as f64 / all as f64;
        Some(Self {
            alike: share(most.len(), counts.len()),
            numbers: share(cells().filter(number).count(), cells().count()),
        })
    }

    fn is_better_than(&self, other: &Self) -> bool {
        // a row too long or too short must not hand the choice to a character within labels
        const SAME: f64 = 0.2;
        if (self.alike - other.alike).abs() > SAME {
            self.alike > other.alike
        } else {
            (self.numbers, self.alike) > (other.numbers, other.alike)
        }
    }
}

/// The cells of the first lines, quotes taken off.
fn divided(head: &[u8], whole: bool, separator: u8) -> Vec<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    let mut line: Vec<Vec<u8>> = Vec::new();
    let mut cell = Vec::new();
    let mut quoted = false;
    let mut bytes = head.iter().copied().peekable();
    let mut at_start = true;
    while let Some(byte) = bytes.next() {
        if quoted {
            match byte {
                b'"' if bytes.next_if_eq(&b'"').is_some() => cell.push(b'"'),
                b'"' => quoted = false,
                _ => cell.push(byte),
            }
            continue;
        }
        match byte {
            b'"' if at_start => {
                quoted = true;
                at_start = false;
            }
            b'\n' => {
                line.push(std::mem::take(&mut cell));
                let blank = line.len() == 1 && line[0].trim_ascii().is_empty();
                let done = std::mem::take(&mut line);
                if !blank {
                    lines.push(done);
                    if lines.len() == LINES {
                        return lines;
                    }
                }
                at_start = true;
            }
            _ if byte == separator => {
                line.push(std::mem::take(&mut cell));
                at_start = true;
            }
            _ => {
                cell.push(byte);
                at_start = false;
            }
        }
    }
    // a line that goes on beyond the head counts only where it is the only one
    if (whole || lines.is_empty()) && !(line.is_empty() && cell.is_empty()) {
        line.push(cell);
        lines.push(line);
    }
    lines
}

/// Whether blanks divide all of the first lines into the same number of cells, at least two.
fn blanks_divide(head: &[u8], whole: bool) -> bool {
    let mut lines: Vec<&[u8]> = head
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .take(LINES)
        .collect();
    if !whole && lines.len() > 1 && lines.len() < LINES {
        lines.pop();
    }
    let count = |line: &&[u8]| {
        line.split(|&byte| byte == b' ' || byte == b'\t')
            .filter(|cell| !cell.is_empty())
            .count()
    };
    let numeric = |line: &&[u8]| {
        line.split(|&byte| byte == b' ' || byte == b'\t')
            .any(|cell| {
                std::str::from_utf8(cell)
                    .is_ok_and(|cell| matches!(classify(cell), Cell::Number(_)))
            })
    };
    let Some(first) = lines.first() else {
        return false;
    };
    count(first) > 1
        && lines
            .iter()
            .all(|line| count(line) == count(first) && !line.contains(&b'"'))
        && lines.iter().skip(1).all(numeric)
}

#[cfg(test)]
mod tests {
    use super::Separator;

    #[test]
    fn separator_is_what_divides_the_lines_alike() {
        for (text, separator) in [
            ("a,b,y\n1,2,3\n", Some(Separator::Comma)),
            ("a;b;y\n1,5;2,5;3,5\n", Some(Separator::Semicolon)),
            ("1,5;2,5;3,5\n4,5;5,5;6,5\n", Some(Separator::Semicolon)),
            ("a\tb\n1\t2\n", Some(Separator::Tab)),
            ("a|b\n1|2\n", Some(Separator::Pipe)),
            (
                "\"a, x\";\"b, y\";c\n1;2;3\n4;5;6\n",
                Some(Separator::Semicolon),
            ),
            ("a,b\n\"x;y;z\",1\n\"u;v\",2\n", Some(Separator::Comma)),
            ("\"1,5\",\"2,5\"\n\"3,5\",\"4,5\"\n", Some(Separator::Comma)),
            ("a  b   y\n 1 2 3\n4\t5 6\n", Some(Separator::Blanks)),
            ("two words\nthree more words\n", None),
            ("y\n1\n2\n", None),
            ("", None),
            (
                "a,b,y\n1,2,3\n4,5\n6,7,8\n9,10,11\n1,2,3\n1,2,3\n",
                Some(Separator::Comma),
            ),
            ("x;1,2\ny;3,4\n", Some(Separator::Semicolon)),
        ] {
            assert_eq!(Separator::of(text.as_bytes(), true), separator, "{text:?}");
        }
    }
}
