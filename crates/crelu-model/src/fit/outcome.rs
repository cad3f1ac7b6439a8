use admm::Status;
use crelu_convex::relative_gap;
use crelu_core::Network;
use linalg_core::Control;
use serde_json::Value;

use super::fitted::Fit;
use crate::prepared::Learnt;
use crate::report::{HistoryEntry, PrimalUsed, Report, Score, Seconds, Training, Work};
use crate::settings::CheckedFitSettings;

/// What a way of training ends with, whatever it is: what only it knows of the report. All in units, and
/// of the mean objective.
pub(super) struct Outcome {
    pub(super) status: Status,
    pub(super) network: Network,
    pub(super) patterns: usize,
    pub(super) beta: f64,
    pub(super) beta_max: f64,
    pub(super) training: Training,
    pub(super) primal: PrimalUsed,
    /// `J` of the network.
    pub(super) objective: f64,
    /// The objective of the convex programme's point.
    pub(super) convex: f64,
    pub(super) dual_bound: f64,
    pub(super) cone_violation: f64,
    pub(super) iterations: usize,
    pub(super) work: Option<Work>,
    /// Its phases; the rest until now is the certificate's.
    pub(super) seconds: Seconds,
    pub(super) history: Vec<HistoryEntry>,
    pub(super) train: Score,
    pub(super) test: Option<Score>,
}

impl Outcome {
    /// The model and the report.
    ///
    /// **Shapes** `n`, `d`: rows and columns, the bias among them.
    pub(super) fn fit(
        self,
        learnt: &Learnt,
        (n, d): (usize, usize),
        sparse: Option<Value>,
        settings: &CheckedFitSettings,
        control: &Control<'_>,
    ) -> Fit {
        let s = settings.get();
        let gap = relative_gap(self.objective, self.dual_bound);
        // a share of a penalty that was not reached is none
        let beta = if self.beta.is_finite() {
            self.beta
        } else {
            0.0
        };
        let neurons = self.network.neurons();
        let mut seconds = self.seconds;
        seconds.total = control.seconds();
        seconds.certificate += seconds.total - seconds.parts();
        let report = Report {
            status: self.status,
            n,
            d,
            outputs: learnt.outputs(),
            patterns: self.patterns,
            neurons,
            beta: self.beta,
            loss: learnt.kind.name(),
            activation: s.activation,
            training: self.training,
            seed: s.seed,
            version: env!("CARGO_PKG_VERSION"),
            primal: self.primal,
            objective_network: self.objective,
            objective_convex: self.convex,
            dual_bound: self.dual_bound,
            gap,
            cone_violation: self.cone_violation,
            programme_gap: relative_gap(self.convex, self.dual_bound),
            path: None,
            cv: None,
            early_stop: None,
            proven_bound: None,
            proven_gap: None,
            proof: None,
            iterations: self.iterations,
            seconds,
            work: self.work,
            train: self.train,
            test: self.test,
            history: self.history,
            settings: learnt.settings_map(settings, self.beta, self.beta_max, control, sparse),
        };
        Fit {
            model: learnt.model(self.network, s.bias, beta, self.objective, gap),
            report,
            certificate: None,
        }
    }
}
