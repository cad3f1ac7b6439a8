//! Paths of penalties, and the choice of one by cross-validation.
//!
//! ```text
//!     all rows   beta from 0.3 to 0.0003 of beta_max, each fit from the network of the last:
//!                a model is there whenever a limit comes
//!     folds      the same penalties on k - 1 parts of the rows, scored on the part held out
//!     choice     by the mean scores and their standard errors
//!     refit      on all rows at the chosen penalty, from the network of the path
//! ```
//!
//! Steps are loose (`J` within about 1 %), the refit is as tight as a fit of its own. A fold learns
//! all preprocessing on its own training rows.

mod betas;
mod early;
mod early_stop;
mod fold;
mod folds;
mod leg;
mod metric;
mod progress;
mod rule;
mod runner;
mod search;
mod settings;
mod shared;
mod splits;
mod step;
mod watch;

pub use betas::Betas;
pub use early::fit_early;
pub use early_stop::{EarlyStop, EarlyStopped};
pub use folds::FewFolds;
pub use metric::Metric;
pub use progress::PathProgress;
pub use rule::{Candidate, Rule};
pub use runner::{FoldRunner, fold_scores};
pub use search::{fit_path, fit_path_with};
pub use settings::PathSettings;
pub use splits::Split;
pub(crate) use watch::Watch;
