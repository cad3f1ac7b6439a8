use admm::{PhaseSeconds, Status};
use crelu_core::relative_gap;

use crate::certificate::{Multipliers, ProgrammeCertificate};
use crate::choice::Choice;
use crate::feasible_point::FeasiblePoint;
use crate::settings::Precision;
use crate::sparse_network::SparseNetwork;

/// The second part of the state of a loss that is split off.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitStart {
    /// Its penalty parameter over the first.
    pub ratio: f64,
    /// Its fixed-point variable, `n_samples` numbers an output, in the rows of the programme.
    pub z: Vec<f64>,
}

/// Where a run ended, for the start of another.
#[derive(Debug, Clone, PartialEq)]
pub struct WarmStart {
    /// The penalty parameter.
    pub rho: f64,
    /// The fixed-point variable, `rank * n_blocks`.
    pub z: Vec<f64>,
    /// The multipliers.
    pub multipliers: Multipliers,
    /// Of a loss that is split off; without it such a run starts at the outputs of `z`.
    pub split: Option<SplitStart>,
}

/// The answer: a point inside its cones, a lower bound, and what it took.
#[derive(Debug, Clone)]
pub struct Solution {
    /// How the run ended.
    pub status: Status,
    /// The best point.
    pub point: FeasiblePoint,
    /// The best network of the sparse copies, where it is better than the point's: for data of many
    /// coordinates only, whose cones are thin.
    pub network: Option<SparseNetwork>,
    /// The best bound and its dual point.
    pub certificate: ProgrammeCertificate,
    /// Iterations, Newton steps among them; summed over working sets.
    pub iterations: usize,
    /// Newton steps among them.
    pub newton_steps: usize,
    /// Inner iterations of the primal steps.
    pub inner_iterations: usize,
    /// Factorisations of the primal step.
    pub factorisations: usize,
    /// Products of the size `n_samples x rank x n_patterns`, about: the work without the clock.
    pub products: f64,
    /// What was chosen, and why.
    pub choice: Choice,
    /// The precision the answer was made in: f32, f64 or mixed.
    pub precision: Precision,
    /// Time of the phases.
    pub seconds: PhaseSeconds,
    /// Time of the Newton finish.
    pub polish_seconds: f64,
    /// Where it ended.
    pub warm_start: WarmStart,
}

impl Solution {
    /// `(objective - bound) / objective` of the programme, at least 0; 0 when the objective is.
    #[must_use]
    pub fn gap(&self) -> f64 {
        relative_gap(self.point.objective, self.certificate.bound)
    }
}
