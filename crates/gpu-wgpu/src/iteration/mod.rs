//! Whole iterations of ADMM on the device.

#[cfg(not(target_arch = "wasm32"))]
mod blocking;
mod cone;
mod linear;
#[cfg(test)]
mod tests;
mod three_block;

#[cfg(not(target_arch = "wasm32"))]
pub use blocking::DeviceIteration;
pub use cone::ConeSettings;
pub use three_block::{Copies, Moved, ThreeBlock, ThreeBlockSettings};
