use crelu_convex::{Programme, WarmStart};
use faer::Mat;

use crate::path::{EarlyStop, EarlyStopped, Watch};
use crate::prepared::Learnt;

/// What a fit hands to the next one of the same prepared data, at another penalty.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    /// Sampled mode: the set-up.
    pub(super) sampled: Option<SetUp>,
    /// Sampled mode: where the programme starts.
    pub(crate) warm: Option<WarmStart>,
    /// How the rows held out end the training and choose its network; none: they do not.
    pub(crate) early: Option<EarlyStop>,
    /// What came of it.
    pub(crate) stopped: Option<EarlyStopped>,
    /// Global mode: the largest penalty of the sum.
    pub(crate) beta_max: Option<f64>,
}

impl Carried {
    /// What watches the scores of rows held out, where they end the fit.
    pub(super) fn watch<K>(&self, learnt: &Learnt) -> Option<Watch<K>> {
        let watch = |how| Watch::new(how, learnt.kind.name());
        self.early.map(watch)
    }

    /// Nothing, but how rows held out end the fit.
    pub(crate) fn stopped_by(how: EarlyStop) -> Self {
        Self {
            early: Some(how),
            ..Self::default()
        }
    }
}

/// What of a sampled fit does not depend on the penalty.
#[derive(Debug)]
pub(super) struct SetUp {
    /// Its penalty is that of the last fit.
    pub(super) programme: Programme,
    /// The gates in preprocessed coordinates.
    pub(super) gates: Mat<f64>,
    /// Of the mean objective.
    pub(super) beta_max: f64,
}
