//! The rows of the table: one a set and penalty.

use crate::sets::{REAL, TEACHERS};

/// Shares of `beta_max`, a row each.
pub(crate) const FRACTIONS: [f64; 4] = [0.3, 0.1, 0.03, 0.01];

/// All sets, in the order of the table.
pub(crate) fn sets() -> impl Iterator<Item = &'static str> {
    REAL.iter().chain(&TEACHERS).copied()
}

pub(crate) fn key(set: &str, fraction: f64) -> String {
    format!("table|{set}|{fraction}")
}
