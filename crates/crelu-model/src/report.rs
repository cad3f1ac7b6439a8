use serde::Serialize;
use serde_json::{Map, Value};

/// Everything that is known about a fit. Every number is computed from what is returned; keys
/// that do not apply are null. Objectives and bounds are of the mean objective `J`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `converged`, `iteration_limit`, `time_limit`, `stalled` or `interrupted`.
    pub status: &'static str,
    /// Training rows.
    pub n: usize,
    /// Columns after preprocessing, the bias column among them.
    pub d: usize,
    /// Outputs of the network.
    pub outputs: usize,
    /// Patterns of the programme.
    pub patterns: usize,
    /// Neurons of the network that are not zero.
    pub neurons: usize,
    /// The penalty.
    pub beta: f64,
    /// The loss.
    pub loss: &'static str,
    /// `relu` or `gated`.
    pub activation: &'static str,
    /// `sampled` or `global`.
    pub train_mode: &'static str,
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
    /// Global mode only.
    pub best_objective: Option<f64>,
    /// Global mode only.
    pub max_price: Option<f64>,
    /// Global mode only.
    pub ascents: Option<usize>,
    /// Global mode only.
    pub search_gap: Option<f64>,
    /// Global mode only.
    pub frontier: Option<Vec<Value>>,
    /// A proven lower bound on `J` over all two-layer ReLU networks, from the verifier.
    pub proven_bound: Option<f64>,
    /// `(objective_network - proven_bound) / objective_network`, at least 0.
    pub proven_gap: Option<f64>,
    /// What it rests on: `enumeration` or `relaxation`.
    pub proof: Option<&'static str>,
    /// Iterations.
    pub iterations: usize,
    /// Global mode only: the work without the clock.
    pub products: Option<Products>,
    /// Seconds of the phases.
    pub seconds: Seconds,
    /// On the training rows.
    pub train: Score,
    /// On the test rows.
    pub test: Option<Score>,
    /// The course of the run: the checks of the training, then the bounds that were proven.
    pub history: Vec<HistoryEntry>,
    /// Every setting in force.
    pub settings: Map<String, Value>,
}

/// The primal step that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrimalUsed {
    /// `cholesky`, `cg`, `pcg-jacobi`, `pcg-nystrom`, `rbcd` or `block-exact`.
    pub method: &'static str,
    /// `faer` or `nalgebra`.
    pub backend: &'static str,
    /// `f32`, `f64` or `mixed`.
    pub precision: &'static str,
    /// `kernel`, `gram`, `reduced` or `full`.
    pub form: &'static str,
    /// `two-block` or `three-block`.
    pub splitting: &'static str,
    /// Inner iterations of the run, 0 for a direct solve.
    pub inner_iterations: usize,
    /// Why.
    pub reason: String,
}

/// The work of global training: products of the data with one neuron, `R u` or `R'v`. A full-batch
/// gradient step of `m` neurons takes `2 m` of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Products {
    /// Of the searches.
    pub pricing: f64,
    /// Of the slides, those of the thinning among them.
    pub polish: f64,
}

/// Seconds on the caller's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Seconds {
    /// From the clock's zero to the end of the fit.
    pub total: f64,
    /// Preprocessing, patterns and factorisations.
    pub setup: f64,
    /// Primal steps.
    pub primal: f64,
    /// Proximal steps.
    pub prox: f64,
    /// Updates of the state.
    pub dual: f64,
    /// Certificates and feasible points.
    pub certificate: f64,
    /// Global mode only.
    pub pricing: f64,
    /// The Newton finish.
    pub polish: f64,
    /// The proven bound over all networks.
    pub proof: f64,
}

/// Mean loss and accuracy or r2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    /// Mean loss without the penalty.
    pub loss: f64,
    /// Share of rows with the right label (classification).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Coefficient of determination (regression).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r2: Option<f64>,
}

impl Score {
    /// The score of outputs against coded targets.
    ///
    /// # Panics
    /// If the lengths differ.
    #[must_use]
    pub fn of(outputs: &[f64], target: &[f64], classify: bool) -> Self {
        assert_eq!(
            outputs.len(),
            target.len(),
            "outputs, target: one value a row"
        );
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let n = target.len().max(1) as f64;
        let square: f64 = outputs
            .iter()
            .zip(target)
            .map(|(f, y)| (f - y).powi(2))
            .sum();
        let loss = 0.5 * square / n;
        if classify {
            #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
            let right = outputs
                .iter()
                .zip(target)
                .filter(|(f, y)| (**f >= 0.0) == (**y > 0.0))
                .count() as f64;
            return Self {
                loss,
                accuracy: Some(right / n),
                r2: None,
            };
        }
        let mean = target.iter().sum::<f64>() / n;
        let spread: f64 = target.iter().map(|y| (y - mean).powi(2)).sum();
        let r2 = if spread > 0.0 {
            1.0 - square / spread
        } else {
            0.0
        };
        Self {
            loss,
            accuracy: None,
            r2: Some(r2),
        }
    }
}

/// The run at one check, or at a proven bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct HistoryEntry {
    /// Iterations so far.
    pub iteration: usize,
    /// Seconds on the caller's clock.
    pub seconds: f64,
    /// `J` of the best network so far.
    pub objective_network: f64,
    /// The best lower bound so far.
    pub dual_bound: f64,
    /// `(objective_network - dual_bound) / objective_network`.
    pub gap: f64,
    /// Neurons of the best network so far.
    pub neurons: usize,
    /// Global mode: the largest price that the round's search found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_price: Option<f64>,
    /// Global mode: the relative gap if no neuron is dearer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_gap: Option<f64>,
    /// After the training, of the returned network: the best bound over all networks that is
    /// proven so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven_bound: Option<f64>,
    /// Its mean training loss.
    pub train_loss: f64,
    /// Its training accuracy (classification).
    pub train_accuracy: Option<f64>,
    /// Its training r2 (regression).
    pub train_r2: Option<f64>,
    /// Its mean test loss, where there are test data.
    pub test_loss: Option<f64>,
    /// Its test accuracy.
    pub test_accuracy: Option<f64>,
    /// Its test r2.
    pub test_r2: Option<f64>,
}

impl HistoryEntry {
    /// The same entry with the scores on the training and on the test rows.
    pub(crate) fn scored(self, train: Score, test: Option<Score>) -> Self {
        Self {
            train_loss: train.loss,
            train_accuracy: train.accuracy,
            train_r2: train.r2,
            test_loss: test.map(|t| t.loss),
            test_accuracy: test.and_then(|t| t.accuracy),
            test_r2: test.and_then(|t| t.r2),
            ..self
        }
    }
}
