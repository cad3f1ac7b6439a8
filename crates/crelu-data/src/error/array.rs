use std::fmt::Display;

use zip::result::ZipError;

use crate::place::{Excerpt, Names, OneLine};

/// What is wrong with a binary file: NPY, NPZ, IDX or CIFAR-10.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArrayError {
    /// The start of the file is no NPY header.
    #[error("not an NPY file, or a damaged header")]
    NpyHeader,
    /// An element type that is not read here.
    #[error(
        "elements of type '{}' are not read; floats of 4 or 8 bytes, integers, booleans are, and text in y",
        Excerpt(dtype)
    )]
    Dtype {
        /// NumPy's name of the type.
        dtype: String,
    },
    /// An array of another number of dimensions.
    #[error("{got} dimensions, {want} needed")]
    Dimensions {
        /// Dimensions needed, in words.
        want: &'static str,
        /// Dimensions found.
        got: usize,
    },
    /// A shape whose size overflows.
    #[error("the header states an impossible size")]
    Shape,
    /// Fewer values than the header promises.
    #[error("the header promises {want} values, the file ends after {got}")]
    Truncated {
        /// Values promised.
        want: usize,
        /// Whole values found.
        got: usize,
    },
    /// More bytes than the header promises.
    #[error("more bytes than the {want} values that the header promises")]
    Trailing {
        /// Values promised.
        want: usize,
    },
    /// Not a whole archive.
    #[error("not a whole NPZ archive ({})", OneLine(zip_reason(.0)))]
    Zip(#[source] ZipError),
    /// The archive lacks an array.
    #[error("no array '{name}'; it holds {}", Names(found))]
    NoArray {
        /// The array needed.
        name: &'static str,
        /// What the archive holds.
        found: Vec<String>,
    },
    /// `X` and `y` of different lengths.
    #[error("X has {samples} rows, y has {targets}")]
    Lengths {
        /// Rows of `X`.
        samples: usize,
        /// Length of `y`.
        targets: usize,
    },
    /// The start of the file is no IDX header.
    #[error("not an IDX file: it starts with {magic:#010x}")]
    IdxMagic {
        /// The first four bytes, big-endian.
        magic: u32,
    },
    /// A file too short for the header of its format.
    #[error("ends within its header")]
    CutHeader,
    /// Not a whole number of CIFAR-10 records.
    #[error(
        "ends within record {record}; a CIFAR-10 record has 3073 bytes, a label and 3072 pixels"
    )]
    CutRecord {
        /// The record, counted from 1.
        record: usize,
    },
    /// A CIFAR-10 label above 9.
    #[error("row {row}: label {label}, CIFAR-10 has 0 to 9; is it another kind of file?")]
    CifarLabel {
        /// The record, counted from 1.
        row: usize,
        /// What stands there.
        label: u8,
    },
}

/// What an archive's error says; a failed read only says so, its cause more.
fn zip_reason(error: &ZipError) -> &dyn Display {
    match error {
        ZipError::Io(cause) => cause,
        other => other,
    }
}
