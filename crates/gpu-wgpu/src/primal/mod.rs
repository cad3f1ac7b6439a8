//! Whole solves of the primal step on the device.

mod cg;
mod descent;
mod linear_step;
#[cfg(not(target_arch = "wasm32"))]
mod operator;
#[cfg(not(target_arch = "wasm32"))]
mod solver;
mod system;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use cg::whole;
pub use cg::{CgSolve, Preconditioning};
pub use descent::DescentSolve;
pub use linear_step::LinearStep;
#[cfg(not(target_arch = "wasm32"))]
pub use operator::DeviceOperator;
#[cfg(not(target_arch = "wasm32"))]
pub use solver::{DevicePrimal, block_on};
pub use system::MaskedSystem;

/// How a solve ended.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Solved {
    /// Inner iterations: each about a product with the operator and its adjoint.
    pub iterations: usize,
    /// Norm of the residual over that of the right-hand side.
    pub residual: f64,
    /// The tolerance was not met.
    pub short: bool,
}
