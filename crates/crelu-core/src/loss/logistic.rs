use super::LossKind;
use super::scalar::ScalarLoss;

/// `log(1 + e^(-y f))` for labels `y` of -1 and +1. A target between them is the mean of several
/// labels: the share `(1 + y) / 2` of them is +1.
///
/// ```text
///     l = softplus(f) - q f,  q = (1 + y) / 2;   theta = q - sigmoid(f);   -l*(-theta) = H(q - theta)
///     H(p) = -p log p - (1 - p) log(1 - p)
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Logistic;

/// Newton steps of a proximal point: five on average; down an exponential tail each wins 1.
const PROX_STEPS: usize = 100;

/// `e^x / (1 + e^x)`, without overflow.
fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// `-p log p`, 0 at 0.
pub(super) fn entropy_term(p: f64) -> f64 {
    if p > 0.0 { -p * p.ln() } else { 0.0 }
}

impl ScalarLoss for Logistic {
    fn name(&self) -> &'static str {
        "logistic"
    }
    fn value(&self, f: f64, y: f64) -> f64 {
        // both parts are at least 0, whatever the sign: nothing cancels for pure labels
        let tail = (-f.abs()).exp().ln_1p();
        let q = 0.5 * (1.0 + y);
        if f >= 0.0 {
            tail + (1.0 - q) * f
        } else {
            tail - q * f
        }
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        let q = 0.5 * (1.0 + y);
        // of a pure label the small number, not a difference of two near 1
        if q >= 1.0 {
            -sigmoid(-f)
        } else {
            sigmoid(f) - q
        }
    }
    fn curvature(&self, f: f64, _y: f64) -> f64 {
        sigmoid(f) * sigmoid(-f)
    }
    fn curvature_bound(&self) -> f64 {
        0.25
    }
    fn dual(&self, theta: f64, y: f64) -> f64 {
        let q = 0.5 * (1.0 + y);
        let p = (q - theta).clamp(0.0, 1.0);
        let rest = (1.0 - q + theta).clamp(0.0, 1.0);
        entropy_term(p) + entropy_term(rest)
    }
    fn dual_slope(&self, theta: f64, y: f64) -> f64 {
        let q = 0.5 * (1.0 + y);
        let p = (q - theta).clamp(0.0, 1.0);
        let rest = (1.0 - q + theta).clamp(0.0, 1.0);
        p.ln() - rest.ln()
    }
    fn domain(&self, y: f64) -> (f64, f64) {
        let q = 0.5 * (1.0 + y);
        (q - 1.0, q)
    }
    fn prox(&self, at: f64, y: f64, rho: f64) -> f64 {
        // Newton's method from a side of the root from which it never passes it: the slope is convex
        // below 0 and concave above
        let q = 0.5 * (1.0 + y);
        let rise = |f: f64| {
            let p = sigmoid(f);
            (p - q + rho * (f - at), p * (1.0 - p) + rho)
        };
        let (here, _) = rise(at);
        let starts_at = if here >= 0.0 { at <= 0.0 } else { at >= 0.0 };
        let mut f = if starts_at { at } else { 0.0 };
        for _ in 0..PROX_STEPS {
            let (slope, curvature) = rise(f);
            let next = f - slope / curvature;
            if (next - f).abs() <= f64::EPSILON * (f.abs() + at.abs()) || !next.is_finite() {
                break;
            }
            f = next;
        }
        f
    }
    fn kind(_each: &[Self], _outputs: usize) -> Option<LossKind> {
        Some(LossKind::Logistic)
    }
}
