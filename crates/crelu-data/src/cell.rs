//! One cell of a text file.

use std::path::Path;

use crate::error::DataError;
use crate::place::Place;

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

/// What `cell` is, spaces around it left out.
pub(crate) fn classify(cell: &str) -> Cell {
    let cell = cell.trim();
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Cell::Number(value),
        Ok(_) => Cell::NotFinite,
        Err(_) if is_missing(cell) => Cell::Missing,
        Err(_) => Cell::Text,
    }
}

/// The finite number in `cell`, or the error that says why there is none.
pub(crate) fn number(
    path: &Path,
    cell: &str,
    place: impl FnOnce() -> Place,
) -> Result<f64, DataError> {
    let refuse = |make: fn(std::path::PathBuf, Place, String) -> DataError, place: Place| {
        Err(make(path.to_owned(), place, cell.trim().to_owned()))
    };
    match classify(cell) {
        Cell::Number(value) => Ok(value),
        Cell::NotFinite => refuse(
            |path, place, cell| DataError::NotFinite { path, place, cell },
            place(),
        ),
        Cell::Missing => refuse(
            |path, place, cell| DataError::MissingValue { path, place, cell },
            place(),
        ),
        Cell::Text => refuse(
            |path, place, cell| DataError::NotANumber { path, place, cell },
            place(),
        ),
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
