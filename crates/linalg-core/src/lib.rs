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
//! Matrices come with the feature `dense` (on by default), through faer. Without it the crate holds
//! the scalar, vectors, the operator traits with operators made of closures, limits and the
//! exchange between shards: what an iterative method needs.
//!
//! With the feature `nalgebra` the module `reference` holds the operators and the direct solver a
//! second time, on that library, written plainly, and views of either library's matrices as the
//! other's.
//!
//! Nothing here reads a clock, a file or a random source of the operating system: a limit comes
//! in through [`Control`], a seed through the caller.
//!
//! # Example
#![cfg_attr(feature = "dense", doc = "```")]
#![cfg_attr(feature = "dense", doc = include_str!("../examples/masked_ridge.rs"))]
#![cfg_attr(feature = "dense", doc = "```")]

mod active_gram;
mod block_columns;
mod collective;
mod contract;
mod control;
#[cfg(feature = "dense")]
mod decompose;
#[cfg(feature = "dense")]
mod dense_blocks;
#[cfg(feature = "dense")]
mod dense_operator;
mod dense_rows;
mod element;
mod error;
mod fn_operator;
#[cfg(feature = "dense")]
mod gram;
#[cfg(feature = "dense")]
mod householder;
mod lbfgs;
#[cfg(feature = "dense")]
mod masked_blocks;
mod masks;
#[cfg(feature = "dense")]
mod matrix_library;
mod mirrored;
mod operator;
mod parallel;
mod preconditioner;
#[cfg(feature = "dense")]
mod product;
mod real;
#[cfg(feature = "nalgebra")]
pub mod reference;
mod row_sharded;
#[cfg(feature = "dense")]
mod row_space;
mod settings;
mod shifted_operator;
mod shifted_solve;
mod sparse_rows;
#[cfg(feature = "dense")]
mod symmetric;
mod symmetric_operator;
#[cfg(feature = "dense")]
mod triangular;
mod vector;

pub use active_gram::ActiveGram;
pub use block_columns::BlockColumns;
pub use collective::{Alone, Collective, ExchangeError};
pub use contract::{
    assert_adjoint_consistent, assert_blocks_consistent, assert_preconditioner_spd,
};
pub use control::{Clock, ClockedControl, Control, Halt};
#[cfg(feature = "dense")]
pub use decompose::{ThinSvd, orthogonal, symmetric_eigenvalues, thin_svd};
#[cfg(feature = "dense")]
pub use dense_blocks::DenseBlocks;
#[cfg(feature = "dense")]
pub use dense_operator::DenseOperator;
pub use dense_rows::DenseRows;
pub use element::Element;
pub use error::LinalgError;
#[cfg(feature = "dense")]
pub use faer;
pub use fn_operator::{FnOperator, SymmetricFn};
#[cfg(feature = "dense")]
pub use gram::ShiftedGram;
pub use lbfgs::{Ended, Lbfgs};
#[cfg(feature = "dense")]
pub use masked_blocks::{MaskedBlocks, masked_gram, masked_gram_within};
pub use masks::Masks;
#[cfg(feature = "dense")]
pub use matrix_library::{FaerLibrary, MatrixLibrary};
pub use mirrored::Mirrored;
pub use operator::{Adjoint, LinearOperator};
pub use parallel::{for_each_index, for_each_mut, in_pool};
pub use preconditioner::{Identity, Preconditioner};
#[cfg(feature = "dense")]
pub use product::{product, product_flops_per_task};
pub use real::Real;
pub use row_sharded::RowSharded;
#[cfg(feature = "dense")]
pub use row_space::{Reduction, RowSpace};
pub use settings::SettingsError;
pub use shifted_operator::ShiftedOperator;
pub use shifted_solve::ShiftedSolve;
pub use sparse_rows::{SparsePart, SparseRows};
#[cfg(feature = "dense")]
pub use symmetric::symmetric_eigen;
pub use symmetric_operator::SymmetricOperator;
pub use vector::{axpy, combine, distance, dot, norm, scale, sub_into, wide_dot};
