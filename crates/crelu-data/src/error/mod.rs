//! Everything that can be wrong with a file.

use std::io;
use std::path::{Path, PathBuf};

use crate::file_names::KNOWN_NAMES;
use crate::place::{Excerpt, Names, OneLine, Place, Shown, Within};
use crate::role::Role;
use crate::stray::Stray;

mod array;
mod sparse;
mod why;

pub use array::ArrayError;
pub use sparse::SparseError;

use why::{Alike, ColumnOf, MoreSuch, RaggedWhy};

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
    /// A file that is known to be something else than a text table.
    #[error("{}: {what}", Shown(path))]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is, and what to do.
        what: &'static str,
    },
    /// UTF-16 text that is cut or damaged.
    #[error("{}: damaged UTF-16 text; save it as UTF-8", Shown(path))]
    Utf16 {
        /// The file.
        path: PathBuf,
    },
    /// No column besides the target.
    #[error("{}: {}no feature columns beside the target", Shown(path), Within(*part))]
    NoFeatures {
        /// The file.
        path: PathBuf,
        /// The array of an archive.
        part: Option<&'static str>,
    },
    /// A text table of one column, which is the target.
    #[error(
        "{}: one column, so no features beside the target: no comma, semicolon, tab or pipe divides line {line} and those below into as many cells; divide them by one",
        Shown(path)
    )]
    OneColumn {
        /// The file.
        path: PathBuf,
        /// The first line.
        line: u64,
    },
    /// The columns are not those that are needed.
    #[error("{}: {source}", Shown(path))]
    Columns {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row of another length than the first line.
    #[error(
        "{}: {place} has {got} cell{}, line {first_line} has {want}: {}",
        Shown(path),
        if *got == 1 { "" } else { "s" },
        RaggedWhy { want: *want, got: *got, breaks: *breaks, text }
    )]
    Ragged {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// Columns of the first line.
        want: usize,
        /// Columns of this row.
        got: usize,
        /// The first line of the table.
        first_line: u64,
        /// Line breaks within the row's cells.
        breaks: u64,
        /// What stands there.
        text: String,
    },
    /// A row under the header that has text over the numbers.
    #[error(
        "{}: {place}: '{}' is not a number, as nothing in this line is: a row of units? leave it out",
        Shown(path),
        Excerpt(cell)
    )]
    Units {
        /// The file.
        path: PathBuf,
        /// Where the first of them stands.
        place: Box<Place>,
        /// What stands there.
        cell: String,
    },
    /// The names of the columns below the first line.
    #[error(
        "{}: {place}: the names of the columns again, as where files were joined: leave the line out",
        Shown(path)
    )]
    HeaderAgain {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
    },
    /// Text that is not UTF-8.
    #[error(
        "{}: {place}: '{}' is not UTF-8 text; save the file as UTF-8",
        Shown(path),
        Excerpt(text)
    )]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// What can be read of it.
        text: String,
    },
    /// An element of an array that should be text.
    #[error("{}: {place}: the element is no text", Shown(path))]
    NotText {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
    },
    /// A cell that should be a number.
    #[error(
        "{}: {place}: '{}' is not a number: {stray}",
        Shown(path),
        Excerpt(cell)
    )]
    NotANumber {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// What stands there.
        cell: String,
        /// What it looks like.
        stray: Stray,
    },
    /// A feature column without any number in its first rows.
    #[error(
        "{}: {place}: '{}' is not a number, nor is any cell below it: {}leave the column out (fit --drop {}), or fit --categorical takes its cells as levels",
        Shown(path),
        Excerpt(cell),
        ColumnOf(*stray),
        Excerpt(drop)
    )]
    TextColumn {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// What stands there.
        cell: String,
        /// What it looks like.
        stray: Stray,
        /// The column, as it can be named.
        drop: String,
    },
    /// A target of amounts that are no numbers, too many for labels.
    #[error(
        "{}: {place}: '{}' is not a number, nor is any cell of the target: {stray}; --task classify takes all as labels",
        Shown(path),
        Excerpt(cell)
    )]
    TextTarget {
        /// The file.
        path: PathBuf,
        /// Where the first stands.
        place: Box<Place>,
        /// What stands there.
        cell: String,
        /// What it looks like.
        stray: Stray,
    },
    /// Some cells of the target are numbers, others are not.
    #[error(
        "{}: {place}: '{}' is {}, unlike {others} other cells of the target{}: {}; --task classify takes all as labels",
        Shown(path),
        Excerpt(cell),
        if stray.is_some() { "not a number" } else { "a number" },
        MoreSuch(*count),
        match stray { Some(stray) => stray as &dyn std::fmt::Display, None => &"correct the cell" }
    )]
    MixedTarget {
        /// The file.
        path: PathBuf,
        /// Where the first of the fewer stands.
        place: Box<Place>,
        /// What stands there.
        cell: String,
        /// What it looks like; `None`: a number.
        stray: Option<Stray>,
        /// How many such cells there are.
        count: usize,
        /// How many of the other kind.
        others: usize,
    },
    /// NaN, an infinity, or a number too large for a 64-bit float.
    #[error(
        "{}: {place}: '{}' is not a finite number: correct the cell, or leave its row out{}",
        Shown(path),
        Excerpt(cell),
        if *is_feature && cell.eq_ignore_ascii_case("nan") { "; if it stands for a missing one: fit --missing impute" } else { "" }
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// What stands there.
        cell: String,
        /// Whether it is a feature's.
        is_feature: bool,
    },
    /// An empty cell, or a sign for a missing value.
    #[error(
        "{}: {place}: '{}' is a missing value: fill it in, {}",
        Shown(path),
        Excerpt(cell),
        match is_feature {
            true => "leave the row or the column out, or fit --missing impute",
            false => "or leave the row out",
        }
    )]
    MissingValue {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// What stands there.
        cell: String,
        /// Whether it is a feature's.
        is_feature: bool,
    },
    /// No column has the name.
    #[error(
        "{}: {}: no column '{}'{}; the columns are {}",
        Shown(path),
        role.option(),
        Excerpt(name),
        Alike(alike.as_deref()),
        Names(columns)
    )]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// What it is asked for.
        role: Role,
        /// The name asked for.
        name: String,
        /// A name that is nearly the same.
        alike: Option<String>,
        /// The names in the header.
        columns: Vec<String>,
    },
    /// A column is asked for by name in a file without names.
    #[error(
        "{}: {}: no column names, so no column '{}'; give its index, counted from 0",
        Shown(path),
        role.option(),
        Excerpt(name)
    )]
    NoNames {
        /// The file.
        path: PathBuf,
        /// What it is asked for.
        role: Role,
        /// The name asked for.
        name: String,
    },
    /// Two columns have the name.
    #[error(
        "{}: {}: columns {} and {} are both called '{}'; give the index, counted from 0: {first} or {second}",
        Shown(path),
        role.option(),
        first + 1,
        second + 1,
        Excerpt(name)
    )]
    TwoColumns {
        /// The file.
        path: PathBuf,
        /// What it is asked for.
        role: Role,
        /// The name asked for.
        name: String,
        /// Index of the first such column, counted from 0.
        first: usize,
        /// Index of the next.
        second: usize,
    },
    /// An index beyond the last column.
    #[error("{}: {}: no column {index}; the columns are 0 to {}", Shown(path), role.option(), columns.saturating_sub(1))]
    ColumnIndex {
        /// The file.
        path: PathBuf,
        /// What it is asked for.
        role: Role,
        /// The index asked for, counted from 0.
        index: usize,
        /// Columns in the file.
        columns: usize,
    },
    /// A column that is no feature.
    #[error(
        "{}: {}: '{}' is no feature column",
        Shown(path),
        role.option(),
        Excerpt(name)
    )]
    NoFeature {
        /// The file.
        path: PathBuf,
        /// What it is asked for.
        role: Role,
        /// The name asked for.
        name: String,
    },
    /// A column that is to be two things.
    #[error(
        "{}: {}: the column '{}' is asked for twice",
        Shown(path),
        role.option(),
        Excerpt(name)
    )]
    TwoRoles {
        /// The file.
        path: PathBuf,
        /// What it is asked for the second time.
        role: Role,
        /// The name asked for.
        name: String,
    },
    /// A format that has no such column.
    #[error(
        "{}: {}: a file of this kind has no column for it",
        Shown(path),
        role.option()
    )]
    AsideFixed {
        /// The file.
        path: PathBuf,
        /// What it is asked for.
        role: Role,
    },
    /// A number in a column of text.
    #[error(
        "{}: {place}: '{}' is a number, and '{}' in line {line} of this column is not: correct one of them; fit --categorical {} takes all as levels",
        Shown(path),
        Excerpt(cell),
        Excerpt(text),
        Excerpt(column)
    )]
    MixedColumn {
        /// The file.
        path: PathBuf,
        /// Where the number stands.
        place: Box<Place>,
        /// The number.
        cell: String,
        /// The text.
        text: String,
        /// Its line.
        line: u64,
        /// The column, as it can be named.
        column: String,
    },
    /// Columns to be dropped of a format that names none.
    #[error(
        "{}: --drop: a file of this kind has no columns that could be left out",
        Shown(path)
    )]
    DropSparse {
        /// The file.
        path: PathBuf,
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
    /// IDX images without their labels file.
    #[error(
        "{}: images without labels; give the file of their labels: --labels FILE (of test images --test-labels FILE)",
        Shown(path)
    )]
    LabelsMissing {
        /// The images.
        path: PathBuf,
    },
    /// A labels file beside data that has its own target.
    #[error(
        "{}: a labels file is given, but {} has its own target",
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
    /// A binary file that is no array of its format.
    #[error("{}: {}{source}", Shown(path), Within(*part))]
    Array {
        /// The file.
        path: PathBuf,
        /// The array of an archive.
        part: Option<&'static str>,
        /// What is wrong with it.
        source: ArrayError,
    },
    /// A LIBSVM row that is none.
    #[error("{}: {place}: {source}", Shown(path))]
    Sparse {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// What is wrong with it.
        source: SparseError,
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
        place: Box<Place>,
    },
    /// Holes or levels in a sparse table that is too large to be held densely.
    #[error(
        "{}: {rows} rows x {columns} features: too large and sparse for the dense table that missing values and --categorical need",
        Shown(path)
    )]
    TooSparse {
        /// The file.
        path: PathBuf,
        /// Rows.
        rows: usize,
        /// Features.
        columns: usize,
    },
}

impl ArrayError {
    /// The error of a file, or of the array `part` of an archive.
    pub(crate) fn of(self, path: &Path, part: Option<&'static str>) -> DataError {
        DataError::Array {
            path: path.to_owned(),
            part,
            source: self,
        }
    }
}

impl SparseError {
    /// The error of a row.
    pub(crate) fn at(self, path: &Path, place: Place) -> DataError {
        DataError::Sparse {
            path: path.to_owned(),
            place: Box::new(place),
            source: self,
        }
    }
}
