use pulp::{Arch, WithSimd};

use super::LossKind;
use super::exponential::{exp_of_negative, ln_one_plus};
use super::scalar::{ScalarLoss, one_by_one};

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
    let (_, below, above) = shares(x);
    if x >= 0.0 { above } else { below }
}

/// `e = e^-|x|`, and the shares of the less and the more likely label: `e / (1 + e)` and `1 / (1 + e)`.
#[inline(always)]
fn shares(x: f64) -> (f64, f64, f64) {
    let e = exp_of_negative(-x.abs());
    let above = 1.0 / (1.0 + e);
    (e, e * above, above)
}

/// The value and the derivative of one output, without branches.
#[inline(always)]
fn value_and_slope(f: f64, y: f64) -> (f64, f64) {
    let (e, below, above) = shares(f);
    let (share, other) = if f >= 0.0 {
        (above, below)
    } else {
        (below, above)
    };
    let q = 0.5 * (1.0 + y);
    // both parts are at least 0, whatever the sign: nothing cancels for pure labels
    let wrong = if f >= 0.0 { 1.0 - q } else { q };
    let value = ln_one_plus(e) + wrong * f.abs();
    // of a pure label the small number, not a difference of two near 1
    let slope = if q >= 1.0 { -other } else { share - q };
    (value, slope)
}

/// Outputs at a time: sums as many, whose order is the same for every vector unit.
const LANES: usize = 16;

/// [`ScalarLoss::value_slope`] over slices, for the widest vector unit there is.
struct ValueSlope<'a> {
    fitted: &'a [f64],
    target: &'a [f64],
    weights: Option<&'a [f64]>,
    slope: &'a mut [f64],
}

impl WithSimd for ValueSlope<'_> {
    type Output = f64;
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) -> f64 {
        let mut sums = [0.0; LANES];
        for (at, slope) in self.slope.chunks_mut(LANES).enumerate() {
            let here = at * LANES..at * LANES + slope.len();
            // lanes past the end have weight 0
            let mut f = [0.0; LANES];
            let mut y = [1.0; LANES];
            let mut weight = [0.0; LANES];
            f[..slope.len()].copy_from_slice(&self.fitted[here.clone()]);
            y[..slope.len()].copy_from_slice(&self.target[here.clone()]);
            match self.weights {
                Some(weights) => weight[..slope.len()].copy_from_slice(&weights[here]),
                None => weight[..slope.len()].fill(1.0),
            }
            let mut rise = [0.0; LANES];
            for l in 0..LANES {
                let (value, slope) = value_and_slope(f[l], y[l]);
                sums[l] += weight[l] * value;
                rise[l] = weight[l] * slope;
            }
            slope.copy_from_slice(&rise[..slope.len()]);
        }
        sums.iter().sum()
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
        value_and_slope(f, y).0
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        value_and_slope(f, y).1
    }
    fn value_slope(
        &self,
        fitted: &[f64],
        target: &[f64],
        weights: Option<&[f64]>,
        slope: &mut [f64],
    ) -> f64 {
        if fitted.len() < LANES {
            // some rows of a part: not worth lanes
            return one_by_one([fitted, target], weights, slope, value_and_slope);
        }
        Arch::new().dispatch(ValueSlope {
            fitted,
            target,
            weights,
            slope,
        })
    }
    fn curvature(&self, f: f64, _y: f64) -> f64 {
        let (_, below, above) = shares(f);
        below * above
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
