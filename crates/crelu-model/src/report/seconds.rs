use serde::Serialize;

use crelu_convex::Solution;

/// Seconds on the caller's clock: the parts add up to `total`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// From the clock's zero to the end of the fit.
    pub total: f64,
    /// From the clock's zero to the beginning of the fit: reading files, for the most part.
    pub read: f64,
    /// Preprocessing, patterns, choice of the method and factorisations.
    pub setup: f64,
    /// A path of penalties and its folds, all that is before the fit at the chosen penalty.
    pub path: f64,
    /// Primal steps.
    pub primal: f64,
    /// Proximal steps.
    pub prox: f64,
    /// Updates of the state, and what else an iteration does.
    pub dual: f64,
    /// Certificates, feasible points, and what is computed of networks for the history and the report.
    pub certificate: f64,
    /// Global mode: searches.
    pub pricing: f64,
    /// Global mode: corrections of the weights.
    pub correct: f64,
    /// Global mode: descents on directions and weights.
    pub slide: f64,
    /// Global mode: thinning of the best network.
    pub thin: f64,
    /// The Newton finish.
    pub polish: f64,
    /// The proven bound over all networks.
    pub proof: f64,
}

impl Seconds {
    /// The sum of all phases.
    #[must_use]
    pub fn parts(&self) -> f64 {
        self.read
            + self.setup
            + self.path
            + self.primal
            + self.prox
            + self.dual
            + self.certificate
            + self.pricing
            + self.correct
            + self.slide
            + self.thin
            + self.polish
            + self.proof
    }

    /// Adds a solve that took `total` seconds; what none of its phases names is bookkeeping.
    pub(crate) fn add_solve(&mut self, solution: &Solution, total: f64) {
        let phases = &solution.seconds;
        self.setup += phases.setup;
        self.primal += phases.primal;
        self.prox += phases.prox;
        self.dual += phases.dual;
        self.certificate += phases.monitor;
        self.polish += solution.polish_seconds;
        let named = phases.setup
            + phases.primal
            + phases.prox
            + phases.dual
            + phases.monitor
            + solution.polish_seconds;
        self.dual += (total - named).max(0.0);
    }
}
