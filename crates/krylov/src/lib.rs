//! Conjugate gradients for symmetric positive definite operators given by their products.
//!
//! ```text
//!     A x = b,   A = A' > 0,   |b - A x| <= tol |b|
//! ```
//!
//! The residual that a [`CgReport`] states is that of the vector handed back, computed from it;
//! an operator or a preconditioner that is not positive definite is an error, not a wrong answer.
//! [`cg`] and [`pcg`] solve for one right-hand side, [`block_cg`] and [`block_pcg`] for many that
//! share each product.
//!
//! The operator is anything that multiplies: a closure ([`SymmetricFn`]), a type of yours
//! ([`SymmetricOperator`]), a matrix (with the feature `dense` of `linalg-core`). This crate needs
//! no matrix library.
//!
//! # Example: Poisson's equation by a closure
#![doc = "```"]
#![doc = include_str!("../examples/poisson.rs")]
#![doc = "```"]

mod cg;
mod error;
mod normal;
mod observer;
mod power;
mod recurrence;
mod report;
mod settings;
mod workspace;

pub use cg::{block_cg, block_pcg, cg, pcg};
pub use error::KrylovError;
pub use linalg_core::{
    Adjoint, Clock, ClockedControl, Control, FnOperator, Identity, LinearOperator, Preconditioner,
    Real, SettingsError, ShiftedOperator, SymmetricFn, SymmetricOperator,
};
pub use normal::NormalOperator;
pub use observer::{CgObserver, CgProgress};
pub use report::{CgReport, CgStatus};
pub use settings::{CgSettings, CheckedCgSettings};
pub use workspace::CgWorkspace;
