use faer::Mat;
use serde_json::{Map, Value, json};

use crate::coding::Task;
use crate::error::FitError;
use crate::gates::GateSampler;
use crate::global::GlobalSettings;
use crate::network::Network;
use crate::programme::{
    self, Activation, Backend, FormChoice, Precision, PrimalChoice, ProgrammeSettings, Splitting,
    Switch,
};
use crate::proof::Prove;

/// Where the patterns come from.
#[derive(Debug, Clone, PartialEq)]
pub enum PatternSource {
    /// Drawn from the seed.
    Sampled {
        /// How many distinct ones.
        count: usize,
        /// By which rule.
        sampler: GateSampler,
    },
    /// Given: `d x k` gate vectors for the preprocessed data, without the bias (its entry is then
    /// 0) or with it in the last row.
    Given(Mat<f64>),
}

/// How a network is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrainMode {
    /// One convex programme over given or sampled patterns.
    #[default]
    Sampled,
    /// The neurons are generated ([`crate::global`]); ReLU networks only.
    Global,
}

impl TrainMode {
    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::Global => "global",
        }
    }
}

/// The penalty of the mean objective.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beta {
    /// `beta` itself.
    Absolute(f64),
    /// A fraction of `beta_max = max_i |X'D_i y|_2 / n` over the patterns in use.
    Fraction(f64),
}

/// Settings of a fit.
///
/// | name | default | range |
/// |---|---|---|
/// | `task` | guessed from the target | |
/// | `activation` | relu | |
/// | `train` | sampled | |
/// | `patterns` | 100, gaussian | at least 1 |
/// | `beta` | 0.02 of beta_max | at least 0, finite |
/// | `tol` | sampled 1e-3, global 1e-2 | at least 0, finite |
/// | `max_iters` | sampled 2000, global 500 rounds | |
/// | `ascents` | 800 | at least 1 |
/// | `thin` | 1e-3, with `max_neurons` 0 | at least 0, finite |
/// | `max_neurons` | none | at least 1 |
/// | `seed` | 0 | |
/// | `standardize` | true | |
/// | `bias` | true | |
/// | `splitting`, `primal`, `form`, `precision`, `newton`, `working_set` | auto | |
/// | `backend` | faer | |
/// | `nystrom_rank` | found by its error | at least 1 |
/// | `memory_limit` | 6 GiB | above 0 |
/// | `check_every` | 5 | |
/// | `prove` | quick | seconds: at least 0, finite |
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FitSettings {
    /// What is predicted.
    pub task: Option<Task>,
    /// What a neuron computes.
    pub activation: Activation,
    /// How it is trained.
    pub train: TrainMode,
    /// Where the patterns come from.
    pub patterns: PatternSource,
    /// The penalty.
    pub beta: Beta,
    /// Relative gap at which the fit is converged: of the programme, or of the search; none: the
    /// default of the training mode.
    pub tol: Option<f64>,
    /// Most iterations, or rounds; none: the default of the training mode.
    pub max_iters: Option<usize>,
    /// Global mode: ascents a sign of the largest searches.
    pub ascents: usize,
    /// Global mode: how far above the best network's objective the returned one may be,
    /// relatively; none: 1e-3, or 0 if `max_neurons` is given.
    pub thin: Option<f64>,
    /// Global mode: most neurons of the returned network.
    pub max_neurons: Option<usize>,
    /// Global mode: a network on preprocessed inputs to start from.
    pub init: Option<Network>,
    /// Seed of the gates.
    pub seed: u64,
    /// Scale every feature to mean 0 and deviation 1.
    pub standardize: bool,
    /// Append a feature of ones, penalised with the rest.
    pub bias: bool,
    /// The splitting.
    pub splitting: Splitting,
    /// The linear solve.
    pub primal: PrimalChoice,
    /// The system it works on.
    pub form: FormChoice,
    /// The library of its products and factors.
    pub backend: Backend,
    /// Rank of a Nystrom preconditioner; none: found by its error.
    pub nystrom_rank: Option<usize>,
    /// The precision of the iteration.
    pub precision: Precision,
    /// The Newton finish.
    pub newton: Switch,
    /// The working set.
    pub working_set: Switch,
    /// Bytes that the solver may use.
    pub memory_limit: f64,
    /// A certificate every so many iterations; 0: only at the end.
    pub check_every: usize,
    /// What is done for a proven bound over all networks.
    pub prove: Prove,
}

impl Default for FitSettings {
    fn default() -> Self {
        let programme = ProgrammeSettings::default();
        Self {
            task: None,
            train: TrainMode::Sampled,
            activation: Activation::Relu,
            patterns: PatternSource::Sampled {
                count: 100,
                sampler: GateSampler::Gaussian,
            },
            beta: Beta::Fraction(0.02),
            tol: None,
            max_iters: None,
            ascents: 800,
            thin: None,
            max_neurons: None,
            init: None,
            seed: 0,
            standardize: true,
            bias: true,
            splitting: programme.splitting,
            primal: programme.primal,
            form: programme.form,
            backend: programme.backend,
            nystrom_rank: programme.nystrom_rank,
            precision: programme.precision,
            newton: programme.newton,
            working_set: programme.working_set,
            memory_limit: programme.memory_limit,
            check_every: programme.check_every,
            prove: Prove::Quick,
        }
    }
}

/// Settings that passed [`FitSettings::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedFitSettings(FitSettings);

impl CheckedFitSettings {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &FitSettings {
        &self.0
    }

    pub(crate) fn programme(&self) -> ProgrammeSettings {
        let s = &self.0;
        ProgrammeSettings {
            tol: s.tol_in_force(),
            max_iters: s.max_iters_in_force(),
            splitting: s.splitting,
            primal: s.primal,
            form: s.form,
            backend: s.backend,
            nystrom_rank: s.nystrom_rank,
            seed: s.seed,
            precision: s.precision,
            memory_limit: s.memory_limit,
            newton: s.newton,
            working_set: s.working_set,
            check_every: s.check_every,
        }
    }
}

impl FitSettings {
    /// The gap at which a fit is converged: what was set, or the default of its training mode.
    #[must_use]
    pub fn tol_in_force(&self) -> f64 {
        self.tol.unwrap_or(match self.train {
            TrainMode::Sampled => ProgrammeSettings::default().tol,
            TrainMode::Global => GlobalSettings::default().tol,
        })
    }

    /// Most iterations: what was set, or the default of its training mode.
    #[must_use]
    pub fn max_iters_in_force(&self) -> usize {
        self.max_iters.unwrap_or(match self.train {
            TrainMode::Sampled => ProgrammeSettings::default().max_iters,
            TrainMode::Global => GlobalSettings::default().max_rounds,
        })
    }

    /// How far above the best objective the returned network may be: what was set, or 1e-3, or 0
    /// where the number of neurons is bounded.
    #[must_use]
    pub fn thin_in_force(&self) -> f64 {
        self.thin.unwrap_or(match self.max_neurons {
            Some(_) => 0.0,
            None => GlobalSettings::default().thin,
        })
    }

    /// Sets the way of training.
    #[must_use]
    pub fn train(mut self, mode: TrainMode) -> Self {
        self.train = mode;
        self
    }

    /// Sets how far above the best network's objective the returned one may be, relatively.
    #[must_use]
    pub fn thin(mut self, epsilon: f64) -> Self {
        self.thin = Some(epsilon);
        self
    }

    /// Sets the most neurons of the returned network.
    #[must_use]
    pub fn max_neurons(mut self, most: usize) -> Self {
        self.max_neurons = Some(most);
        self
    }

    /// Sets the network that global training starts from.
    #[must_use]
    pub fn init(mut self, network: Network) -> Self {
        self.init = Some(network);
        self
    }

    /// Sets the ascents a sign of the largest searches.
    #[must_use]
    pub fn ascents(mut self, count: usize) -> Self {
        self.ascents = count;
        self
    }

    /// Sets the task.
    #[must_use]
    pub fn task(mut self, task: Task) -> Self {
        self.task = Some(task);
        self
    }

    /// Sets what a neuron computes.
    #[must_use]
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Sets the number of sampled patterns.
    #[must_use]
    pub fn n_patterns(mut self, count: usize) -> Self {
        let sampler = match self.patterns {
            PatternSource::Sampled { sampler, .. } => sampler,
            PatternSource::Given(_) => GateSampler::Gaussian,
        };
        self.patterns = PatternSource::Sampled { count, sampler };
        self
    }

    /// Sets the gates.
    #[must_use]
    pub fn gates(mut self, gates: Mat<f64>) -> Self {
        self.patterns = PatternSource::Given(gates);
        self
    }

    /// Sets the penalty of the mean objective.
    #[must_use]
    pub fn beta(mut self, beta: f64) -> Self {
        self.beta = Beta::Absolute(beta);
        self
    }

    /// Sets the penalty as a fraction of `beta_max`.
    #[must_use]
    pub fn beta_frac(mut self, fraction: f64) -> Self {
        self.beta = Beta::Fraction(fraction);
        self
    }

    /// Sets the relative duality gap.
    #[must_use]
    pub fn tol(mut self, tol: f64) -> Self {
        self.tol = Some(tol);
        self
    }

    /// Sets the iteration limit.
    #[must_use]
    pub fn max_iters(mut self, count: usize) -> Self {
        self.max_iters = Some(count);
        self
    }

    /// Sets what is done for a proven bound over all networks.
    #[must_use]
    pub fn prove(mut self, how: Prove) -> Self {
        self.prove = how;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`FitError::Setting`] names the first setting outside its range; NaN is outside every range.
    pub fn check(self) -> Result<CheckedFitSettings, FitError> {
        let positive = |v: f64| v.is_finite() && v >= 0.0;
        let (beta_name, beta) = match self.beta {
            Beta::Absolute(v) => ("beta", v),
            Beta::Fraction(v) => ("beta-frac", v),
        };
        let ranges = [
            (
                beta_name,
                positive(beta),
                "must be a finite number, at least 0",
            ),
            (
                "tol",
                positive(self.tol_in_force()),
                "must be a finite number, at least 0",
            ),
            (
                "thin",
                self.thin.is_none_or(positive),
                "must be a finite number, at least 0",
            ),
            ("ascents", self.ascents > 0, "must be at least 1"),
            (
                "max-neurons",
                self.max_neurons != Some(0),
                "must be at least 1",
            ),
            (
                "train",
                self.train == TrainMode::Sampled || self.activation == Activation::Relu,
                "global trains ReLU networks; the features of a gated network are fixed",
            ),
            (
                "gates",
                self.train == TrainMode::Sampled
                    || !matches!(self.patterns, PatternSource::Given(_)),
                "global generates its neurons; gates belong to --train sampled",
            ),
            ("memory-limit", self.memory_limit > 0.0, "must be above 0"),
            (
                "nystrom-rank",
                self.nystrom_rank != Some(0),
                "must be at least 1",
            ),
            (
                "prove",
                match self.prove {
                    Prove::Seconds(seconds) => positive(seconds),
                    Prove::Never | Prove::Quick => true,
                },
                "must be a finite number of seconds, at least 0",
            ),
            (
                "prove",
                !matches!(self.prove, Prove::Seconds(_)) || self.activation == Activation::Relu,
                "a proven bound speaks of ReLU networks; the dual bound is the gated network's",
            ),
            (
                "patterns",
                !matches!(self.patterns, PatternSource::Sampled { count: 0, .. }),
                "must be at least 1",
            ),
        ];
        for (name, ok, problem) in ranges {
            if !ok {
                return Err(FitError::Setting { name, problem });
            }
        }
        if let PatternSource::Given(gates) = &self.patterns
            && gates.ncols() == 0
        {
            return Err(FitError::Setting {
                name: "gates",
                problem: "there is no gate",
            });
        }
        let checked = CheckedFitSettings(self);
        programme::check_primal(&checked.programme(), checked.0.activation)?;
        Ok(checked)
    }
}

impl CheckedFitSettings {
    /// Every setting by the name of its option, for the report.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        let s = &self.0;
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        put("activation", json!(activation_name(s.activation)));
        match &s.patterns {
            PatternSource::Sampled { count, sampler } => {
                put("patterns", json!(count));
                put("gate_sampler", json!(sampler.name()));
            }
            PatternSource::Given(gates) => {
                put("patterns", json!(gates.ncols()));
                put("gate_sampler", json!("given"));
            }
        }
        match s.beta {
            Beta::Absolute(v) => put("beta", json!(v)),
            Beta::Fraction(v) => put("beta_frac", json!(v)),
        };
        put("loss", json!("squared"));
        put("train", json!(s.train.name()));
        put("tol", json!(s.tol_in_force()));
        put("max_iters", json!(s.max_iters_in_force()));
        if s.train == TrainMode::Global {
            put("ascents", json!(s.ascents));
            put("thin", json!(s.thin_in_force()));
            put("max_neurons", json!(s.max_neurons));
            put("warm_start", json!(s.init.is_some()));
        }
        put("seed", json!(s.seed));
        put("standardize", json!(s.standardize));
        put("bias", json!(s.bias));
        put("splitting", json!(splitting_name(s.splitting)));
        put("primal", json!(s.primal.name()));
        put("form", json!(s.form.name()));
        put("backend", json!(s.backend.name()));
        put("nystrom_rank", json!(s.nystrom_rank));
        let precision = match s.precision {
            Precision::Auto => "auto",
            Precision::F32 => "f32",
            Precision::F64 => "f64",
            Precision::Mixed => "mixed",
        };
        put("precision", json!(precision));
        put("newton", json!(switch_name(s.newton)));
        put("working_set", json!(switch_name(s.working_set)));
        put("memory_limit", json!(s.memory_limit));
        put("check_every", json!(s.check_every));
        match s.prove {
            Prove::Never => put("prove", json!("never")),
            Prove::Quick => put("prove", json!("quick")),
            Prove::Seconds(seconds) => put("prove", json!(seconds)),
        };
        map
    }
}

pub(crate) fn activation_name(activation: Activation) -> &'static str {
    match activation {
        Activation::Relu => "relu",
        Activation::Gated => "gated",
    }
}

pub(crate) fn splitting_name(splitting: Splitting) -> &'static str {
    match splitting {
        Splitting::Auto => "auto",
        Splitting::TwoBlock => "two-block",
        Splitting::ThreeBlock => "three-block",
    }
}

fn switch_name(switch: Switch) -> &'static str {
    match switch {
        Switch::Auto => "auto",
        Switch::On => "on",
        Switch::Off => "off",
    }
}
