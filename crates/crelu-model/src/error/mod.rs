mod engine;
mod out_of_range;
mod setting;

pub use crelu_core::Subject;
pub use out_of_range::OutOfRange;
pub use setting::Setting;

use admm::AdmmError;
use crelu_bound::{BoundError, CertificateError, FileError};
use crelu_convex::ProgrammeError;
use crelu_global::GlobalError;
use linalg_core::LinalgError;

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Two sizes that must agree do not.
    #[error("{what}: {got}, expected {want}")]
    Shape {
        /// Of what.
        what: Subject,
        /// The size it must have.
        want: usize,
        /// The size it has.
        got: usize,
    },
    /// An argument holds NaN or an infinity.
    #[error("{what} holds a value that is not finite")]
    NotFinite {
        /// Of what.
        what: Subject,
    },
    /// The targets have no such loss.
    #[error(transparent)]
    Loss(#[from] crelu_core::LossError),
    /// Values so large that their squares overflow.
    #[error("{what}: values are too large to be squared, scale them down")]
    Range {
        /// Of what.
        what: Subject,
    },
    /// Targets whose squares overflow or vanish.
    #[error("the target: {problem}")]
    TargetRange {
        /// Which of several, from 0.
        target: usize,
        /// What is wrong with them.
        problem: OutOfRange,
    },
    /// Features whose products with the target overflow or vanish, or that vanish beside the bias.
    #[error("feature column {}: {problem}", column + 1)]
    FeatureRange {
        /// The feature with the largest values, from 0.
        column: usize,
        /// What is wrong with them.
        problem: OutOfRange,
    },
    /// A test row so far from the training rows that its loss overflows.
    #[error("test row {}, {}: {value:e} is too far from the training data", row + 1, match column { Some(column) => format!("feature column {}", column + 1), None => "target".to_owned() })]
    TestRange {
        /// The test row, from 0.
        row: usize,
        /// The feature, from 0; none: a target.
        column: Option<usize>,
        /// Which of several targets, from 0, where it is none of the features.
        target: usize,
        /// What stands there.
        value: f64,
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
    /// Classification needs two classes or more.
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
    /// Amounts have no classes.
    #[error(
        "row {row}: a target of {values} different values that are not whole numbers has no classes: regress it, or give labels"
    )]
    Amounts {
        /// One-based row of the first that is no whole number.
        row: usize,
        /// Different values.
        values: usize,
    },
    /// Weights whose products with a loss overflow or vanish.
    #[error(
        "the largest weight is {largest:e}: scale them, to about 1; what counts is their ratio"
    )]
    WeightRange {
        /// The largest.
        largest: f64,
    },
    /// Several targets are for regressions.
    #[error("several targets are numbers that are predicted together: --task regress")]
    SeveralTargets,
    /// A weight that is none.
    #[error("row {}: the weight {value} is not a number from 0, or all of them are 0", row + 1)]
    Weight {
        /// The row, from 0.
        row: usize,
        /// Its weight.
        value: f64,
    },
    /// A column of text with too many levels to be one column a level.
    #[error("column {}: {levels} different texts, more than {most}", column + 1)]
    Levels {
        /// The column, from 0.
        column: usize,
        /// How many there are.
        levels: usize,
        /// How many may be.
        most: usize,
    },
    /// A column of nothing but holes.
    #[error("column {}: every cell is missing", column + 1)]
    NoValue {
        /// The column, from 0.
        column: usize,
    },
    /// A hole where training had none filled.
    #[error("row {}, column {}: a missing value", row + 1, column + 1)]
    Hole {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
    },
    /// A class weight of a label that is not there, or that is no weight.
    #[error("class weight of '{label}': {problem}")]
    ClassWeight {
        /// The label.
        label: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A loss that does not suit the targets.
    #[error("loss {loss}: {problem}")]
    LossTask {
        /// The loss.
        loss: &'static str,
        /// Why not.
        problem: &'static str,
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
    /// Sparse rows where dense ones are needed, and do not fit.
    #[error("{rows} sparse rows of {columns} columns: this needs them dense, {:.1} GB, more than the memory limit of {:.1} GB; --train global without --prove trains on them as they are", bytes / 1e9, limit / 1e9)]
    Sparse {
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
        /// What they would take.
        bytes: f64,
        /// What they may take.
        limit: f64,
    },
    /// A setting is outside its range.
    #[error("{setting}: {problem}")]
    Setting {
        /// The setting.
        setting: Setting,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A setting that is one number is outside its range.
    #[error("{setting}: must be {must_be}")]
    SettingRange {
        /// The setting.
        setting: Setting,
        /// Its range.
        must_be: &'static str,
    },
    /// The linear algebra failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
    /// A preconditioner could not be made.
    #[error(transparent)]
    Preconditioner(#[from] precond_nystrom::PrecondError),
    /// The graphics adapter failed.
    #[cfg(feature = "wgpu")]
    #[error(transparent)]
    Device(gpu_wgpu::GpuError),
    /// The iteration failed.
    #[error(transparent)]
    Admm(#[from] AdmmError),
    /// The proven bound failed.
    #[error(transparent)]
    Bound(#[from] BoundError),
    /// A programme failed in another way.
    #[error(transparent)]
    Programme(ProgrammeError),
    /// Global training failed in another way.
    #[error(transparent)]
    Global(GlobalError),
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
    /// The graphics adapter failed.
    #[cfg(feature = "wgpu")]
    #[error(transparent)]
    Device(gpu_wgpu::GpuError),
    /// A feature is NaN or infinite.
    #[error("row {}, feature column {}: {value} is no number to predict from", row + 1, column + 1)]
    NotFinite {
        /// The row, from 0.
        row: usize,
        /// The feature, from 0.
        column: usize,
        /// What stands there.
        value: f64,
    },
    /// A feature is so far from the training data that it overflows when it is standardised.
    #[error("row {}, feature column {}: {value:e} is too far from the training data: it overflows when it is standardised", row + 1, column + 1)]
    TooFar {
        /// The row, from 0.
        row: usize,
        /// The feature, from 0.
        column: usize,
        /// What stands there.
        value: f64,
    },
    /// The output of a row overflows.
    #[error("row {}: the prediction overflows: values too large", row + 1)]
    Overflow {
        /// The row, from 0.
        row: usize,
    },
    /// The data have another number of features than the model.
    #[error("{got} feature columns, the model was trained on {want}")]
    Features {
        /// The model's features.
        want: usize,
        /// The data's.
        got: usize,
    },
    /// The graph is larger than a file of ONNX can be.
    #[error(
        "the graph has {bytes} bytes, and an ONNX file at most 2147483647: train with fewer neurons (--max-neurons)"
    )]
    OnnxSize {
        /// Its bytes.
        bytes: usize,
    },
}

/// Why a certificate does not hold for a model and its data.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The model has no such bound.
    #[error("the model is gated: a proven bound speaks of ReLU networks")]
    Gated,
    /// The model's loss has no such bound.
    #[error("the model has no proven bound: {0}")]
    NoBound(&'static str),
    /// The model has another centre.
    #[error("made for targets less {certificate}, the model adds {model}")]
    Centre {
        /// The certificate's.
        certificate: f64,
        /// The model's.
        model: f64,
    },
    /// The certificate is no proof of what it states.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The preprocessed rows are none that a bound can be proven of.
    #[error(transparent)]
    Bound(#[from] BoundError),
    /// The data and the model do not fit.
    #[error(transparent)]
    Data(#[from] FitError),
}
