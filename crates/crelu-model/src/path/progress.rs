use super::folds::FewFolds;
use super::metric::Metric;
use super::rule::Rule;

/// Where a path stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PathProgress<'a> {
    /// The folds are made.
    Folds {
        /// How many; 0: there can be none, and the penalty is 0.02 of `beta_max`.
        count: usize,
        /// Why they are fewer than were asked for.
        why: Option<&'a FewFolds>,
    },
    /// A network is trained.
    Step {
        /// The fold, from 0; none: on all rows.
        fold: Option<usize>,
        /// Folds.
        folds: usize,
        /// Penalties done.
        step: usize,
        /// Penalties in all.
        steps: usize,
        /// The penalty.
        beta: f64,
        /// `J` on the rows it is trained on.
        objective: f64,
        /// Its neurons.
        neurons: usize,
        /// The score of the rows held out.
        score: Option<f64>,
    },
    /// A penalty is chosen, and the refit begins.
    Chosen {
        /// The penalty.
        beta: f64,
        /// Mean score of the folds.
        mean: f64,
        /// Its standard error.
        se: f64,
        /// By what it was scored.
        metric: Metric,
        /// By what rule.
        rule: Rule,
    },
    /// A limit came before there was a choice: the penalty of the path that is nearest to 0.02 of
    /// `beta_max`.
    Cut {
        /// The penalty.
        beta: f64,
    },
}
