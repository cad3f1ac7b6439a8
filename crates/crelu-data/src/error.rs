//! Everything that can be wrong with a file.

use std::io;
use std::path::PathBuf;

use crate::format::KNOWN_NAMES;
use crate::place::{Excerpt, Names, OneLine, Place, Shown, Within};

/// What is wrong with a file. `Display` is one line that starts with the file's path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The operating system refused to open, read or write the file.
    #[error("{}: {}", Shown(path), OneLine(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file was expected, the path is a folder.
    #[error("{}: is a folder, not a file", Shown(path))]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The folder to write into does not exist.
    #[error("{}: its folder {} does not exist", Shown(path), Shown(parent))]
    ParentMissing {
        /// The file to be written.
        path: PathBuf,
        /// The folder that is not there.
        parent: PathBuf,
    },
    /// The path to write to lies below something that is not a folder.
    #[error("{}: {} is not a folder", Shown(path), Shown(parent))]
    ParentNotFolder {
        /// The file to be written.
        path: PathBuf,
        /// The file that stands where the folder should be.
        parent: PathBuf,
    },
    /// The name ends in none of the known ways.
    #[error("{}: unknown kind of file; known are {KNOWN_NAMES}", Shown(path))]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The gzip stream is cut, damaged, or none at all.
    #[error("{}: not a whole gzip file ({})", Shown(path), OneLine(source))]
    Gzip {
        /// The file.
        path: PathBuf,
        /// The decoder's reason.
        source: io::Error,
    },
    /// Compressed content grows far beyond what data does.
    #[error(
        "{}: expands to more than {limit} bytes, {times} times its size; if that is right, decompress it first",
        Shown(path)
    )]
    Expands {
        /// The file.
        path: PathBuf,
        /// Bytes after which reading stopped.
        limit: u64,
        /// The accepted ratio.
        times: u64,
    },
    /// A zero byte in a text file.
    #[error("{}: byte {offset} is zero: not a text file", Shown(path))]
    NulByte {
        /// The file.
        path: PathBuf,
        /// Offset of the byte from the (decompressed) start.
        offset: u64,
    },
    /// A line too long to be a row.
    #[error("{}: a line of more than {limit} bytes", Shown(path))]
    LongLine {
        /// The file.
        path: PathBuf,
        /// The accepted length in bytes.
        limit: u64,
    },
    /// Nothing in the file, or a header only.
    #[error("{}: {}no rows of data", Shown(path), Within(*part))]
    NoRows {
        /// The file.
        path: PathBuf,
        /// The array of an archive.
        part: Option<&'static str>,
    },
    /// No column besides the target.
    #[error("{}: {}no feature columns beside the target", Shown(path), Within(*part))]
    NoFeatures {
        /// The file.
        path: PathBuf,
        /// The array of an archive.
        part: Option<&'static str>,
    },
    /// Another number of features than needed.
    #[error("{}: {got} features, {want} are needed", Shown(path))]
    FeatureCount {
        /// The file.
        path: PathBuf,
        /// Features needed.
        want: usize,
        /// Features found.
        got: usize,
    },
    /// A width that fits neither with nor without the target column.
    #[error(
        "{}: {got} columns; needed are {want} features, with or without the target column",
        Shown(path)
    )]
    ColumnCount {
        /// The file.
        path: PathBuf,
        /// Features needed.
        want: usize,
        /// Columns found.
        got: usize,
    },
    /// A row of another length than the first line.
    #[error(
        "{}: row {row} has {got} columns, the first line has {want}",
        Shown(path)
    )]
    Ragged {
        /// The file.
        path: PathBuf,
        /// Data row, counted from 1.
        row: usize,
        /// Columns of the first line.
        want: usize,
        /// Columns of this row.
        got: usize,
    },
    /// Text that is not UTF-8.
    #[error("{}: {place}: not UTF-8 text", Shown(path))]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
    },
    /// A cell that should be a number.
    #[error("{}: {place}: '{}' is not a number", Shown(path), Excerpt(cell))]
    NotANumber {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// What stands there.
        cell: String,
    },
    /// NaN, an infinity, or a number too large for a 64-bit float.
    #[error("{}: {place}: {} is not a finite number", Shown(path), Excerpt(cell))]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// What stands there.
        cell: String,
    },
    /// An empty cell, or a sign for a missing value.
    #[error("{}: {place}: missing value ('{}')", Shown(path), Excerpt(cell))]
    MissingValue {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
        /// What stands there.
        cell: String,
    },
    /// No column has the target's name.
    #[error(
        "{}: no column '{}' for the target; the columns are {}",
        Shown(path),
        Excerpt(target),
        Names(columns)
    )]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        target: String,
        /// The names in the header.
        columns: Vec<String>,
    },
    /// The target is asked for by name in a file without names.
    #[error(
        "{}: no column names, so no target '{}'; give its index, counted from 0",
        Shown(path),
        Excerpt(target)
    )]
    NoNames {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        target: String,
    },
    /// Two columns have the target's name.
    #[error("{}: columns {} and {} both have the target's name '{}'; give its index, counted from 0", Shown(path), first + 1, second + 1, Excerpt(target))]
    TwoColumns {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        target: String,
        /// Index of the first such column, counted from 0.
        first: usize,
        /// Index of the next.
        second: usize,
    },
    /// The target's index lies beyond the last column.
    #[error("{}: no target column {index}; the columns are 0 to {}", Shown(path), columns.saturating_sub(1))]
    TargetIndex {
        /// The file.
        path: PathBuf,
        /// The index asked for, counted from 0.
        index: usize,
        /// Columns in the file.
        columns: usize,
    },
    /// The format holds one target only, and another is asked for.
    #[error(
        "{}: a file of this kind has one target; the target '{}' cannot be chosen",
        Shown(path),
        Excerpt(target)
    )]
    TargetFixed {
        /// The file.
        path: PathBuf,
        /// The target asked for.
        target: String,
    },
    /// Model input columns are missing: the target's column counts as one of them.
    #[error(
        "{}: {got} features beside the target '{}', {want} are needed",
        Shown(path),
        Excerpt(target)
    )]
    TargetAmongFeatures {
        /// The file.
        path: PathBuf,
        /// Name of the target found in the header.
        target: String,
        /// Features needed.
        want: usize,
        /// Features found.
        got: usize,
    },
    /// IDX images without their labels file.
    #[error(
        "{}: images without labels: the labels file must be given, too",
        Shown(path)
    )]
    LabelsMissing {
        /// The images.
        path: PathBuf,
    },
    /// A labels file beside data that has its own target.
    #[error(
        "{}: labels file given, but {} has its own target",
        Shown(labels),
        Shown(path)
    )]
    LabelsUnused {
        /// The data.
        path: PathBuf,
        /// The labels file.
        labels: PathBuf,
    },
    /// As many labels as samples are needed.
    #[error(
        "{}: {got} labels for the {want} samples of {}",
        Shown(labels),
        Shown(path)
    )]
    LabelCount {
        /// The data.
        path: PathBuf,
        /// The labels file.
        labels: PathBuf,
        /// Samples.
        want: usize,
        /// Labels.
        got: usize,
    },
    /// The start of the file is no NPY header.
    #[error("{}: {}not an NPY file, or a damaged header", Shown(path), Within(*part))]
    NpyHeader {
        /// The file.
        path: PathBuf,
        /// The array of an archive.
        part: Option<&'static str>,
    },
    /// An element type that is not read here.
    #[error("{}: {}elements of type '{}' are not read; floats of 4 or 8 bytes, integers, booleans are, and text in y", Shown(path), Within(*part), Excerpt(dtype))]
    Dtype {
        /// The file.
        path: PathBuf,
        /// The array of an archive.
        part: Option<&'static str>,
        /// NumPy's name of the type.
        dtype: String,
    },
    /// An array of another number of dimensions.
    #[error("{}: {}{got} dimensions, {want} needed", Shown(path), Within(*part))]
    Dimensions {
        /// The file.
        path: PathBuf,
        /// The array of an archive.
        part: Option<&'static str>,
        /// Dimensions needed, in words.
        want: &'static str,
        /// Dimensions found.
        got: usize,
    },
    /// A shape whose size overflows.
    #[error("{}: {}the header states an impossible size", Shown(path), Within(*part))]
    Shape {
        /// The file.
        path: PathBuf,
        /// The array of an archive.
        part: Option<&'static str>,
    },
    /// Fewer values than the header promises.
    #[error("{}: {}the header promises {want} values, the file ends after {got}", Shown(path), Within(*part))]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The array of an archive.
        part: Option<&'static str>,
        /// Values promised.
        want: usize,
        /// Whole values found.
        got: usize,
    },
    /// More bytes than the header promises.
    #[error("{}: {}more bytes than the {want} values that the header promises", Shown(path), Within(*part))]
    Trailing {
        /// The file.
        path: PathBuf,
        /// The array of an archive.
        part: Option<&'static str>,
        /// Values promised.
        want: usize,
    },
    /// A label that a 64-bit float does not hold exactly.
    #[error(
        "{}: {place}: the label is beyond 2^53 and cannot be told from its neighbours",
        Shown(path)
    )]
    LargeLabel {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Place,
    },
    /// Not a whole archive.
    #[error(
        "{}: not a whole NPZ archive ({})",
        Shown(path),
        OneLine(zip_reason(source))
    )]
    Zip {
        /// The file.
        path: PathBuf,
        /// The reader's reason.
        source: zip::result::ZipError,
    },
    /// The archive lacks an array.
    #[error("{}: no array '{name}'; it holds {}", Shown(path), Names(found))]
    NoArray {
        /// The file.
        path: PathBuf,
        /// The array needed.
        name: &'static str,
        /// What the archive holds.
        found: Vec<String>,
    },
    /// `X` and `y` of different lengths.
    #[error("{}: X has {samples} rows, y has {targets}", Shown(path))]
    Lengths {
        /// The file.
        path: PathBuf,
        /// Rows of `X`.
        samples: usize,
        /// Length of `y`.
        targets: usize,
    },
    /// The start of the file is no IDX header.
    #[error("{}: not an IDX file: it starts with {magic:#010x}", Shown(path))]
    IdxMagic {
        /// The file.
        path: PathBuf,
        /// The first four bytes, big-endian.
        magic: u32,
    },
    /// A file too short for the header of its format.
    #[error("{}: ends within its header", Shown(path))]
    CutHeader {
        /// The file.
        path: PathBuf,
    },
    /// Not a whole number of CIFAR-10 records.
    #[error(
        "{}: ends within record {record}; a CIFAR-10 record has 3073 bytes",
        Shown(path)
    )]
    CutRecord {
        /// The file.
        path: PathBuf,
        /// The record, counted from 1.
        record: usize,
    },
    /// A CIFAR-10 label above 9.
    #[error("{}: row {row}: label {label}, CIFAR-10 has 0 to 9", Shown(path))]
    CifarLabel {
        /// The file.
        path: PathBuf,
        /// The record, counted from 1.
        row: usize,
        /// What stands there.
        label: u8,
    },
    /// A LIBSVM entry that is not `index:value`.
    #[error(
        "{}: row {row}: '{}' is not an entry index:value, the index counted from 1",
        Shown(path),
        Excerpt(entry)
    )]
    Entry {
        /// The file.
        path: PathBuf,
        /// Data row, counted from 1.
        row: usize,
        /// What stands there.
        entry: String,
    },
    /// LIBSVM indices that do not ascend.
    #[error(
        "{}: row {row}: index {index} after {previous}; indices must ascend",
        Shown(path)
    )]
    IndexOrder {
        /// The file.
        path: PathBuf,
        /// Data row, counted from 1.
        row: usize,
        /// The index.
        index: usize,
        /// The one before it.
        previous: usize,
    },
    /// A LIBSVM index beyond the features.
    #[error("{}: row {row}: index {index}, there are {want} features", Shown(path))]
    IndexBeyond {
        /// The file.
        path: PathBuf,
        /// Data row, counted from 1.
        row: usize,
        /// The index.
        index: usize,
        /// Features.
        want: usize,
    },
    /// A sparse table too large to be held densely.
    #[error(
        "{}: {rows} rows x {columns} features with {entries} entries: too large and sparse for a dense table",
        Shown(path)
    )]
    TooSparse {
        /// The file.
        path: PathBuf,
        /// Rows.
        rows: usize,
        /// Largest index.
        columns: usize,
        /// Entries in the file.
        entries: usize,
    },
}

/// What an archive's error says; a failed read only says so, its cause more.
fn zip_reason(error: &zip::result::ZipError) -> &dyn std::fmt::Display {
    match error {
        zip::result::ZipError::Io(cause) => cause,
        other => other,
    }
}
