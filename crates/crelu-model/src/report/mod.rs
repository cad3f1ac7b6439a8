//! What is known about a fit, and its JSON.

mod history;
mod path;
mod primal;
mod score;
mod seconds;
mod training;

pub use history::HistoryEntry;
pub use path::{CvChoice, FoldScores, PathEntry};
pub use primal::PrimalUsed;
pub use score::{Score, ScoreKind};
pub use seconds::Seconds;
pub use training::{FrontierEntry, GlobalTraining, TrainMode, Training, Work};

use admm::Status;
use crelu_bound::ProofKind;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::path::EarlyStopped;
use crelu_convex::{Activation, relative_gap};

/// Everything that is known about a fit. Every number is computed from what is returned; in the JSON
/// every key is present, and null where it does not apply. Objectives and bounds are of the mean
/// objective `J`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// How the fit ended.
    #[serde(serialize_with = "status_name")]
    pub status: Status,
    /// Training rows.
    pub n: usize,
    /// Columns after preprocessing, the bias column among them.
    pub d: usize,
    /// Outputs of the network.
    pub outputs: usize,
    /// Patterns of the last programme.
    pub patterns: usize,
    /// Neurons of the network that are not zero.
    pub neurons: usize,
    /// The penalty.
    pub beta: f64,
    /// The loss, by its name.
    pub loss: &'static str,
    /// What a neuron computes.
    pub activation: Activation,
    /// How it was trained, and what only that way of training has to say.
    #[serde(flatten)]
    pub training: Training,
    /// The seed.
    pub seed: u64,
    /// Version of the program.
    pub version: &'static str,
    /// The primal step that was used, and why.
    pub primal: PrimalUsed,
    /// `J` of the network, from its weights and the data.
    pub objective_network: f64,
    /// `J` of the convex programme at its feasible point.
    pub objective_convex: f64,
    /// A lower bound on the programme's optimum.
    pub dual_bound: f64,
    /// `(objective_network - dual_bound) / objective_network`, at least 0.
    pub gap: f64,
    /// Largest relative violation of a cone by the feasible point.
    pub cone_violation: f64,
    /// `(objective_convex - dual_bound) / objective_convex`, at least 0.
    pub programme_gap: f64,
    /// The penalties of a path, falling; none where only one was trained.
    pub path: Option<Vec<PathEntry>>,
    /// The choice by cross-validation; none without one.
    pub cv: Option<CvChoice>,
    /// The choice by rows held out; none without them.
    pub early_stop: Option<EarlyStopped>,
    /// A proven lower bound on `J` over all two-layer ReLU networks, from the verifier.
    pub proven_bound: Option<f64>,
    /// `(objective_network - proven_bound) / objective_network`, at least 0.
    pub proven_gap: Option<f64>,
    /// What it rests on.
    pub proof: Option<ProofKind>,
    /// Iterations; in global mode, rounds.
    pub iterations: usize,
    /// Seconds of the phases.
    pub seconds: Seconds,
    /// The work without the clock; none where it is not counted.
    pub work: Option<Work>,
    /// On the training rows.
    pub train: Score,
    /// On the test rows.
    pub test: Option<Score>,
    /// The course of the run: the checks of the training, then the bounds that were proven.
    pub history: Vec<HistoryEntry>,
    /// Every setting in force.
    pub settings: Map<String, Value>,
}

impl Report {
    /// The network stays and its penalty falls to `beta`: the dual bound falls with it, since a loss is
    /// not below 0, and what was proven or searched at the larger penalty is no longer known.
    pub(crate) fn at_smaller_penalty(&mut self, beta: f64, objective: f64) {
        self.dual_bound *= (beta / self.beta).clamp(0.0, 1.0);
        self.beta = beta;
        self.objective_network = objective;
        self.objective_convex = self.objective_convex.min(objective);
        self.gap = relative_gap(objective, self.dual_bound);
        self.programme_gap = relative_gap(self.objective_convex, self.dual_bound);
        (self.proven_bound, self.proven_gap, self.proof) = (None, None, None);
        if let Training::Global(global) = &mut self.training {
            global.best_objective = objective;
            (global.max_price, global.ascents, global.search_gap) = (None, None, None);
        }
        self.settings.insert("beta".to_owned(), beta.into());
    }

    /// How the network was trained.
    #[must_use]
    pub fn train_mode(&self) -> TrainMode {
        self.training.mode()
    }

    /// What global training has to say; none in sampled mode.
    #[must_use]
    pub fn global(&self) -> Option<&GlobalTraining> {
        match &self.training {
            Training::Global(global) => Some(global),
            Training::Sampled => None,
        }
    }
}

fn status_name<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(status.name())
}

#[cfg(test)]
mod tests {
    use crate::{Control, Dataset, FitSettings, LossChoice, Prove, TargetColumn, fit};

    #[test]
    fn report_at_a_smaller_penalty_bounds_what_can_be_reached_there() {
        let x: Vec<f64> = (0..60).map(|i| f64::from(i * 17 % 31) / 31.0).collect();
        let y = (0..30)
            .map(|i| f64::from(i * i % 7) - x[2 * i as usize])
            .collect();
        let data = Dataset::from_rows(&x, 30, 2, TargetColumn::numbers(y)).unwrap();
        let run = |beta: f64| {
            let settings = FitSettings::default().loss(LossChoice::Squared).beta(beta);
            let settings = settings.prove(Prove::Quick).check().unwrap();
            fit(&data, None, &settings, &Control::default(), &mut ()).unwrap()
        };
        let (large, small) = (run(0.02), run(0.01));
        assert!(large.report.proven_bound.is_some() && large.report.dual_bound > 0.0);
        let mut moved = large.report.clone();
        let objective = moved.train.loss + 0.01 * large.model.network.penalty();
        moved.at_smaller_penalty(0.01, objective);
        assert!(moved.dual_bound > 0.0 && moved.dual_bound <= small.report.objective_network);
        assert!(moved.objective_network >= small.report.objective_network * (1.0 - 1e-2));
        assert_eq!((moved.proven_bound, moved.proven_gap), (None, None));
        assert_eq!(moved.global().unwrap().search_gap, None);
        assert_eq!(moved.settings["beta"], 0.01);
    }
}
