//! The seam between global training and what runs its passes over the rows.

pub(crate) mod row_engine;

pub use self::row_engine::{Batch, Ends, Evaluate, RowEngine};
pub use crate::ascent_steps::{Course, GAIN, LEAST_VALUE, MOMENTUM, Phase, better_half, phases};
pub use crate::host_rows::HostRows;
pub use crate::row_problem::RowProblem;
pub use crate::sharded::Sharded;
