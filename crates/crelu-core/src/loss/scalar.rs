use core::fmt;

use super::LossKind;

/// A convex loss of one output `f` and its target `y`, with a derivative.
///
/// Only what is asked for here is needed for training with a certificate; sums over rows and
/// outputs, and weights, are the business of [`Separable`](super::Separable).
pub trait ScalarLoss: fmt::Debug + Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// `l(f, y)`, at least 0: gaps are relative to it, so a loss that goes below has its least value
    /// taken off.
    fn value(&self, f: f64, y: f64) -> f64;

    /// The derivative by `f`.
    fn slope(&self, f: f64, y: f64) -> f64;

    /// The sum of the values of some outputs, with weights (1 where there are none), and the derivative
    /// of each: what every pass over rows asks for. A loss may have loops of its own for it.
    ///
    /// **Shapes** all as long as `fitted`.
    fn value_slope(
        &self,
        fitted: &[f64],
        target: &[f64],
        weights: Option<&[f64]>,
        slope: &mut [f64],
    ) -> f64 {
        one_by_one([fitted, target], weights, slope, |f, y| {
            (self.value(f, y), self.slope(f, y))
        })
    }

    /// The second derivative by `f`, or a bound on it where it jumps.
    fn curvature(&self, f: f64, y: f64) -> f64;

    /// The largest that the second derivative becomes; infinite where there is no bound.
    fn curvature_bound(&self) -> f64;

    /// `-l*(-theta)`, for `theta` in the domain.
    fn dual(&self, theta: f64, y: f64) -> f64;

    /// The derivative of [`dual`](Self::dual) by `theta`: the output whose `theta` it is.
    fn dual_slope(&self, theta: f64, y: f64) -> f64;

    /// The `theta` for which the dual value is finite, least and largest.
    fn domain(&self, y: f64) -> (f64, f64);

    /// `argmin_f l(f, y) + rho (f - at)^2 / 2`: by Newton's method, kept between two bounds that are
    /// halved wherever a step is not half as long as the last one.
    fn prox(&self, at: f64, y: f64, rho: f64) -> f64 {
        // the slope of the loss is between those at `at` and at the point sought
        let first = self.slope(at, y);
        if first == 0.0 || !first.is_finite() {
            return at;
        }
        let end = at - first / rho;
        let (mut low, mut high) = if end < at { (end, at) } else { (at, end) };
        let mut f = 0.5 * (low + high);
        let mut last = high - low;
        for _ in 0..PROX_STEPS {
            let rise = self.slope(f, y) + rho * (f - at);
            if rise > 0.0 {
                high = f;
            } else {
                low = f;
            }
            let step = rise / (self.curvature(f, y) + rho);
            let next = f - step;
            // flat tails send it from one to the other without end
            let is_shorter = step.abs() < 0.5 * last;
            let next = if is_shorter && next > low && next < high {
                next
            } else {
                0.5 * (low + high)
            };
            last = (next - f).abs();
            if (next - f).abs() <= f64::EPSILON * (f.abs() + at.abs()) {
                return next;
            }
            f = next;
        }
        f
    }

    /// Whether the loss is `(f - y)^2 / 2`.
    fn is_quadratic(&self) -> bool {
        false
    }

    /// The kind that these losses of so many outputs are together, if it is one of those by name.
    fn kind(_each: &[Self], _outputs: usize) -> Option<LossKind>
    where
        Self: Sized,
    {
        None
    }
}

/// The sum of values and the derivatives, of a function that gives both of an output and its target.
pub(super) fn one_by_one(
    [fitted, target]: [&[f64]; 2],
    weights: Option<&[f64]>,
    slope: &mut [f64],
    of: impl Fn(f64, f64) -> (f64, f64),
) -> f64 {
    let mut sum = 0.0;
    for (at, ((f, y), slope)) in fitted.iter().zip(target).zip(slope).enumerate() {
        let weight = weights.map_or(1.0, |weights| weights[at]);
        let (value, rise) = of(*f, *y);
        sum += weight * value;
        *slope = weight * rise;
    }
    sum
}

/// Newton steps: six do for smooth losses, a bisection to the last bit takes sixty, and one between
/// the two a little more.
const PROX_STEPS: usize = 120;
