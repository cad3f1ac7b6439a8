use crelu_core::{Huber, Logistic, LossKind, ScalarLoss, Squared};

/// A loss of one output whose dual value the verifier can round down.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum BoundLoss {
    /// `(f - y)^2 / 2`
    #[default]
    Squared,
    /// `log(1 + e^(-y f))`; for targets between -1 and 1 the mean over labels of that mean.
    Logistic,
    /// Huber's, with its `delta`.
    Huber(Huber),
}

impl BoundLoss {
    /// The loss of one output of a kind; none where there is no proof of it.
    #[must_use]
    pub fn of(kind: &LossKind) -> Option<Self> {
        match kind {
            LossKind::Squared => Some(Self::Squared),
            LossKind::Logistic => Some(Self::Logistic),
            LossKind::Huber { delta } => match delta[..] {
                [delta] => Huber::new(delta).ok().map(Self::Huber),
                _ => None,
            },
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.scalar().name()
    }

    /// The residual up to which it is quadratic, where it is not everywhere.
    #[must_use]
    pub fn delta(&self) -> Option<f64> {
        match self {
            Self::Huber(huber) => Some(huber.delta()),
            Self::Squared | Self::Logistic => None,
        }
    }

    pub(crate) fn scalar(&self) -> &dyn ScalarLoss {
        match self {
            Self::Squared => &Squared,
            Self::Logistic => &Logistic,
            Self::Huber(huber) => huber,
        }
    }
}
