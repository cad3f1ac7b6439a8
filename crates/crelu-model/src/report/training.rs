use serde::{Serialize, Serializer};

/// How a network is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrainMode {
    /// One convex programme over given or sampled patterns.
    Sampled,
    /// The neurons are generated ([`crelu_global`]); ReLU networks only.
    #[default]
    Global,
}

/// How the network of a report was trained. In the JSON its keys stand beside those of the report, all
/// of them null for a sampled programme but `train_mode`.
#[derive(Debug, Clone, PartialEq)]
pub enum Training {
    /// One convex programme over patterns.
    Sampled,
    /// Generated neurons.
    Global(GlobalTraining),
}

/// What only global training has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct GlobalTraining {
    /// `J` of the best network found, before thinning.
    pub best_objective: f64,
    /// Largest price that the last search found at the best network before thinning, in units of the
    /// threshold; none before the first search. At most 1: no neuron found would lower `J`.
    pub max_price: Option<f64>,
    /// Ascents of that search.
    pub ascents: Option<usize>,
    /// Relative gap of `best_objective` to the bound that holds if no neuron is dearer: evidence, not
    /// proof. None before the first search.
    pub search_gap: Option<f64>,
    /// Networks met while thinning, the best first.
    pub frontier: Vec<FrontierEntry>,
}

/// A network met while thinning.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FrontierEntry {
    /// Its neurons.
    pub neurons: usize,
    /// Its `J`.
    pub objective: f64,
}

/// Work counted without a clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Work {
    /// Products of the data with one neuron, `R u` or `R'v`. A full-batch gradient step of `m` neurons
    /// takes `2 m` of them.
    pub products: f64,
    /// Their floating-point operations.
    pub flops: f64,
}

impl std::ops::AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.products += other.products;
        self.flops += other.flops;
    }
}

impl Training {
    /// The way of training.
    #[must_use]
    pub fn mode(&self) -> TrainMode {
        match self {
            Self::Sampled => TrainMode::Sampled,
            Self::Global(_) => TrainMode::Global,
        }
    }
}

/// The keys of the report that [`Training`] stands for.
#[derive(Serialize)]
struct Keys<'a> {
    train_mode: TrainMode,
    best_objective: Option<f64>,
    max_price: Option<f64>,
    ascents: Option<usize>,
    search_gap: Option<f64>,
    frontier: Option<&'a [FrontierEntry]>,
}

impl Serialize for Training {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let train_mode = self.mode();
        let keys = match self {
            Self::Sampled => Keys {
                train_mode,
                best_objective: None,
                max_price: None,
                ascents: None,
                search_gap: None,
                frontier: None,
            },
            Self::Global(global) => Keys {
                train_mode,
                best_objective: Some(global.best_objective),
                max_price: global.max_price,
                ascents: global.ascents,
                search_gap: global.search_gap,
                frontier: Some(&global.frontier),
            },
        };
        keys.serialize(serializer)
    }
}
