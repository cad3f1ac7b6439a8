//! Everything that can be wrong with a file.

use std::io;
use std::path::PathBuf;

use crate::columns::Role;
use crate::format::KNOWN_NAMES;
use crate::place::{Excerpt, Names, OneLine, Place, Shown, Within};
use crate::stray::Stray;

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
        "{}: {place}: '{}' is not a number, nor is any cell below it: {}leave the column out (fit --drop {})",
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
        "{}: {place}: '{}' is not a finite number: correct the cell, or leave its row out",
        Shown(path),
        Excerpt(cell)
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// What stands there.
        cell: String,
    },
    /// An empty cell, or a sign for a missing value.
    #[error(
        "{}: {place}: '{}' is a missing value: fill it in, or leave the row or the column out",
        Shown(path),
        Excerpt(cell)
    )]
    MissingValue {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// What stands there.
        cell: String,
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
        place: Box<Place>,
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
        "{}: ends within record {record}; a CIFAR-10 record has 3073 bytes, a label and 3072 pixels",
        Shown(path)
    )]
    CutRecord {
        /// The file.
        path: PathBuf,
        /// The record, counted from 1.
        record: usize,
    },
    /// A CIFAR-10 label above 9.
    #[error(
        "{}: row {row}: label {label}, CIFAR-10 has 0 to 9; is it another kind of file?",
        Shown(path)
    )]
    CifarLabel {
        /// The file.
        path: PathBuf,
        /// The record, counted from 1.
        row: usize,
        /// What stands there.
        label: u8,
    },
    /// A LIBSVM row that begins with an entry.
    #[error(
        "{}: {place}: '{}' stands where the label should; a row is: label index:value ...",
        Shown(path),
        Excerpt(entry)
    )]
    NoLabel {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// What stands there.
        entry: String,
    },
    /// A LIBSVM entry that is not `index:value`.
    #[error(
        "{}: {place}: '{}' is not an entry index:value, the index counted from 1",
        Shown(path),
        Excerpt(entry)
    )]
    Entry {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// What stands there.
        entry: String,
    },
    /// LIBSVM indices that do not ascend.
    #[error(
        "{}: {place}: index {index} after {previous}; indices must ascend",
        Shown(path)
    )]
    IndexOrder {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
        /// The index.
        index: usize,
        /// The one before it.
        previous: usize,
    },
    /// A LIBSVM index beyond the features.
    #[error(
        "{}: {place}: index {index}, the model has {want} features",
        Shown(path)
    )]
    IndexBeyond {
        /// The file.
        path: PathBuf,
        /// Where.
        place: Box<Place>,
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

/// Why a row may have another length than the first line.
struct RaggedWhy<'a> {
    want: usize,
    got: usize,
    breaks: u64,
    text: &'a str,
}

impl std::fmt::Display for RaggedWhy<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        /// A cell of so many lines is rather a quotation mark that nothing closes.
        const MANY_BREAKS: u64 = 8;
        let (want, got) = (self.want, self.got);
        if self.breaks >= MANY_BREAKS || self.breaks > 0 && got < want {
            let breaks = self.breaks;
            write!(
                f,
                "a cell goes on over {breaks} line breaks; is a quotation mark left open?"
            )
        } else if self.text.starts_with('#') {
            f.write_str("a comment? only lines in front of the table may be")
        } else if want == 1 {
            f.write_str("is the first line a title? leave it out")
        } else if got > want + 1 && (got + 1 == 2 * want || got == 2 * want) {
            f.write_str("decimal commas? write points, or divide the cells by semicolons")
        } else if got == want + 1 {
            f.write_str("is a name missing there or the line a title, or does a cell hold the separator without quotes?")
        } else {
            write!(f, "'{}'", Excerpt(self.text))
        }
    }
}

/// What a column of such cells is.
struct ColumnOf(Stray);

impl std::fmt::Display for ColumnOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Stray::Text | Stray::Missing => Ok(()),
            other => write!(f, "{other}, or "),
        }
    }
}

/// ` (and 2 more such)`, or nothing.
struct MoreSuch(usize);

impl std::fmt::Display for MoreSuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            0 | 1 => Ok(()),
            count => write!(f, " (there are {} more such)", count - 1),
        }
    }
}

/// `, but 'Price'`, or nothing.
struct Alike<'a>(Option<&'a str>);

impl std::fmt::Display for Alike<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(name) => write!(f, " (is '{}' meant?)", Excerpt(name)),
            None => Ok(()),
        }
    }
}
