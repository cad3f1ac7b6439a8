//! The quick bound: two inequalities a row, aggregated; any number of rows.
//!
//! | file | what it does |
//! |---|---|
//! | `reduced` | the data in their row space, in units of their size |
//! | `model` | the dual in moments, its value and gradient |
//! | `chunk` | some rows of it |
//! | `smooth` | the kinks of a row, smoothed by exponential multipliers |
//! | `dearest` | where the certificate read off a point is weakest |
//! | `insert` | a step towards it |
//! | `certify` | the certificate read off a point |
//! | `solve` | the stages |

mod certify;
mod chunk;
mod dearest;
mod insert;
mod model;
mod reduced;
mod smooth;
mod solve;
mod start;

pub use solve::{CheckedQuickSettings, QuickBound, QuickKind, QuickSettings, quick_bound};
