//! A splitting solver for a smooth part of a linear image plus a penalty:
//!
//! ```text
//!     minimise  f(F u) + g(v)   subject to  u = v
//! ```
//!
//! The smooth part enters through a [`SmoothStep`], made of a [`PrimalSolver`], the penalty through a
//! [`Proximal`] operator. The iteration is over-relaxed ADMM written as Douglas-Rachford in one state `z`,
//! with safeguarded Anderson acceleration and a rule for the penalty parameter `rho`; it stops by
//! its residuals, or when a [`Monitor`] of the caller says so (a duality gap, for example). [`drive`] runs
//! it where the vectors are not the host's: a device implements [`Iteration`].
//!
//! [`least_squares`] is the whole for a least-squares term, in one call; [`solve`] takes the parts
//! one by one. Any other convex loss is split off at `p = F u` and enters by its proximal step
//! ([`GraphStep`], [`WithLoss`]); the linear solves are those of least squares.
//!
//! # Example: a lasso in one call
#![doc = "```"]
#![doc = include_str!("../examples/lasso.rs")]
#![doc = "```"]

mod anderson;
mod drive;
mod error;
mod host_iteration;
mod iteration;
mod least_squares;
mod monitor;
mod penalty;
mod phases;
mod primal;
mod prox;
mod schedule;
mod settings;
mod solver;
mod state;
mod status;

pub use drive::{AdmmSolution, drive};
pub use error::{AdmmError, ForeignError, PrimalError};
pub use host_iteration::{HostIteration, Splitting};
pub use iteration::{Advanced, Iterate, Iteration, Lengths};
pub use least_squares::{LeastSquares, least_squares};
pub use linalg_core::{
    BlockColumns, Clock, ClockedControl, Control, DenseOperator, FnOperator, LinearOperator,
    Preconditioner, Real, SettingsError, ShiftedGram, ShiftedSolve, faer,
};
pub use monitor::{Monitor, ResidualMonitor, Residuals, Verdict};
pub use penalty::PenaltyRule;
pub use phases::PhaseSeconds;
pub use primal::{
    BlockExactPrimal, CgPrimal, Factor, GraphStep, InnerPrimal, LeastSquaresStep, Lift,
    OuterPrimal, PcgPrimal, PrimalReport, PrimalSolver, RbcdPrimal, SmoothStep, Space,
};
pub use prox::{GroupNorm, L1Norm, NonNegative, Proximal, SplitLoss, WithLoss};
pub use schedule::InnerSchedule;
pub use settings::{AdmmSettings, CheckedAdmmSettings};
pub use solver::solve;
pub use state::AdmmState;
pub use status::Status;
