//! What the engines that train two-layer networks share: the loss, with everything that a primal
//! step, a training over all neurons and a lower bound ask of it, and (feature `dense`) the network.
//!
//! ```text
//!     J = ( sum_j w_j loss(f(x_j), y_j) ) / sum_j w_j + beta sum_i |u_i| |a_i|
//! ```
//!
//! A [`Loss`] holds the targets of `n` rows with `K` outputs each, and the weights of the rows; all
//! its numbers are sums over rows, not means. [`Squared`], [`Logistic`] and [`Huber`] are losses of
//! one output ([`ScalarLoss`]), which [`Separable`] adds up over outputs and rows; [`Softmax`] couples
//! the outputs of a row. A loss of one's own needs a [`ScalarLoss`], some forty lines:
//!
//! ```
#![doc = include_str!("../examples/counts.rs")]
//! ```
//!
//! [`contract`] holds what every loss must keep, to be called from tests.

mod activation;
mod backend;
pub mod contract;
mod device;
mod error;
mod gap;
mod loss;
mod names;
#[cfg(feature = "dense")]
mod network;
pub mod power;
mod settled;
mod sparsity;
mod subject;
mod target_column;
#[cfg(feature = "dense")]
mod training_set;

pub use activation::Activation;
pub use backend::Backend;
pub use device::DeviceHandle;

pub use error::{LossError, SetError};
pub use gap::relative_gap;
pub use loss::{
    Huber, Logistic, Loss, LossKind, Offset, RowLoss, ScalarLoss, Scaled, Separable, Softmax,
    Squared,
};
#[cfg(feature = "dense")]
pub use network::Network;
pub use settled::is_settled;
pub use sparsity::is_held_sparse;
pub use subject::Subject;
pub use target_column::{TargetColumn, shortest_text};
#[cfg(feature = "dense")]
pub use training_set::{NarrowRows, Rows, TrainingSet};
