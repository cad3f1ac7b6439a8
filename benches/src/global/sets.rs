//! The rows of the table: one a set and penalty.

/// The sets of the tables. Those with a prototype's values first.
pub(crate) const SETS: [&str; 7] = [
    "wine class 0",
    "diabetes",
    "digits",
    "breast cancer",
    "teacher 400x9",
    "teacher 300x26",
    "fashion",
];
/// Shares of `beta_max`.
pub(crate) const FRACTIONS: [f64; 3] = [0.1, 0.01, 0.001];
