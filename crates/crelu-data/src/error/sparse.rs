use crate::place::Excerpt;

/// What is wrong with a LIBSVM row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SparseError {
    /// It begins with an entry.
    #[error(
        "'{}' stands where the label should; a row is: label index:value ...",
        Excerpt(entry)
    )]
    NoLabel {
        /// What stands there.
        entry: String,
    },
    /// An entry that is not `index:value`.
    #[error(
        "'{}' is not an entry index:value, the index counted from 1",
        Excerpt(entry)
    )]
    Entry {
        /// What stands there.
        entry: String,
    },
    /// Indices that do not ascend.
    #[error("index {index} after {previous}; indices must ascend")]
    IndexOrder {
        /// The index.
        index: usize,
        /// The one before it.
        previous: usize,
    },
    /// An index beyond the columns that a table may have.
    #[error(
        "index {index}: a sparse table has at most {most} columns; number the features that occur"
    )]
    IndexTooLarge {
        /// The index.
        index: usize,
        /// The most columns.
        most: usize,
    },
    /// An index beyond the features.
    #[error("index {index}, the model has {want} features")]
    IndexBeyond {
        /// The index.
        index: usize,
        /// Features.
        want: usize,
    },
}
