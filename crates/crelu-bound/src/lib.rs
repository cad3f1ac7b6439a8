//! A proven lower bound on the objective of all two-layer ReLU networks, whatever their width.
//!
//! ```text
//!     J(f) = (1/n) sum_j (f(x_j) - y_j)^2 / 2 + beta sum_i |u_i| |a_i|,   f(x) = sum_i a_i (u_i'x)_+
//! ```

mod certificate;
mod enumerate;
mod error;
mod loss;
mod network;
mod problem;
mod quick;
mod relax;
mod verify;

pub use certificate::{
    BlockMultipliers, Certificate, IntervalMultipliers, ProductMultipliers, Proof, SIGNS,
};
pub use enumerate::{Dearest, dearest_neuron, is_enumerable};
pub use error::BoundError;
pub use linalg_core::{Clock, Control, Halt, NoClock};
pub use loss::{PointLoss, Squared};
pub use network::KnownNetwork;
pub use problem::BoundProblem;
pub use quick::{QuickBound, QuickKind, QuickSettings, quick_bound};
pub use relax::{TightProgress, TightReport, TightSettings, TightStatus, tighten};
pub use verify::{NoBound, Verdict, VerifiedBound, verify};
