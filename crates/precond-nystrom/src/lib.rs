//! Preconditioners for symmetric positive definite operators given by their products.
//!
//! ```text
//!     (A + shift I) x = b,   P ~ A + shift I
//! ```
//!
//! [`Jacobi`] divides by the exact diagonal; [`BlockDiagonal`] inverts one small matrix that
//! stands in every block; [`Nystrom`] sketches `A` with random vectors and inverts what the sketch
//! finds, with a rank that is given or found by an estimate of the error; [`BlockNystrom`] is the
//! third on top of the second. All follow a new shift without a new look at `A`. How good they
//! are is told by [`condition_estimate`], how large a rank is needed by [`effective_dimension`].
//!
//! Nothing here reads a clock, a file or a random source of the operating system: a limit comes
//! in through [`Control`], a seed through the caller.
//!
//! Frangella, Tropp & Udell, "Randomized Nystrom preconditioning", SIAM J. Matrix Anal. Appl. 44
//! (2023).
//!
//! # Example: kernel ridge regression over several shifts
#![doc = "```"]
#![doc = include_str!("../examples/kernel_ridge.rs")]
#![doc = "```"]

mod block_diagonal;
mod condition;
mod diagonal;
mod effective_dimension;
mod error;
mod jacobi;
mod nystrom;

pub use block_diagonal::BlockDiagonal;
pub use condition::{ConditionEstimate, condition_estimate};
pub use diagonal::{dense_gram_diagonal, masked_gram_diagonal, masked_outer_diagonal};
pub use effective_dimension::{EffectiveDimension, effective_dimension};
pub use error::PrecondError;
pub use jacobi::Jacobi;
pub use linalg_core::{
    Control, DenseOperator, LinearOperator, Preconditioner, Real, SettingsError, SymmetricOperator,
    faer,
};
pub use nystrom::{
    AdaptiveRank, BlockNystrom, CheckedAdaptiveRank, CheckedNystromSettings, Nystrom,
    NystromSettings, RankReport, RankStatus, TestMatrix, approximation_error,
};
