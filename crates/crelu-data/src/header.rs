//! Is the first line of a text table a header?

use ::csv::ByteRecord;

use crate::cell::{Cell, classify_as};
use crate::decimal::Decimal;

/// Rows after the first that are looked at.
pub(crate) const SAMPLE: usize = 16;

/// What is known of a file before its first line is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// The column that may hold text, and need not be there.
    pub(crate) target: Option<usize>,
    /// Names that the columns may have.
    pub(crate) names: &'a [String],
    /// How numbers are written.
    pub(crate) decimal: Decimal,
}

/// Whether the first of the first records of a file names the columns.
///
/// It does if it holds a name that is known, if it counts `0, 1, ..., k - 1`, or if some column has text
/// there and numbers below. One such cell among numbers could as well be a wrong value in a file without
/// a header, which must not vanish; then the numbers beside it must be in strict order, as names
/// (`0,1,2,target`; wavelengths) are. Whole numbers of one step are names (years) where none of the
/// columns below holds anything like them. Text over text says nothing in a file of numbers: a label
/// column looks the same with and without a header; where all is text, names are those that do not
/// come again.
pub(crate) fn is_header(records: &[ByteRecord], known: Known<'_>) -> bool {
    let Some((first, rest)) = records.split_first() else {
        return false;
    };
    let rest = &rest[..rest.len().min(SAMPLE)];
    let first_kinds: Vec<Cell> = first.iter().map(|cell| kind(cell, known.decimal)).collect();
    if is_known(first, &first_kinds, known.names) {
        return true;
    }
    let below = Below {
        rest,
        decimal: known.decimal,
    };
    if let Some(numbers) = whole_numbers(first, &first_kinds) {
        return counts_up(&numbers, below) || is_sequence_of_names(&numbers, known.target, below);
    }
    let texts = first_kinds
        .iter()
        .filter(|&&kind| kind == Cell::Text)
        .count();
    if texts == 0 {
        return false;
    }
    if rest.is_empty() {
        if !known.names.is_empty() && texts < first.len() {
            return false;
        }
        let features = || {
            first_kinds
                .iter()
                .enumerate()
                .filter(|&(column, _)| Some(column) != known.target)
        };
        return !(features().count() > 0
            && features().all(|(_, kind)| matches!(kind, Cell::Number(_))));
    }
    if texts == 1 && first.len() > 1 && !in_strict_order(&first_kinds) {
        return false;
    }
    let over_numbers = first_kinds.iter().enumerate().any(|(column, &kind_first)| {
        let count = |want: fn(&Cell) -> bool| below.kinds(column).filter(want).count();
        let numbers = count(|kind| matches!(kind, Cell::Number(_) | Cell::NotFinite));
        // a stray cell or a row of units does not turn a column of numbers into one of text
        kind_first == Cell::Text && numbers > 0 && count(|kind| *kind == Cell::Text) <= numbers
    });
    over_numbers || texts == first.len() && names_of_text(first, rest)
}

/// The first records below the first.
#[derive(Clone, Copy)]
struct Below<'a> {
    rest: &'a [ByteRecord],
    decimal: Decimal,
}

impl<'a> Below<'a> {
    fn kinds(self, column: usize) -> impl Iterator<Item = Cell> + 'a {
        self.rest
            .iter()
            .filter_map(move |record| record.get(column))
            .map(move |cell| kind(cell, self.decimal))
    }

    fn numbers(self, column: usize) -> Vec<f64> {
        self.kinds(column)
            .filter_map(|kind| match kind {
                Cell::Number(value) => Some(value),
                _ => None,
            })
            .collect()
    }
}

/// One text among the known names, or several numbers that all are.
fn is_known(first: &ByteRecord, kinds: &[Cell], names: &[String]) -> bool {
    let is_named = |cell: &[u8]| {
        names
            .iter()
            .any(|name| cell.trim_ascii() == name.trim().as_bytes())
    };
    let mut named = first.iter().zip(kinds).filter(|(cell, _)| is_named(cell));
    named.any(|(_, &kind)| kind == Cell::Text)
        || first.len() > 1
            && names.len() > 1
            && first.iter().filter(|cell| is_named(cell)).count() >= names.len().min(first.len())
}

/// The first record, if it is whole numbers throughout, written as such.
fn whole_numbers(first: &ByteRecord, kinds: &[Cell]) -> Option<Vec<f64>> {
    let digits = |cell: &[u8]| cell.trim_ascii().iter().all(u8::is_ascii_digit);
    first
        .iter()
        .zip(kinds)
        .map(|(cell, kind)| match kind {
            Cell::Number(value) if digits(cell) => Some(*value),
            _ => None,
        })
        .collect()
}

/// `0, 1, ..., k - 1`. Two columns `0,1` may well be a row of whole numbers.
fn counts_up(numbers: &[f64], below: Below<'_>) -> bool {
    let counts = numbers
        .iter()
        .zip(0_u32..)
        .all(|(value, at)| *value == f64::from(at));
    let is_whole = |column| {
        below
            .numbers(column)
            .iter()
            .all(|value| value.fract() == 0.0)
    };
    counts
        && numbers.len() > 1
        && !below.rest.is_empty()
        && (numbers.len() > 2 || !(0..numbers.len()).all(is_whole))
}

/// Whole numbers of one step over columns that hold fractions, or values far from them.
fn is_sequence_of_names(numbers: &[f64], target: Option<usize>, below: Below<'_>) -> bool {
    const FEWEST_COLUMNS: usize = 3;
    const FEWEST_ROWS: usize = 3;
    if numbers.len() < FEWEST_COLUMNS || below.rest.len() < FEWEST_ROWS {
        return false;
    }
    let step = numbers[1] - numbers[0];
    let one_step = step > 0.0 && numbers.windows(2).all(|pair| pair[1] - pair[0] == step);
    let unlike = |(column, name): (usize, &f64)| {
        let values = below.numbers(column);
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let distance = (least - name).max(name - most);
        !values.is_empty()
            && (values.iter().all(|value| value.fract() != 0.0) || distance > most - least)
    };
    one_step
        && numbers
            .iter()
            .enumerate()
            .filter(|&(column, _)| Some(column) != target)
            .all(unlike)
}

/// Text that stands over columns of text and in none of them again.
fn names_of_text(first: &ByteRecord, rest: &[ByteRecord]) -> bool {
    const FEWEST_ROWS: usize = 4;
    rest.len() >= FEWEST_ROWS
        && first.iter().enumerate().all(|(column, name)| {
            let mut below = rest.iter().filter_map(|record| record.get(column));
            !below.any(|cell| cell.trim_ascii() == name.trim_ascii())
        })
}

fn kind(cell: &[u8], decimal: Decimal) -> Cell {
    std::str::from_utf8(cell).map_or(Cell::Text, |cell| classify_as(cell, decimal))
}

fn in_strict_order(kinds: &[Cell]) -> bool {
    let numbers: Vec<f64> = kinds
        .iter()
        .filter_map(|kind| match kind {
            Cell::Number(value) => Some(*value),
            _ => None,
        })
        .collect();
    numbers.windows(2).all(|pair| pair[0] < pair[1])
        || numbers.windows(2).all(|pair| pair[0] > pair[1])
}

/// The first cell of a row of units below a header: text in every column that holds numbers below.
pub(crate) fn unit(records: &[ByteRecord], decimal: Decimal) -> Option<(usize, String)> {
    const FEWEST_NUMERIC_COLUMNS: usize = 2;
    let (first, rest) = records.split_first()?;
    let below = Below {
        rest: &rest[..rest.len().min(SAMPLE)],
        decimal,
    };
    let numeric: Vec<usize> = (0..first.len())
        .filter(|&column| {
            let count = |want: fn(&Cell) -> bool| below.kinds(column).filter(want).count();
            let numbers = count(|kind| matches!(kind, Cell::Number(_)));
            numbers > 0 && count(|kind| *kind == Cell::Text) == 0
        })
        .collect();
    let cells = numeric.iter().map(|&column| (column, &first[column]));
    let is_text = |(_, cell): &(usize, &[u8])| kind(cell, decimal) == Cell::Text;
    let is_number = |cell: &[u8]| matches!(kind(cell, decimal), Cell::Number(_) | Cell::NotFinite);
    let texts = cells.clone().filter(is_text).count();
    if texts == 0
        || numeric.len() < FEWEST_NUMERIC_COLUMNS
        || cells.clone().any(|(_, cell)| is_number(cell))
    {
        return None;
    }
    let (column, cell) = cells.clone().find(is_text)?;
    Some((column, String::from_utf8_lossy(cell).trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(lines: &[&str]) -> Vec<ByteRecord> {
        lines
            .iter()
            .map(|line| ByteRecord::from(line.split(',').collect::<Vec<_>>()))
            .collect()
    }

    fn decide_knowing(names: &[&str], lines: &[&str]) -> bool {
        let records = records(lines);
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let known = Known {
            target: Some(records[0].len() - 1),
            names: &names,
            decimal: Decimal::Point,
        };
        is_header(&records, known)
    }

    fn decide(lines: &[&str]) -> bool {
        decide_knowing(&[], lines)
    }

    #[test]
    fn is_header_over_numbers_says_yes() {
        assert!(decide(&["a,b,kind", "1,2,yes", "3,4,no"]));
        assert!(decide(&["a,b,kind", "1,?,0", "nan,4,1"]));
        assert!(decide(&["0,1,2,target", "0.1,0.2,0.3,1"]));
        assert!(decide(&["x,1,1,target", "0.1,0.2,0.3,1"]));
        assert!(decide(&["a,b,kind"]));
        assert!(decide(&["a,price", "1,2", "-,3", "4,-"]));
        assert!(decide(&["a,b,y", "degC,kN,-", "1,2,3", "4,5,6"]));
    }

    #[test]
    fn is_header_of_numbers_says_yes() {
        assert!(decide(&["0,1,2", "0.1,0.2,0.3"]));
        assert!(decide(&["0,1,2,3", "5,6,7,8", "5,6,7,9"]));
        assert!(decide(&["0,1", "0.1,0.2"]));
        assert!(decide(&[
            "2019,2020,2021,2022",
            "1.5,2.5,3.5,1",
            "1.6,2.4,3.1,0",
            "2.5,2.6,0.1,1"
        ]));
        assert!(decide(&[
            "2019,2020,2021",
            "35412,36123,1",
            "35012,36120,0",
            "35112,36223,1"
        ]));
        assert!(decide(&[
            "400,410,420,430",
            "0.11,0.12,0.13,7",
            "0.21,0.22,0.23,8",
            "0.1,0.2,0.3,9"
        ]));
        assert!(decide_knowing(&["7", "9"], &["7,9", "1,2"]));
    }

    #[test]
    fn is_header_over_rows_of_numbers_says_no() {
        assert!(!decide(&["0,1", "1,0", "1,1"]));
        assert!(!decide(&["1,2,3", "4,5,6", "7,8,9", "10,11,12"]));
        assert!(!decide(&["0,10,20", "1,11,21", "2,12,22", "3,13,23"]));
        assert!(!decide(&[
            "2000,2001,2002",
            "2001,2002,2003",
            "2002,2003,2004",
            "2003,2004,2005"
        ]));
        assert!(!decide(&["0.0,1.0,2.0", "0.1,0.2,0.3"]));
        assert!(!decide(&["0,1,2"]));
    }

    #[test]
    fn is_header_over_text_labels_says_no() {
        assert!(!decide(&["5.1,3.5,setosa", "4.9,3.0,virginica"]));
        assert!(!decide(&["1,2,3", "4,5,6"]));
        assert!(!decide(&["?,2,3", "4,5,6"]));
        assert!(!decide(&["0.5,abc,0.1,1", "0.2,0.3,0.4,0"]));
        assert!(!decide(&["0.5,0.4,yes"]));
        assert!(!decide(&[
            "red,round",
            "red,square",
            "blue,round",
            "red,round",
            "blue,square"
        ]));
    }

    #[test]
    fn is_header_over_text_alone_is_what_does_not_come_again() {
        assert!(decide(&[
            "colour,shape",
            "red,square",
            "blue,round",
            "red,round",
            "blue,square"
        ]));
    }

    #[test]
    fn unit_row_is_text_over_every_column_of_numbers() {
        let unit = |lines: &[&str]| unit(&records(lines), Decimal::Point);
        assert_eq!(unit(&["degC,kN,-", "1,2,3"]), Some((0, "degC".to_owned())));
        assert_eq!(unit(&[",kN,m,yes", "1,2,3,no"]), Some((1, "kN".to_owned())));
        assert_eq!(unit(&["1,kN", "1,2"]), None);
        assert_eq!(unit(&[",kN,,yes", "1,2,3,no"]), Some((1, "kN".to_owned())));
        assert_eq!(unit(&["a,yes", "1,no"]), None);
        assert_eq!(unit(&["1,yes", "1,no"]), None);
        assert_eq!(unit(&["a,b"]), None);
    }
}
