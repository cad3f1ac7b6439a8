//! Gate vectors and the activation patterns they make.

mod patterns;
mod sampler;

pub use patterns::Patterns;
pub use sampler::{GateSampler, GaussianGates, sample, sample_within};
