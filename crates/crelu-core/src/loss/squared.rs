use super::LossKind;
use super::scalar::ScalarLoss;

/// `(f - y)^2 / 2`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Squared;

impl ScalarLoss for Squared {
    fn name(&self) -> &'static str {
        "squared"
    }
    fn value(&self, f: f64, y: f64) -> f64 {
        0.5 * (f - y) * (f - y)
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        f - y
    }
    fn curvature(&self, _f: f64, _y: f64) -> f64 {
        1.0
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
        (f64::NEG_INFINITY, f64::INFINITY)
    }
    fn prox(&self, at: f64, y: f64, rho: f64) -> f64 {
        (y + rho * at) / (1.0 + rho)
    }
    fn is_quadratic(&self) -> bool {
        true
    }
    fn kind(_each: &[Self], _outputs: usize) -> Option<LossKind> {
        Some(LossKind::Squared)
    }
}
