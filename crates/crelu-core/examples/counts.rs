//! A loss of one's own: counts, by the Poisson deviance up to a constant.
use crelu_core::{Loss, ScalarLoss, Separable};

/// Counts `y` of rate `e^f`: `e^f - y f`, less the least that it becomes.
#[derive(Debug, Clone)]
pub(crate) struct Poisson;

/// Minus the least of `e^f - y f`, so that the loss is at least 0: half the deviance.
fn least(y: f64) -> f64 {
    if y > 0.0 { y * y.ln() - y } else { 0.0 }
}

impl ScalarLoss for Poisson {
    fn name(&self) -> &'static str {
        "poisson"
    }
    fn value(&self, f: f64, y: f64) -> f64 {
        f.exp() - y * f + least(y)
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        f.exp() - y
    }
    fn curvature(&self, f: f64, _y: f64) -> f64 {
        f.exp()
    }
    fn curvature_bound(&self) -> f64 {
        f64::INFINITY
    }
    /// With `p = y - theta`, the rate: `p - p log p`, and the same constant.
    fn dual(&self, theta: f64, y: f64) -> f64 {
        let p = y - theta;
        least(y) + if p > 0.0 { p - p * p.ln() } else { 0.0 }
    }
    fn dual_slope(&self, theta: f64, y: f64) -> f64 {
        (y - theta).ln()
    }
    fn domain(&self, y: f64) -> (f64, f64) {
        (f64::NEG_INFINITY, y)
    }
}

#[allow(clippy::print_stdout, reason = "an example shows its result")]
fn main() -> Result<(), crelu_core::LossError> {
    let loss = Separable::new(Poisson, vec![3.0, 0.0, 1.0], 1, None)?;
    // at the best outputs of all, log y, the dual value is the loss: nothing is left between them
    let fitted = [3.0_f64.ln(), -40.0, 0.0];
    let bound = loss.dual(&loss.theta(&fitted), 1.0);
    assert!(bound.value <= loss.value(&fitted));
    assert!(loss.value(&fitted) - bound.value < 1e-9);
    println!(
        "loss {:.6}, at least {:.6}",
        loss.value(&fitted),
        bound.value
    );
    Ok(())
}
