//! The two passes over rows that global training spends its time in.

mod ascents;
mod balanced;
mod outputs;
#[cfg(test)]
mod tests;
mod training_rows;

pub use ascents::{Ascended, Ascents};
pub use balanced::Balanced;
pub use outputs::network_outputs;
pub use training_rows::TrainingRows;
