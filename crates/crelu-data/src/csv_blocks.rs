//! Rows of plain numbers, many at once: blocks of lines are divided among the threads.
//!
//! A line is plain where the table's separator divides it into as many cells as the first line has,
//! those of the features are finite numbers, and no quotation mark stands in its block. What is not
//! plain is left to the reader of records, which knows every kind of cell and every error; so the table
//! is the same whichever of the two read a line.
//!
//! **Cost** one pass over the bytes for the line ends, one for the numbers, the latter on all threads.

use std::io::{Cursor, Read};
use std::ops::Range;

use rayon::prelude::*;

use crate::cell::{Cell, classify, classify_as, is_blank};
use crate::csv_records::{Kept, Records};
use crate::csv_rows::{ColumnRole, Rows};
use crate::decimal::Decimal;
use crate::error::DataError;
use crate::source::{read_error, read_full};
use crate::text::TextSource;

/// How a text is divided, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Blocks {
    /// Read at a time.
    pub(crate) block: usize,
    /// The least that is worth a thread's attention.
    pub(crate) piece: usize,
}

impl Default for Blocks {
    /// Some ten milliseconds of work between two questions whether to go on.
    fn default() -> Self {
        Self {
            block: 8 << 20,
            piece: 1 << 16,
        }
    }
}

/// Reads what follows the records that `records` has given, into `rows`; one by one without `blocks`.
pub(crate) fn read_rest(
    records: Records<'_, Kept<TextSource>>,
    rows: &mut Rows<'_>,
    blocks: Option<Blocks>,
) -> Result<(), DataError> {
    let (path, separator) = (records.path(), records.separator());
    let (mut rest, mut source, mut line) = records.into_rest();
    while let Some(blocks) = blocks {
        let end = fill(&mut rest, &mut source, blocks.block);
        let end = end.map_err(|error| read_error(path, error))?;
        let block = &rest[..end];
        if block.is_empty() && rest.is_empty() {
            return Ok(());
        }
        // a block without a line end is one long line, or the last of the file
        if !rows.may_be_plain() || block.is_empty() || block.contains(&b'"') {
            break;
        }
        let plain = push_plain(block, blocks.piece, separator, line, rows)?;
        line += plain.lines;
        if plain.bytes < end {
            let left = Cursor::new(&block[plain.bytes..]);
            let mut left = Records::new(path, left, separator, line - 1);
            while let Some(record) = left.next()? {
                rows.push(record)?;
            }
            line += count_lines(&block[plain.bytes..]);
        }
        let mostly_plain = plain.bytes * 2 >= end;
        rest.drain(..end);
        if !mostly_plain {
            break;
        }
    }
    let rest = Cursor::new(rest).chain(source);
    let mut records = Records::new(path, rest, separator, line - 1);
    while let Some(record) = records.next()? {
        rows.push(record)?;
    }
    Ok(())
}

/// Fills `rest` to a block of so many bytes, and says where its last whole line ends.
fn fill(rest: &mut Vec<u8>, source: &mut TextSource, block: usize) -> std::io::Result<usize> {
    let had = rest.len();
    if had < block {
        rest.resize(block, 0);
        let got = read_full(source, &mut rest[had..])?;
        rest.truncate(had + got);
    }
    let end = rest.iter().rposition(|&byte| byte == b'\n');
    Ok(end.map_or(0, |at| at + 1))
}

fn count_lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// What of a block was plain: its first bytes and lines.
struct Plain {
    bytes: usize,
    lines: u64,
}

/// Appends the plain lines that `block`, whole lines from `line` on, begins with.
fn push_plain(
    block: &[u8],
    least: usize,
    separator: u8,
    line: u64,
    rows: &mut Rows<'_>,
) -> Result<Plain, DataError> {
    let form = Form {
        separator,
        roles: &rows.roles,
        n_features: rows.n_features,
    };
    let pieces = pieces(block, rayon::current_num_threads(), least);
    let parsed: Vec<Piece> = (pieces.par_iter())
        .map(|piece| form.parse(block, piece.clone()))
        .collect();
    let mut plain = Plain { bytes: 0, lines: 0 };
    for (piece, range) in parsed.iter().zip(&pieces) {
        rows.push_piece(block, piece, line + plain.lines)?;
        plain.lines += piece.rows as u64;
        plain.bytes = piece.end;
        if piece.end < range.end {
            break;
        }
    }
    Ok(plain)
}

/// About `count` runs of whole lines, of some `least` bytes at least.
fn pieces(block: &[u8], count: usize, least: usize) -> Vec<Range<usize>> {
    let size = (block.len() / count.max(1)).max(least);
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < block.len() {
        let least = (start + size).min(block.len()) - 1;
        let end = (block[least..].iter())
            .position(|&byte| byte == b'\n')
            .map_or(block.len(), |at| least + at + 1);
        pieces.push(start..end);
        start = end;
    }
    pieces
}

/// The plain lines that a piece of a block begins with.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    pub(crate) rows: usize,
    /// A row's together.
    pub(crate) features: Vec<f64>,
    /// The cells of the target and of the columns beside it, a row's together: where they stand in the
    /// block, which target, and which column of the file.
    pub(crate) targets: Vec<(Range<usize>, usize, usize)>,
    /// Where in the block the first line begins that is not plain, or the piece's end.
    end: usize,
}

/// What the lines of a table look like.
#[derive(Debug, Clone, Copy)]
struct Form<'a> {
    separator: u8,
    roles: &'a [ColumnRole],
    n_features: usize,
}

impl Form<'_> {
    fn parse(self, block: &[u8], range: Range<usize>) -> Piece {
        let mut piece = Piece {
            end: range.start,
            ..Piece::default()
        };
        while piece.end < range.end {
            let line = &block[piece.end..range.end];
            let (features, targets) = (piece.features.len(), piece.targets.len());
            let Some(length) = self.parse_line(line, &mut piece) else {
                piece.features.truncate(features);
                piece.targets.truncate(targets);
                break;
            };
            piece.end += length;
            piece.rows += 1;
        }
        piece
    }

    /// Appends the first line of `bytes` and gives its length with its end; `None`: it is not plain.
    fn parse_line(self, bytes: &[u8], piece: &mut Piece) -> Option<usize> {
        let start = piece.features.len();
        piece.features.resize(start + self.n_features, 0.0);
        let mut at = 0;
        let last = self.roles.len() - 1;
        for (column, role) in self.roles.iter().enumerate() {
            let cell = &bytes[at..];
            let ends = |&byte: &u8| byte == self.separator || byte == b'\n';
            let length = cell.iter().position(ends)?;
            let (cell, end) = (&cell[..length], cell[length]);
            match *role {
                ColumnRole::Skipped => {}
                ColumnRole::Feature(feature) => piece.features[start + feature] = number(cell)?,
                ColumnRole::Target(target) => {
                    std::str::from_utf8(cell).ok()?;
                    let from = piece.end + at;
                    piece.targets.push((from..from + length, target, column));
                }
            }
            at += length + 1;
            // a row may end in a separator
            if column == last && end != b'\n' {
                let more = bytes[at..].iter().position(|&byte| byte == b'\n')?;
                return is_blank(&bytes[at..at + more]).then_some(at + more + 1);
            }
            if column < last && end == b'\n' {
                return None;
            }
        }
        Some(at)
    }
}

/// A finite number with spaces around it; `None` for all else.
fn number(cell: &[u8]) -> Option<f64> {
    let cell = std::str::from_utf8(cell.trim_ascii()).ok()?;
    let value: f64 = cell.parse().ok()?;
    value.is_finite().then_some(value)
}

impl Rows<'_> {
    /// Whether rows of plain numbers are what the table has so far. Lines that repeat the header are
    /// known by a name of a feature that is no number.
    fn may_be_plain(&self) -> bool {
        let is_feature = |(_, role): &(usize, &ColumnRole)| matches!(role, ColumnRole::Feature(_));
        let tells = |names: &[String]| {
            (self.roles.iter().enumerate())
                .filter(is_feature)
                .any(|(column, _)| classify(&names[column]) == Cell::Text)
        };
        self.decimal == Decimal::Point
            && self.columns.iter().all(|column| column.is_plain())
            && self.names.is_none_or(tells)
    }

    /// Appends the rows of a piece of `block`, the first in `line`.
    fn push_piece(&mut self, block: &[u8], piece: &Piece, line: u64) -> Result<(), DataError> {
        let per_row = piece.targets.len() / piece.rows.max(1);
        let mut targets = piece.targets.chunks(per_row.max(1));
        self.features.reserve(piece.features.len());
        for (row, features) in piece.features.chunks_exact(self.n_features).enumerate() {
            let line = line + row as u64;
            self.features.extend_from_slice(features);
            for (range, target, column) in targets.next().unwrap_or_default() {
                // checked where it was cut out
                let text = String::from_utf8_lossy(&block[range.clone()]);
                let text = text.trim();
                let kind = classify_as(text, self.decimal);
                self.push_target(*target, text, kind, *column, line)?;
            }
            self.n_samples += 1;
            self.lines.push(line);
        }
        for column in &mut self.columns {
            column.take_numbers(piece.rows);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::Blocks;
    use crate::columns::of_training;
    use crate::csv::read_by;
    use crate::error::DataError;
    use crate::options::ReadOptions;
    use crate::table::Table;

    /// As small as they can be: every line meets the end of a block and of a piece.
    const SMALL: [Blocks; 3] = [
        Blocks { block: 1, piece: 1 },
        Blocks {
            block: 100,
            piece: 1,
        },
        Blocks {
            block: 3000,
            piece: 70,
        },
    ];

    fn by(path: &std::path::Path, blocks: Option<Blocks>, holes: bool) -> Result<Table, DataError> {
        let options = ReadOptions {
            holes,
            ..ReadOptions::default()
        };
        read_by(path, &options, &mut of_training(path, &options), blocks)
    }

    fn assert_same(text: &str, holes: bool) -> Result<(), TestCaseError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, text).unwrap();
        let one_by_one = by(&path, None, holes).map_err(|error| error.to_string());
        for blocks in SMALL.into_iter().chain([Blocks::default()]) {
            let divided = by(&path, Some(blocks), holes).map_err(|error| error.to_string());
            match (&divided, &one_by_one) {
                (Ok(divided), Ok(whole)) => {
                    let bits =
                        |t: &Table| t.features.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                    prop_assert_eq!(bits(divided), bits(whole));
                    prop_assert_eq!(&divided.target, &whole.target);
                    prop_assert_eq!(&divided.columns, &whole.columns);
                    prop_assert_eq!(&divided.layout, &whole.layout);
                }
                (divided, whole) => prop_assert_eq!(divided.as_ref().err(), whole.as_ref().err()),
            }
        }
        Ok(())
    }

    /// More records than are looked at before the blocks begin.
    const FRONT: usize = 300;

    /// A table of three features and a target whose last lines may be anything that tables hold.
    fn text(names: bool, last: &[usize], breaks: &str) -> String {
        let mut text = String::new();
        if names {
            text += "a,b,c,y\n";
        }
        for i in 0..FRONT {
            write!(
                text,
                "{i},-{}.5e-3, {} ,{}{breaks}",
                i * 7 % 11,
                i % 3,
                i % 2
            )
            .unwrap();
        }
        for (i, kind) in last.iter().enumerate() {
            let line = match kind {
                0 => "".to_owned(),
                1 => format!("{i},2,3,1,"),
                2 => "1,2,3".to_owned(),
                3 => "1,,3,0".to_owned(),
                4 => "1,2,x,0".to_owned(),
                5 => format!("1,\"{i}\",3,1"),
                6 => "a,b,c,y".to_owned(),
                7 => "1,2,\"3\n\",0".to_owned(),
                8 => "1,1e400,3,0".to_owned(),
                9 => "1,2,3,no".to_owned(),
                10 => "1,2,3,".to_owned(),
                11 => "1,nan,3,1".to_owned(),
                12 => " ".to_owned(),
                13 => "1,\u{a0}2,3,\u{e9}".to_owned(),
                _ => format!("{},+.5,0.1{i},{}", i * i, i % 2),
            };
            text += &line;
            text += breaks;
        }
        text
    }

    proptest! {
        #![proptest_config(testkit::cases(211, 60))]

        #[test]
        fn blocks_give_the_table_and_the_errors_of_single_records(
            names in any::<bool>(),
            holes in any::<bool>(),
            returns in any::<bool>(),
            // a line in twelve is not plain
            last in proptest::collection::vec(0..168_usize, 0..60),
            end in any::<bool>(),
        ) {
            let mut text = text(names, &last, if returns { "\r\n" } else { "\n" });
            if end {
                text.truncate(text.trim_end().len());
            }
            assert_same(&text, holes)?;
        }

        #[test]
        fn one_line_that_is_not_plain_is_read_as_a_single_record(
            kind in 0..14_usize,
            at in 0..40_usize,
            holes in any::<bool>(),
        ) {
            let mut last = vec![99; 40];
            last[at] = kind;
            assert_same(&text(true, &last, "\n"), holes)?;
        }
    }

    #[test]
    fn labels_and_long_lines_meet_blocks() {
        let mut labels = "a,b,kind\n".to_owned();
        let mut wide = String::new();
        for i in 0..FRONT + 100 {
            writeln!(
                labels,
                "{i}.25,{},{}",
                i % 7,
                ["oak", " elm", "ash "][i % 3]
            )
            .unwrap();
            for k in 0..40 {
                write!(wide, "{},", i * k % 13).unwrap();
            }
            writeln!(wide, "{}", i % 2).unwrap();
        }
        for text in [labels, wide] {
            assert_same(&text, false).unwrap();
        }
    }
}
