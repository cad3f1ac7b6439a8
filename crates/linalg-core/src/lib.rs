//! Dense linear algebra for problems with many right-hand sides and row masks.
//!
//! The crate holds what the solvers above it share: the scalar trait [`Real`], the operator
//! trait [`LinearOperator`] with the block operator of row-masked data [`MaskedBlocks`], tiled
//! products whose sums do not depend on the number of threads, the factorisation of a symmetric
//! matrix for many shifts ([`ShiftedGram`]), a Cholesky factor
//! whose vectors come and go ([`ActiveGram`]), the reduction of a data matrix to its row space ([`RowSpace`]) and the
//! [`Collective`] over which row-sharded data are summed.
//!
//! ```text
//!     A x = sum_b D_b R x_b        R: n_samples x rank,  D_b: 0/1 row masks
//! ```
//!
//! With the feature `nalgebra` the module `reference` holds the operators and the direct solver a
//! second time, on that library, written plainly, and views of either library's matrices as the
//! other's.
//!
//! Nothing here reads a clock, a file or a random source of the operating system: a limit comes
//! in through [`Control`], a seed through the caller.
//!
//! # Example
#![doc = "```"]
#![doc = include_str!("../examples/masked_ridge.rs")]
#![doc = "```"]

mod active_gram;
mod backend;
mod block_columns;
mod collective;
mod contract;
mod control;
mod decompose;
mod error;
mod gram;
mod householder;
mod lbfgs;
mod masked_blocks;
mod masks;
mod mirrored;
mod operator;
mod parallel;
mod preconditioner;
mod product;
mod real;
#[cfg(feature = "nalgebra")]
pub mod reference;
mod row_sharded;
mod row_space;
mod shifted_solve;
mod symmetric;
mod triangular;
mod vector;

pub use active_gram::ActiveGram;
pub use backend::{Backend, FaerBackend};
pub use block_columns::{BlockColumns, DenseBlocks};
pub use collective::{Alone, Collective};
pub use contract::{
    assert_adjoint_consistent, assert_blocks_consistent, assert_preconditioner_spd,
};
pub use control::{Clock, ClockedControl, Control, Halt};
pub use decompose::{ThinSvd, orthogonal, symmetric_eigenvalues, thin_svd};
pub use error::LinalgError;
pub use gram::ShiftedGram;
pub use lbfgs::{Ended, Lbfgs};
pub use masked_blocks::{MaskedBlocks, masked_gram, masked_gram_within};
pub use masks::Masks;
pub use mirrored::Mirrored;
pub use operator::{Adjoint, DenseOperator, LinearOperator};
pub use parallel::{for_each_index, for_each_mut, in_pool};
pub use preconditioner::{Identity, Preconditioner};
pub use product::{product, product_flops_per_task};
pub use real::Real;
pub use row_sharded::RowSharded;
pub use row_space::{Reduction, RowSpace};
pub use shifted_solve::ShiftedSolve;
pub use symmetric::symmetric_eigen;
pub use vector::{axpy, combine, distance, dot, norm, scale, sub_into, wide_dot};
