use admm::Status;

use crate::neurons::Neurons;
use crate::thin::FrontierPoint;
use crate::work::Work;

/// Where the training stands after a round.
#[derive(Debug)]
pub struct Round<'a> {
    /// Rounds so far.
    pub round: usize,
    /// The best network.
    pub neurons: &'a Neurons,
    /// Its `J` in sum scaling.
    pub objective: f64,
    /// Its outputs.
    pub fitted: &'a [f64],
    /// The largest price of the round's search, at the network before the round.
    pub max_price: f64,
    /// The relative gap if no neuron is dearer.
    pub search_gap: f64,
    /// Flops of the training so far.
    pub flops: u64,
}

/// The caller's eye on the training.
pub trait GlobalObserver {
    /// Told after every round; `false` ends the training with the best network so far.
    fn round(&mut self, round: &Round<'_>) -> bool;
}

impl GlobalObserver for () {
    fn round(&mut self, _round: &Round<'_>) -> bool {
        true
    }
}

impl<F: FnMut(&Round<'_>) -> bool> GlobalObserver for F {
    fn round(&mut self, round: &Round<'_>) -> bool {
        self(round)
    }
}

/// A trained network and what the searches say about it.
#[derive(Debug, Clone)]
pub struct Trained {
    /// How the training ended.
    pub status: Status,
    /// The network that is returned: the best, thinned.
    pub neurons: Neurons,
    /// The best network.
    pub best: Neurons,
    /// `J` of the best network, in sum scaling; NaN where other processes had rows and none answered.
    pub best_objective: f64,
    /// The largest price that the last search found, at the best network; none before the first. If
    /// a limit struck after a change of the network and before the next search: the larger of that
    /// search's and what its neurons cost now.
    pub max_price: Option<f64>,
    /// Ascents of that search, both signs.
    pub ascents: Option<usize>,
    /// The lower bound in sum scaling if no neuron is dearer than searches found: the best over rounds
    /// whose search had the largest size, or that of the last search if none had.
    pub search_bound: Option<f64>,
    /// Networks met while thinning, the best first.
    pub frontier: Vec<FrontierPoint>,
    /// Rounds.
    pub rounds: usize,
    /// Where the time went.
    pub seconds: TrainSeconds,
    /// What the training took, without the clock.
    pub work: Work,
}

/// Seconds of the parts of a training.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct TrainSeconds {
    /// Searches.
    pub pricing: f64,
    /// Lassos over the weights, and merging.
    pub correct: f64,
    /// Slides.
    pub slide: f64,
    /// Thinning, its corrections and slides among it.
    pub thin: f64,
}
