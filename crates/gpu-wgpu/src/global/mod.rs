//! The two passes over rows that global training spends its time in.

mod ascents;
mod balanced;
mod gated_outputs;
mod outputs;
#[cfg(test)]
mod tests;
mod training_rows;

pub use ascents::{Ascended, Ascents};
pub use balanced::Balanced;
pub use gated_outputs::{GatePatterns, gate_patterns, gated_outputs};
pub use outputs::network_outputs;
pub use training_rows::TrainingRows;
