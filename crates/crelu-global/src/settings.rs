/// Rows that ascents begin on, at most: fewer hide the dear neurons that noisy rows have, which are open
/// on few of them.
const SAMPLE: usize = 16_000;

/// Settings of global training.
///
/// | name | default | |
/// |---|---|---|
/// | `ascents` | 800 | ascents a sign of the largest searches |
/// | `thin` | 1e-3 | the returned network may be this much above the best, relatively |
/// | `max_neurons` | none | the returned network has at most this many |
/// | `tol` | 1e-3 | the search gap that counts as converged |
/// | `settle` | none | what may be left to win, relatively; none: 1e-2, and 1e-3 in the first 3e11 flops |
/// | `thorough` | false | go on until largest searches over all rows find nothing |
/// | `max_rounds` | 500 | |
/// | `seed` | 0 | |
/// | `sample` | 16000 | rows that ascents begin on, at most |
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GlobalSettings {
    /// Ascents a sign of the largest searches.
    pub ascents: usize,
    /// How far above the best network's objective the returned one may be, relatively.
    pub thin: f64,
    /// Most neurons of the returned network.
    pub max_neurons: Option<usize>,
    /// The search gap at which the run is converged.
    pub tol: f64,
    /// The run ends `settled` when, by the course of the objective over the work, at most half of
    /// this share of it is left to win; 0: never. None: 1e-2, and 1e-3 while a run has used less
    /// than 3e11 flops (`thorough`: never).
    pub settle: Option<f64>,
    /// Go on until two searches of the largest size, over all rows, find nothing.
    pub thorough: bool,
    /// Most rounds.
    pub max_rounds: usize,
    /// The seed of the searches.
    pub seed: u64,
    /// Rows that the ascents of a search begin on, at most; the best of them go on over all rows,
    /// and what is found is priced on all rows before it is inserted.
    pub sample: usize,
}

impl Default for GlobalSettings {
    fn default() -> Self {
        Self {
            ascents: 800,
            thin: 1e-3,
            max_neurons: None,
            tol: 1e-3,
            settle: None,
            thorough: false,
            max_rounds: 500,
            seed: 0,
            sample: SAMPLE,
        }
    }
}
