use thiserror::Error;

use crate::subject::Subject;

/// Why there is no training set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SetError {
    /// Two sizes that must agree do not.
    #[error("{what}: {got}, expected {want}")]
    Shape {
        /// Of what.
        what: Subject,
        /// The size it must have.
        want: usize,
        /// The size it has.
        got: usize,
    },
    /// Rows hold NaN or an infinity.
    #[error("{what} holds a value that is not finite")]
    NotFinite {
        /// Of what.
        what: Subject,
    },
}

/// Why there is no loss.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum LossError {
    /// A length does not fit.
    #[error("{what}: {got} numbers, not {want}")]
    Shape {
        /// What it is.
        what: &'static str,
        /// Its length.
        got: usize,
        /// The length that fits.
        want: usize,
    },
    /// A number that the loss has no value for.
    #[error("{what} of row {row} is {value}, {want}")]
    Value {
        /// What it is.
        what: &'static str,
        /// The row, from 0.
        row: usize,
        /// What stands there.
        value: f64,
        /// What may stand there.
        want: &'static str,
    },
    /// A parameter out of its range.
    #[error("{what} is {value}, {want}")]
    Parameter {
        /// What it is.
        what: &'static str,
        /// What stands there.
        value: f64,
        /// What may stand there.
        want: &'static str,
    },
    /// All rows have weight 0.
    #[error("no row has a positive weight")]
    NoWeight,
}
