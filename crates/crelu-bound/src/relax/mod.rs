//! The tight bound: the doubly nonnegative relaxation with products of the rows' second-order
//! cones, by ADMM, over all rows or over blocks of neighbours.

mod block;
mod finish;
mod form;
mod merge;
mod moments;
mod pace;
mod partition;
mod positive_part;
mod report;
mod row_output;
mod run;
mod settings;
mod start;
mod tighten;
mod units;

pub use report::{TightProgress, TightReport, TightStatus};
pub use settings::{CheckedTightSettings, TightSettings};
pub use tighten::tighten;
