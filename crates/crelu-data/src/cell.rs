//! One cell of a text file.

use std::path::Path;

use crate::decimal::{self, Decimal};
use crate::error::DataError;
use crate::place::Place;
use crate::stray::Stray;

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

/// What a cell is of, so that a message says what may be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// A feature, whose holes can be filled.
    Feature,
    /// A target or a weight.
    Other,
}

/// The error for a cell that is no finite number.
pub(crate) fn refusal(path: &Path, cell: &str, kind: Cell, place: Place, of: Of) -> DataError {
    let is_feature = of == Of::Feature;
    let (path, cell) = (path.to_owned(), cell.trim().to_owned());
    match kind {
        Cell::NotFinite => DataError::NotFinite {
            path,
            place: place.into(),
            cell,
            is_feature,
        },
        Cell::Missing => DataError::MissingValue {
            path,
            place: place.into(),
            cell,
            is_feature,
        },
        Cell::Number(_) | Cell::Text => DataError::NotANumber {
            stray: Stray::of(&cell),
            path,
            place: place.into(),
            cell,
        },
    }
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
