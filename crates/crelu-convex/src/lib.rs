//! Convex programmes over fixed activation patterns: two-layer ReLU and gated-ReLU networks whose
//! neurons keep their patterns, solved to a certified duality gap.
//!
//! ```text
//!     min_v  l(F v) + beta_sum sum_b |v_b|_2,   (F v) = sum_b s_b D_b R v_b
//!     ReLU:  (2 D_b - I) R v_b >= 0
//! ```
//!
//! For patterns `D_i = diag(1[R g_i >= 0])` of [gates] the optimum is that of the networks whose
//! neurons have these patterns. [`Programme`] holds data, patterns, loss and penalty; [`solve`] chooses
//! a splitting and a primal step by their cost, iterates, and ends with a point inside its cones and a
//! [`ProgrammeCertificate`] below the optimum.
//!
//! | part | what it does |
//! |---|---|
//! | `programme`, `row_loss`, `outputs` | the programme of any loss, weights and outputs |
//! | `choose`, `cost` | which splitting, primal step, system and precision, by flops and bytes |
//! | `two_block`, `three_block` | the iterations: loss \| norm and cone, and the source's loss \| norm \| cone |
//! | `primal`, `three_primal`, `source_system`, `device` | their linear solves |
//! | `cone`, `certified_prox` | the proximal point of a norm inside a cone |
//! | `certificate` | points inside their cones, dual points, bounds rounded down |
//! | `newton`, `working_set`, `gate_start`, `sparse_network` | the finish, many patterns, a start, networks of sparse copies |
//!
//! **Source** Pilanci & Ergen 2020; gated: Mishkin, Sahiner & Pilanci 2022.

mod certificate;
mod certified_prox;
mod choice;
mod choose;
mod cone;
mod cost;
mod device;
mod error;
mod feasible_point;
mod gate_start;
pub mod gates;
mod newton;
mod outputs;
mod plain_run;
mod power_method;
mod primal;
mod programme;
mod row_loss;
mod settings;
mod solution;
mod solve;
mod source_system;
mod sparse_network;
mod three_block;
mod three_primal;
mod tracker;
mod two_block;
mod working_set;

pub use certificate::{Multipliers, ProgrammeCertificate};
pub use choice::{Choice, Form, Method};
pub use choose::check_primal;
pub use cone::ConeGroup;
pub use crelu_core::{Activation, Backend, DeviceHandle, relative_gap};
pub use device::{
    ConeRequest, DeviceIteration, DeviceRequest, DeviceStep, IterationRequest, PrimalDevice,
};
pub use error::{ProgrammeError, ProgrammeSetting};
pub use feasible_point::FeasiblePoint;
pub use primal::{INNER_LIMIT, SWEEP_LIMIT, sketch};
pub use programme::Programme;
pub use settings::{
    CheckedProgrammeSettings, FormChoice, Precision, PrimalChoice, ProgrammeSettings, Splitting,
    Switch,
};
pub use solution::{Solution, SplitStart, WarmStart};
pub use solve::solve;
pub use source_system::SourceSystem;
pub use sparse_network::SparseNetwork;
pub use three_block::ThreeBlockProx;
pub use three_primal::{ConeBasis, ThreeBlockInner, ThreeBlockPrimal};
pub use tracker::{Check, Observer};
pub use two_block::first_rho;
