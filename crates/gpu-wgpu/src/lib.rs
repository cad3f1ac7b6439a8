//! Products of masked data on a graphics adapter, through wgpu, and solves that stay there.
//!
//! ```text
//!     A x = sum_b D_b R x_b        R: n_samples x rank,  D_b: 0/1 row masks, packed bits
//! ```
//!
//! One set of WGSL kernels runs on Vulkan, Metal, DX12 and WebGPU. Each lies in
//! `kernels/NAME.wgsl` beside its Rust side, and `twin/NAME.rs` does the same arithmetic on slices.
//! Above them stand
//!
//! | part | what it keeps on the device |
//! |---|---|
//! | [`MaskedSystem`] | the rows and the masks |
//! | [`CgSolve`] | `(A'A + s I) x = b` by conjugate gradients, with Jacobi's or a low-rank preconditioner |
//! | [`DescentSolve`] | the same minimum by block descent |
//! | [`ThreeBlock`] | whole iterations of the three-block ADMM: all its copies |
//! | [`Ascents`] | ascents of the price of a neuron on the sphere |
//! | [`Balanced`] | value and gradient of a network's loss |
//!
//! Everything is `f32` there; what is certified is evaluated by the caller in `f64`. Sums are taken
//! by fixed trees without atomics, so that a run repeats bit for bit on one device.
//!
//! Calls that wait are `async`; [`DevicePrimal`] blocks on them, where the platform can, to be a
//! primal step of `admm`.
//!
//! # Example
//! ```
#![doc = include_str!("../examples/device_ridge.rs")]
//! ```

mod adapter;
mod bits;
mod buffer;
mod bus;
mod compile_all;
mod device;
mod error;
mod global;
mod iteration;
mod kernel;
mod kernels;
mod mapped;
mod primal;
mod rates;
mod rows;
mod step;
#[cfg(test)]
mod tests;
mod timing;
mod tune;
mod tuned;
#[cfg(test)]
mod twin;

#[cfg(not(target_arch = "wasm32"))]
pub use adapter::adapters_blocking;
pub use adapter::{Adapter, Kind, adapters};
pub use bits::pack;
pub use buffer::Buffer;
pub use bus::Bus;
pub use compile_all::compile_all;
pub use device::Device;
pub use error::{GpuError, Names};
pub use global::{
    Ascended, Ascents, Balanced, GatePatterns, TrainingRows, gate_patterns, gated_outputs,
    network_outputs,
};
#[cfg(not(target_arch = "wasm32"))]
pub use iteration::DeviceIteration;
pub use iteration::{ConeSettings, Copies, Moved, ThreeBlock, ThreeBlockSettings};
pub use kernel::Tiling;
pub use kernels::ascent_step::Motion;
pub use kernels::loss_slope::Loss;
pub use primal::{CgSolve, DescentSolve, LinearStep, MaskedSystem, Preconditioning, Solved};
#[cfg(not(target_arch = "wasm32"))]
pub use primal::{DeviceOperator, DevicePrimal, block_on};
pub use rates::{Rate, rates};
pub use rows::Rows;
pub use tuned::Tuned;
