use super::kind::FileKind;
use crate::error::BoundError;

/// Why the bytes of a file are not those of a model or a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Anything but a safetensors file.
    #[error("not a crelu {}: no safetensors file at all", wanted.name())]
    Foreign {
        /// What it should be.
        wanted: FileKind,
    },
    /// The file ends too early.
    #[error("the file is cut short: it has {got} bytes of at least {want}")]
    Cut {
        /// Its length in bytes.
        got: u64,
        /// The length that its beginning promises: where that itself is cut, the least.
        want: u64,
    },
    /// The file goes on after its end.
    #[error("the file is damaged: it has {got} bytes, and should have {want}")]
    TooLong {
        /// Its length in bytes.
        got: u64,
        /// The length that its header promises.
        want: u64,
    },
    /// The file's header is no header, or contradicts itself.
    #[error("the file is damaged: its header cannot be read")]
    Header,
    /// The file is one of another kind.
    #[error("{}", Kinds(*wanted, *found))]
    Kind {
        /// What it should be.
        wanted: FileKind,
        /// What it is; `None`: none of this crate's.
        found: Option<FileKind>,
    },
    /// The file says of what version it is in no way that a version is said.
    #[error("the file is damaged: its format version is missing or unknown")]
    NoVersion,
    /// The file is of a version to come.
    #[error("format version {found}: made by a later crelu, this one reads version {newest}")]
    Version {
        /// The file's version.
        found: u64,
        /// The newest that is read.
        newest: u64,
    },
}

struct Kinds(FileKind, Option<FileKind>);

impl core::fmt::Display for Kinds {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let wanted = self.0.name();
        match self.1 {
            Some(found) => write!(f, "a crelu {}, not a {wanted}", found.name()),
            None => write!(
                f,
                "not a crelu {wanted}: a safetensors file of something else"
            ),
        }
    }
}

/// Why a certificate could not be read or does not hold.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The bytes are not those of a certificate's file.
    #[error(transparent)]
    File(#[from] FileError),
    /// An entry of the metadata is missing or wrong.
    #[error("not a crelu certificate: {problem}")]
    Format {
        /// What is wrong.
        problem: &'static str,
    },
    /// A tensor is missing or has another shape.
    #[error("not a crelu certificate: tensor {part} {problem}")]
    Tensor {
        /// The tensor, without its sign and block.
        part: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The data have not the rows that it was made for.
    #[error("made for row {row} (from 0), the data have {rows} rows")]
    Rows {
        /// A row that is not there.
        row: usize,
        /// How many there are.
        rows: usize,
    },
    /// A row is named twice, or out of order: the hash would be that of other data.
    #[error(
        "its row {row} (from 0) does not come after row {before} in it: each row must be named once, in order"
    )]
    Order {
        /// The row.
        row: usize,
        /// The one that stands before it.
        before: usize,
    },
    /// The rows are not those that it was made for.
    #[error(
        "the rows, as the network sees them, are not those it was made for (hash {got:032x}, not {want:032x})"
    )]
    OtherRows {
        /// The hash of the rows it was made for.
        want: u128,
        /// The hash of the rows given.
        got: u128,
    },
    /// It is for another loss.
    #[error("made for the {certificate} loss, not {given}")]
    Loss {
        /// The certificate's.
        certificate: String,
        /// That of the problem.
        given: String,
    },
    /// It is for another penalty.
    #[error("made for beta = {certificate}, not {given}")]
    Beta {
        /// The certificate's.
        certificate: f64,
        /// That of the problem.
        given: f64,
    },
    /// Its numbers prove less than it says.
    #[error("it proves {proven}, not the {stated} that it states")]
    TooLow {
        /// What the verifier made of it.
        proven: f64,
        /// What it states.
        stated: f64,
    },
    /// Its numbers prove nothing.
    #[error("its numbers prove nothing for these data")]
    Nothing,
    /// Its parts do not fit the data.
    #[error(transparent)]
    Bound(#[from] BoundError),
}
