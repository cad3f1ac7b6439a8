//! Convex two-layer networks: the ReLU and the gated-ReLU programme over activation patterns,
//! solved to a certified duality gap.
//!
//! ```text
//!     J = (1/n) sum_j (f(x_j) - y_j)^2 / 2 + beta sum_i |u_i| |a_i|,   f(x) = sum_i a_i max(0, u_i'x)
//! ```
//!
//! For a fixed set of patterns `D_i = diag(1[X g_i >= 0])` the best network whose neurons have
//! these patterns is the optimum of a convex programme ([`programme`], the crate `crelu-convex`). [`fit`] does all of it:
//! standardisation, gates, reduction, solve, certificate, recovery of the network, report.
//!
//! # Example
#![doc = "```"]
#![doc = include_str!("../examples/xor.rs")]
#![doc = "```"]
//!
//! **Sources** Pilanci & Ergen 2020 (the convex programme); Mishkin, Sahiner & Pilanci 2022 (gated
//! networks); the certificate and the two-block iteration are described in `docs/METHOD.md`.

mod backend_choice;
mod baseline;
mod certificate_check;
mod class_weight;
mod coding;
mod column_origin;
mod columns;
mod dataset;
#[cfg(feature = "wgpu")]
mod device;
mod error;
mod feature_coding;
mod fit;
mod loss_choice;
mod model;
mod model_file;
mod names;
mod onnx;
#[cfg(feature = "wgpu")]
mod outputs_on;
mod own_programme;
pub mod path;
mod prepared;
mod probability;
mod proof;
mod report;
mod settings;
mod standardise;
mod targets;
mod units;

pub use admm::Status;
pub use backend_choice::BackendChoice;
#[cfg(feature = "wgpu")]
pub use backend_choice::OpenedBackend;
pub use baseline::LinearModel;
pub use certificate_check::CheckedBound;
pub use class_weight::ClassWeight;
pub use coding::{Coded, Coding, Task};
pub use column_origin::ColumnOrigin;
pub use columns::{ColumnError, ColumnMatch, DataColumns, TargetPlace, TrainingColumns};
pub use crelu_bound as bound;
pub use crelu_bound::{CertificateError, CertificateFile, FileError, FileKind, ProofKind};
pub use crelu_convex as programme;
pub use crelu_convex::gates::{self, GateSampler};
pub use crelu_convex::{
    Activation, Backend, DeviceHandle, FormChoice, Precision, PrimalChoice, Splitting, Switch,
};
pub use crelu_core::Network;
pub use crelu_core::{Loss, LossError, LossKind, TargetColumn, is_held_sparse};
pub use crelu_global as global;
pub use dataset::{Dataset, split_rows};
#[cfg(feature = "wgpu")]
pub use device::device_handle;
pub use error::{FitError, ModelError, OutOfRange, Setting, Subject, VerifyError};
pub use faer;
pub use feature_coding::{ColumnCoding, Encoded, FeatureCoding, RawColumns, Unseen};
pub use fit::{Fit, FitObserver, Progress, fit};
pub use linalg_core::{Clock, ClockedControl, Control, Halt, SparseRows};
pub use model::{Model, Prediction};
pub use onnx::{OnnxFile, OnnxNumber};
pub use own_programme::{OwnProgramme, own_programme};
pub use report::{
    CvChoice, FoldScores, FrontierEntry, GlobalTraining, HistoryEntry, PathEntry, PrimalUsed,
    Report, Score, ScoreKind, Seconds, TrainMode, Training, Work,
};
pub use settings::{Beta, CheckedFitSettings, FitSettings, LossChoice, PatternSource, Prove};
pub use standardise::{Standardisation, preprocess};
pub use targets::Targets;
