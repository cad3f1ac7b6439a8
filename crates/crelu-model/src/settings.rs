use faer::Mat;
use serde_json::{Map, Value, json};

use crate::coding::Task;
use crate::error::FitError;
use crate::gates::GateSampler;
use crate::programme::{Activation, Precision, PrimalChoice, ProgrammeSettings, Splitting, Switch};

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
/// | `patterns` | 100, gaussian | at least 1 |
/// | `beta` | 0.02 of beta_max | at least 0, finite |
/// | `tol` | 1e-3 | at least 0, finite |
/// | `max_iters` | 2000 | |
/// | `seed` | 0 | |
/// | `standardize` | true | |
/// | `bias` | true | |
/// | `splitting`, `primal`, `precision`, `newton`, `working_set` | auto | |
/// | `memory_limit` | 6 GiB | above 0 |
/// | `check_every` | 5 | |
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FitSettings {
    /// What is predicted.
    pub task: Option<Task>,
    /// What a neuron computes.
    pub activation: Activation,
    /// Where the patterns come from.
    pub patterns: PatternSource,
    /// The penalty.
    pub beta: Beta,
    /// Relative duality gap at which the fit is converged.
    pub tol: f64,
    /// Most iterations.
    pub max_iters: usize,
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
}

impl Default for FitSettings {
    fn default() -> Self {
        let programme = ProgrammeSettings::default();
        Self {
            task: None,
            activation: Activation::Relu,
            patterns: PatternSource::Sampled {
                count: 100,
                sampler: GateSampler::Gaussian,
            },
            beta: Beta::Fraction(0.02),
            tol: programme.tol,
            max_iters: programme.max_iters,
            seed: 0,
            standardize: true,
            bias: true,
            splitting: programme.splitting,
            primal: programme.primal,
            precision: programme.precision,
            newton: programme.newton,
            working_set: programme.working_set,
            memory_limit: programme.memory_limit,
            check_every: programme.check_every,
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
            tol: s.tol,
            max_iters: s.max_iters,
            splitting: s.splitting,
            primal: s.primal,
            precision: s.precision,
            memory_limit: s.memory_limit,
            newton: s.newton,
            working_set: s.working_set,
            check_every: s.check_every,
        }
    }
}

impl FitSettings {
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
        self.tol = tol;
        self
    }

    /// Sets the iteration limit.
    #[must_use]
    pub fn max_iters(mut self, count: usize) -> Self {
        self.max_iters = count;
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
                positive(self.tol),
                "must be a finite number, at least 0",
            ),
            ("memory-limit", self.memory_limit > 0.0, "must be above 0"),
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
        Ok(CheckedFitSettings(self))
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
        put("train", json!("sampled"));
        put("tol", json!(s.tol));
        put("max_iters", json!(s.max_iters));
        put("seed", json!(s.seed));
        put("standardize", json!(s.standardize));
        put("bias", json!(s.bias));
        put("splitting", json!(splitting_name(s.splitting)));
        let primal = match s.primal {
            PrimalChoice::Auto => "auto",
            PrimalChoice::Cholesky => "cholesky",
            PrimalChoice::Cg => "cg",
        };
        put("primal", json!(primal));
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
