//! Conjugate gradients for symmetric positive definite operators given by their products.
//!
//! ```text
//!     A x = b,   A = A' > 0,   |b - A x| <= tol |b|
//! ```
//!
//! The residual that a [`CgReport`] states is that of the vector handed back, computed from it;
//! an operator that is not positive definite is an error, not a wrong answer.
//!
//! # Example: a ridge regression
#![doc = "```"]
#![doc = include_str!("../examples/ridge.rs")]
#![doc = "```"]

mod cg;
mod error;
mod normal;

pub use cg::{CgReport, CgSettings, CgStatus, CgWorkspace, cg};
pub use error::KrylovError;
pub use normal::NormalOperator;
