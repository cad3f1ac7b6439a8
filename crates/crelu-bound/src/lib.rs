//! A proven lower bound on the objective of all two-layer ReLU networks, whatever their width.
//!
//! ```text
//!     J(f) = sum_j w_j loss(f(x_j), y_j) / sum_j w_j + beta sum_i |u_i| |a_i|,   f(x) = sum_i a_i (u_i'x)_+
//! ```
//!
//! for the squared, the logistic and huber's loss ([`BoundLoss`]). Data, targets, weights and `beta` in; a number that no network's `J` is below, and a certificate of it,
//! out. The price of a vector `theta` is `max_{|u| <= 1} |theta'(X u)_+|`. If it is at most `U`, then
//! for `B = beta sum w`, any `c <= B / U` with which `c theta` is in the domain of the dual, and the
//! conjugate `l*` of the loss of all rows
//!
//! ```text
//!     J(f) sum w >= -l*(-c theta)        for every two-layer ReLU network f
//! ```
//!
//! which is `c theta'y - c^2 |theta|^2 / 2` for the squared loss.
//!
//! A certificate is such a `theta` and a reason why its price is bounded. [`prove`] makes the best one
//! that there are the means for, [`CertificateFile`] is its bytes, and [`verify_bytes`] checks them.
//!
//! [`prove`] puts together what can be had one by one, too: [`quick_bound`] takes two
//! inequalities a row and a fraction of a second; [`tighten`] a semidefinite relaxation of one
//! neuron's moments, with products of its rows' constraints, and whatever time it is given; in up to
//! three dimensions the price is computed outright ([`dearest_neuron`]), in up to six to a
//! tolerance ([`dearest_in_cones`]). [`verify`] recomputes in `f64`, with rounding bounds and on the data alone,
//! what a certificate proves; it trusts nothing else, and every bound this crate reports went
//! through it. At strong `beta` the bound comes within a per cent of a trained network; at weak
//! `beta` the relaxation itself leaves much open.
//!
//! # Example
#![doc = "```"]
#![doc = include_str!("../examples/proven_bound.rs")]
#![doc = "```"]

mod certificate;
mod cones;
mod enumerate;
mod error;
pub mod file;
mod loss;
mod network;
mod problem;
mod prove;
mod quick;
mod relax;
mod row_losses;
mod verify;

pub use certificate::{
    BlockMultipliers, Certificate, IntervalMultipliers, ProductMultipliers, Proof, ProofKind, SIGNS,
};
pub use cones::{
    CheckedConeSettings, ConeReport, ConeSettings, dearest_in_cones, is_in_few_dimensions,
};
pub use enumerate::{Dearest, dearest_neuron, is_enumerable};
pub use error::{BoundError, BoundPart, BoundSetting};
pub use faer;
pub use file::{
    CertificateError, CertificateFile, CertificateUnits, FileError, FileKind, fingerprint,
    verify_bytes,
};
pub use linalg_core::{Clock, ClockedControl, Control, Halt};
pub use loss::BoundLoss;
pub use network::KnownNetwork;
pub use problem::BoundProblem;
pub use prove::{
    CheckedProofSettings, Completion, ProofProgress, ProofSettings, Proven, TrainedNetwork, prove,
    prove_trained,
};
pub use quick::{CheckedQuickSettings, QuickBound, QuickKind, QuickSettings, quick_bound};
pub use relax::{
    CheckedTightSettings, TightProgress, TightReport, TightSettings, TightStatus, tighten,
};
pub use verify::{NoBound, Verdict, VerifiedBound, verify};
