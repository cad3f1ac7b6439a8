//! Why a cell is not taken.

use std::path::Path;

use crate::cell::Cell;
use crate::error::DataError;
use crate::place::Place;
use crate::stray::Stray;

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
