/// A convex loss of one prediction, as the bounds need it. The smallest value over all predictions
/// must be attained wherever the derivative can vanish.
pub trait PointLoss: Sync {
    /// Value and derivative at a prediction.
    fn at(&self, pred: f64, target: f64) -> (f64, f64);
    /// The smallest value over all predictions.
    fn least(&self, target: f64) -> f64;
    /// `min_f loss(f, y) + theta f`: minus the conjugate at `-theta`.
    fn dual(&self, theta: f64, target: f64) -> f64;
}

/// `(f - y)^2 / 2`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Squared;

impl PointLoss for Squared {
    fn at(&self, pred: f64, target: f64) -> (f64, f64) {
        let apart = pred - target;
        (0.5 * apart * apart, apart)
    }

    fn least(&self, _target: f64) -> f64 {
        0.0
    }

    fn dual(&self, theta: f64, target: f64) -> f64 {
        theta * target - 0.5 * theta * theta
    }
}

/// `-y f`: under it the smallest "loss" of unit masses is minus the price of `theta = y`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Linear;

impl PointLoss for Linear {
    fn at(&self, pred: f64, target: f64) -> (f64, f64) {
        (-target * pred, -target)
    }

    fn least(&self, _target: f64) -> f64 {
        0.0
    }

    fn dual(&self, theta: f64, target: f64) -> f64 {
        if theta == target {
            0.0
        } else {
            f64::NEG_INFINITY
        }
    }
}
