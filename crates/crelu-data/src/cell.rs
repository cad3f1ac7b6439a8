//! One cell of a text file.

use crate::decimal::{self, Decimal};

/// What a cell is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell {
    /// A finite number.
    Number(f64),
    /// NaN, an infinity, or a number beyond the largest float.
    NotFinite,
    /// Nothing, or a sign for a missing value.
    Missing,
    /// Anything else.
    Text,
}

/// What `cell` is, spaces around it left out, where numbers are written with a decimal point.
pub(crate) fn classify(cell: &str) -> Cell {
    classify_as(cell, Decimal::Point)
}

/// What `cell` is where numbers are written in the way `decimal` says.
pub(crate) fn classify_as(cell: &str, decimal: Decimal) -> Cell {
    let cell = cell.trim();
    match decimal::parse(cell, decimal) {
        Some(value) if value.is_finite() => Cell::Number(value),
        Some(_) => Cell::NotFinite,
        None if is_missing(cell) => Cell::Missing,
        None => Cell::Text,
    }
}

/// Whether there is nothing in a cell.
pub(crate) fn is_blank(cell: &[u8]) -> bool {
    cell.trim_ascii().is_empty()
}

fn is_missing(cell: &str) -> bool {
    const SIGNS: [&str; 6] = ["", "?", "na", "n/a", "#n/a", "null"];
    SIGNS.iter().any(|sign| cell.eq_ignore_ascii_case(sign))
}

#[cfg(test)]
mod tests {
    use super::{Cell, classify};

    #[test]
    fn classify_spellings_gives_kind() {
        for (cell, kind) in [
            (" 1.5 ", Cell::Number(1.5)),
            ("+2", Cell::Number(2.0)),
            (".5e1", Cell::Number(5.0)),
            ("1e400", Cell::NotFinite),
            ("-Infinity", Cell::NotFinite),
            ("NaN", Cell::NotFinite),
            ("", Cell::Missing),
            (" ? ", Cell::Missing),
            ("N/A", Cell::Missing),
            ("yes", Cell::Text),
            ("1,5", Cell::Text),
            ("0x10", Cell::Text),
        ] {
            assert_eq!(classify(cell), kind, "{cell:?}");
        }
    }
}
