/// What a bound can refuse.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BoundError {
    /// Two sizes that must agree do not.
    #[error("{what}: length {got}, expected {want}")]
    Shape {
        /// The argument.
        what: &'static str,
        /// The length it must have.
        want: usize,
        /// The length it has.
        got: usize,
    },
    /// A value that is NaN or infinite.
    #[error("{what}: row {row} (from 0) holds a value that is not finite")]
    NotFinite {
        /// The argument.
        what: &'static str,
        /// The row, from 0.
        row: usize,
    },
    /// A weight of the penalty that is not positive.
    #[error("beta = {0}: a bound needs a positive, finite weight")]
    Beta(f64),
    /// Blocks of rows that overlap, or hold other rows.
    #[error("row {row} (from 0) is in two blocks, or not one of the {n_samples} rows")]
    Partition {
        /// The row.
        row: usize,
        /// How many there are.
        n_samples: usize,
    },
    /// A factorisation or product below failed.
    #[error(transparent)]
    Linalg(#[from] linalg_core::LinalgError),
}
