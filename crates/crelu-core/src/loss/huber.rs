use super::LossKind;
use super::scalar::ScalarLoss;
use crate::error::LossError;

/// `e^2 / 2` for residuals `e = f - y` up to `delta`, and `delta (|e| - delta / 2)` beyond.
///
/// **Source** Huber 1964.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Huber {
    delta: f64,
}

impl Huber {
    /// With the residual up to which it is quadratic.
    ///
    /// # Errors
    /// [`LossError::Parameter`] unless `delta` is positive and finite.
    pub fn new(delta: f64) -> Result<Self, LossError> {
        if delta.is_finite() && delta > 0.0 {
            Ok(Self { delta })
        } else {
            Err(LossError::Parameter {
                what: "delta of the huber loss",
                value: delta,
                want: "not a positive number",
            })
        }
    }

    /// The residual up to which it is quadratic.
    #[must_use]
    pub fn delta(&self) -> f64 {
        self.delta
    }
}

impl ScalarLoss for Huber {
    fn name(&self) -> &'static str {
        "huber"
    }
    fn value(&self, f: f64, y: f64) -> f64 {
        let size = (f - y).abs();
        if size <= self.delta {
            0.5 * size * size
        } else {
            self.delta * (size - 0.5 * self.delta)
        }
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        (f - y).clamp(-self.delta, self.delta)
    }
    /// `delta / |e|` beyond `delta`: with it, the quadratic that touches there lies above the loss.
    fn curvature(&self, f: f64, y: f64) -> f64 {
        let size = (f - y).abs();
        if size <= self.delta {
            1.0
        } else {
            self.delta / size
        }
    }
    fn curvature_bound(&self) -> f64 {
        1.0
    }
    fn dual(&self, theta: f64, y: f64) -> f64 {
        theta * (y - 0.5 * theta)
    }
    fn dual_slope(&self, theta: f64, y: f64) -> f64 {
        y - theta
    }
    fn domain(&self, _y: f64) -> (f64, f64) {
        (-self.delta, self.delta)
    }
    fn prox(&self, at: f64, y: f64, rho: f64) -> f64 {
        let e = at - y;
        if e.abs() <= self.delta * (1.0 + 1.0 / rho) {
            (y + rho * at) / (1.0 + rho)
        } else {
            at - e.signum() * self.delta / rho
        }
    }
    fn kind(each: &[Self], outputs: usize) -> Option<LossKind> {
        let delta = each
            .iter()
            .map(Huber::delta)
            .cycle()
            .take(outputs)
            .collect();
        Some(LossKind::Huber { delta })
    }
}
