use admm::AdmmError;
use crelu_bound::BoundError;
use linalg_core::LinalgError;

use crate::tensor_file::FileKind;

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Two sizes that must agree do not.
    #[error("{what}: {got}, expected {want}")]
    Shape {
        /// The argument.
        what: &'static str,
        /// The size it must have.
        want: usize,
        /// The size it has.
        got: usize,
    },
    /// An argument holds NaN or an infinity.
    #[error("{what} holds a value that is not finite")]
    NotFinite {
        /// The argument.
        what: &'static str,
    },
    /// Values so large that their squares overflow.
    #[error("{what}: values are too large to be squared, scale them down")]
    Range {
        /// The argument.
        what: &'static str,
    },
    /// There are no rows, or no columns.
    #[error(
        "the data have {rows} rows and {columns} feature columns: at least one of each is needed"
    )]
    Empty {
        /// Rows.
        rows: usize,
        /// Feature columns.
        columns: usize,
    },
    /// Classification needs two classes.
    #[error("the target holds {classes} class{}: two are needed", if *classes == 1 { "" } else { "es" })]
    Classes {
        /// How many distinct labels there are.
        classes: usize,
    },
    /// A label of the test data does not occur in the training data.
    #[error("the test data's row {row} has a label that the training data do not have")]
    UnknownLabel {
        /// One-based row of the test data.
        row: usize,
    },
    /// Labels that are not numbers cannot be a regression target.
    #[error("a regression target must be numbers; row {row} is text")]
    TextTarget {
        /// One-based row.
        row: usize,
    },
    /// Every gate's pattern is empty.
    #[error("gates: no gate sees any row of the data")]
    NoPattern,
    /// The problem needs more memory than the limit allows, by every method.
    #[error("{needed} bytes are needed by the leanest method, the memory limit is {limit}")]
    Memory {
        /// Bytes the leanest method needs.
        needed: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A setting is outside its range.
    #[error("{name}: {problem}")]
    Setting {
        /// The setting, by the name of its option.
        name: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
    /// A preconditioner could not be made.
    #[error(transparent)]
    Preconditioner(#[from] precond_nystrom::PrecondError),
    /// The iteration failed.
    #[error(transparent)]
    Admm(#[from] AdmmError),
    /// The proven bound failed.
    #[error(transparent)]
    Bound(#[from] BoundError),
}

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

/// Why a model could not be read or applied.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The bytes are not those of a model's file.
    #[error(transparent)]
    File(#[from] FileError),
    /// An entry of the metadata is missing or wrong.
    #[error("not a crelu model: {problem}")]
    Format {
        /// What is wrong.
        problem: &'static str,
    },
    /// A tensor is missing or has another shape.
    #[error("not a crelu model: tensor {name} {problem}")]
    Tensor {
        /// The tensor.
        name: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The data have another number of features than the model.
    #[error("{got} feature columns, the model was trained on {want}")]
    Features {
        /// The model's features.
        want: usize,
        /// The data's.
        got: usize,
    },
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
    /// The rows are not those that it was made for.
    #[error(
        "the training rows, preprocessed by this model, are not those it was made for (hash {got:032x}, not {want:032x})"
    )]
    OtherRows {
        /// The hash of the rows it was made for.
        want: u128,
        /// The hash of the rows given.
        got: u128,
    },
    /// The model has another penalty.
    #[error("made for beta = {certificate}, the model has {model}")]
    Beta {
        /// The certificate's.
        certificate: f64,
        /// The model's.
        model: f64,
    },
    /// The model has no such bound.
    #[error("the model is gated: a proven bound speaks of ReLU networks")]
    Gated,
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
    /// The data and the model do not fit.
    #[error(transparent)]
    Data(#[from] FitError),
}
