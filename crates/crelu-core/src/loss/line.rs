//! The root of a function that rises, on an interval.

/// No scale goes beyond this.
pub(super) const MOST: f64 = 1e12;
/// The interval ends at this share of its upper end: a bound or an objective is flat there, so the
/// square of it is lost.
const WIDTH: f64 = 1e-9;
const STEPS: usize = 80;

/// Where `rise`, at most 0 at `low` and at least 0 at `high`, crosses 0: bisection, with a secant
/// wherever that shrinks the interval faster (Ridders' rule is not needed for functions so smooth).
pub(super) fn root(mut low: f64, mut high: f64, mut rise: impl FnMut(f64) -> f64) -> f64 {
    let (mut below, mut above) = (rise(low), rise(high));
    if below >= 0.0 || above <= 0.0 || above.is_nan() {
        return if below >= 0.0 { low } else { high };
    }
    let mut same = 0_i32;
    for step in 0..STEPS {
        let width = high - low;
        if width <= WIDTH * high.abs() {
            break;
        }
        let secant = low - below * width / (above - below);
        // two ends that are not finite, or a secant that keeps one end: halve
        let middle = 0.5 * (low + high);
        let at = if secant > low && secant < high && step % 3 != 2 {
            secant
        } else {
            middle
        };
        let value = rise(at);
        if value.is_nan() {
            high = at;
            above = f64::INFINITY;
        } else if value < 0.0 {
            (low, below) = (at, value);
            // Illinois: the end that stays loses weight
            if same < 0 {
                above *= 0.5;
            }
            same = -1;
        } else {
            (high, above) = (at, value);
            if same > 0 {
                below *= 0.5;
            }
            same = 1;
            if value == 0.0 {
                return at;
            }
        }
    }
    0.5 * (low + high)
}
