/// What a routine of this crate can refuse.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinalgError {
    /// Two lengths that must agree do not.
    #[error("{what}: length {got}, expected {want}")]
    Shape {
        /// The argument.
        what: &'static str,
        /// The length it must have.
        want: usize,
        /// The length it has.
        got: usize,
    },
    /// A column of a sparse row is beyond the last, or does not follow the one before.
    #[error(
        "row {row}: column {column} of {columns} is beyond the last, or not after the one before"
    )]
    Column {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// Columns.
        columns: usize,
    },
    /// A pivot of a Cholesky factorisation was not positive, or not a number.
    #[error("matrix is not positive definite in {precision}: pivot {index} of {dim}")]
    NotPositiveDefinite {
        /// Zero-based index of the pivot.
        index: usize,
        /// Side of the matrix.
        dim: usize,
        /// The precision it was tried in.
        precision: &'static str,
    },
    /// An entry is NaN or infinite.
    #[error("{what} holds a value that is not finite")]
    NotFinite {
        /// The argument.
        what: &'static str,
    },
    /// A singular value decomposition did not converge.
    #[error("the singular value decomposition of a {rows} x {cols} matrix did not converge")]
    NoSvd {
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        cols: usize,
    },
    /// A symmetric eigenvalue decomposition did not converge.
    #[error("the eigenvalues of a matrix of side {dim} did not converge")]
    NoEigen {
        /// Side of the matrix.
        dim: usize,
    },
    /// A long factorisation was stopped by its [`Control`](crate::Control).
    #[error("stopped before the factorisation was complete")]
    Halted,
}
