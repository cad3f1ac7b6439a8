//! Settings of a fit: their defaults, how they are set, and what goes together.

mod check;
mod choices;
mod map;
mod prove;
mod setters;

pub use check::CheckedFitSettings;
pub use choices::{Beta, LossChoice, PatternSource};
pub use prove::Prove;

use crate::class_weight::ClassWeight;
use crate::coding::Task;
use crate::report::TrainMode;
use crelu_convex::gates::GateSampler;
use crelu_convex::{Activation, ProgrammeSettings};
use crelu_core::Network;
use crelu_global::GlobalSettings;
use serde::{Serialize, Serializer};

/// Settings of a fit. The defaults are those of the command line.
///
/// | name | default | range |
/// |---|---|---|
/// | `task` | that of the target | |
/// | `activation` | relu | |
/// | `train` | global; gated networks: sampled | global: relu |
/// | `patterns` | 100, gaussian | at least 1; given ones: sampled only |
/// | `loss` | auto | logistic: two classes; softmax: classes; huber: numbers |
/// | `huber_delta` | 1.345 of the deviation that the median of the distances from the median gives | above 0, finite |
/// | `class_weight` | all 1 | above 0, finite; classes only |
/// | `beta` | 0.02 of beta_max | at least 0, finite |
/// | `tol` | that of the engine | at least 0, finite |
/// | `max_iters` | that of the engine | |
/// | `init` | none | global only |
/// | `seed` | 0 | |
/// | `standardize` | true | |
/// | `bias` | true | |
/// | `center` | true | |
/// | `prove` | quick | seconds: at least 0, finite; relu |
/// | `programme` | its own | its own |
/// | `global` | its own; `settle`: `tol` where that is set | its own; global only |
///
/// What a mode ignores is an error where it was set for it, but for the number and the rule of
/// patterns, which global training does not sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FitSettings {
    /// What is predicted; none: labels are classified, numbers regressed.
    #[serde(skip)]
    pub task: Option<Task>,
    /// What a neuron computes.
    pub activation: Activation,
    /// How it is trained; none: global, or sampled for gated networks.
    #[serde(skip)]
    pub train: Option<TrainMode>,
    /// Where the patterns come from.
    #[serde(flatten)]
    pub patterns: PatternSource,
    /// The loss.
    pub loss: LossChoice,
    /// The residual up to which the huber loss is quadratic; none: found for each target.
    pub huber_delta: Option<f64>,
    /// The weights of the classes.
    pub class_weight: ClassWeight,
    /// The penalty.
    #[serde(flatten)]
    pub beta: Beta,
    /// Relative gap at which the fit is converged: of the programme, or of the search; none: the
    /// default of the training mode.
    #[serde(skip)]
    pub tol: Option<f64>,
    /// Most iterations, or rounds; none: the default of the training mode.
    #[serde(skip)]
    pub max_iters: Option<usize>,
    /// Global mode: a network on preprocessed inputs to start from.
    #[serde(rename = "warm_start", serialize_with = "is_some")]
    pub init: Option<Network>,
    /// Seed of the gates, the searches, the sketches.
    pub seed: u64,
    /// Scale every feature to mean 0 and deviation 1.
    pub standardize: bool,
    /// Append a feature of ones, penalised with the rest.
    pub bias: bool,
    /// Take the mean from the targets of a regression; the model adds it again.
    pub center: bool,
    /// What is done for a proven bound over all networks.
    pub prove: Prove,
    /// How a convex programme is solved: in sampled mode that of the patterns, in global mode that of
    /// the network's own. Its `tol`, `max_iters` and `seed` are those above.
    #[serde(skip)]
    pub programme: ProgrammeSettings,
    /// How neurons are generated, in global mode. Its `tol`, `max_rounds` and `seed` are those above; its
    /// `settle` is `tol` where only that is set.
    #[serde(skip)]
    pub global: GlobalSettings,
}

impl Default for FitSettings {
    fn default() -> Self {
        Self {
            task: None,
            activation: Activation::Relu,
            train: None,
            patterns: PatternSource::Sampled {
                count: 100,
                sampler: GateSampler::Gaussian,
            },
            loss: LossChoice::Auto,
            huber_delta: None,
            class_weight: ClassWeight::Equal,
            beta: Beta::Fraction(0.02),
            tol: None,
            max_iters: None,
            init: None,
            seed: 0,
            standardize: true,
            bias: true,
            center: true,
            prove: Prove::Quick,
            programme: ProgrammeSettings::default(),
            global: GlobalSettings::default(),
        }
    }
}

impl FitSettings {
    /// How the network is trained: what was set, or global, or sampled for gated networks.
    #[must_use]
    pub fn train_in_force(&self) -> TrainMode {
        self.train.unwrap_or(match self.activation {
            Activation::Relu => TrainMode::Global,
            Activation::Gated => TrainMode::Sampled,
        })
    }

    /// The gap at which a fit is converged: what was set, or the default of its training mode.
    #[must_use]
    pub fn tol_in_force(&self) -> f64 {
        self.tol.unwrap_or(match self.train_in_force() {
            TrainMode::Sampled => ProgrammeSettings::default().tol,
            TrainMode::Global => GlobalSettings::default().tol,
        })
    }

    /// Most iterations: what was set, or the default of its training mode.
    #[must_use]
    pub fn max_iters_in_force(&self) -> usize {
        self.max_iters.unwrap_or(match self.train_in_force() {
            TrainMode::Sampled => ProgrammeSettings::default().max_iters,
            TrainMode::Global => GlobalSettings::default().max_rounds,
        })
    }

    /// What may be left to win when a global run ends by the course of its objective: what was set, or
    /// the tolerance if that was set; none: the rule's own. A thorough run ends so only if it was set.
    #[must_use]
    pub fn settle_in_force(&self) -> Option<f64> {
        match self.global.thorough {
            true => self.global.settle,
            false => self.global.settle.or(self.tol),
        }
    }
}

/// A start by whether there is one.
fn is_some<S: Serializer>(start: &Option<Network>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(start.is_some())
}
