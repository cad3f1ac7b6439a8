/// Falls are taken to shrink by at least this factor from one doubling of the work to the next.
const SLOWEST: f64 = 0.9;

/// Whether, by the course of an objective over the work, at most half of `share` of it is left to win.
/// With `d1` and `d2` the relative falls over the work from `W/2` to `W` (all so far) and from `W/4` to
/// `W/2`, and `q = min(d1 / d2, 0.9)`, that is about `d1 q / (1 - q)`: exact for a power law. `d1` must be
/// within `share`, too; a share of 0 is never met.
///
/// `at(work)` is the objective when so much work was done.
#[must_use]
pub fn is_settled(at: impl Fn(u64) -> f64, work: u64, share: f64) -> bool {
    let now = at(work);
    if share <= 0.0 || now <= 0.0 {
        return false;
    }
    let first = (at(work / 2) - now) / now;
    let second = (at(work / 4) - at(work / 2)) / now;
    let ratio = if first < SLOWEST * second {
        first / second
    } else {
        SLOWEST
    };
    first <= share && first * ratio / (1.0 - ratio) <= 0.5 * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    fn power_law_settles_when_half_of_the_share_is_left() {
        // J = 1 + 1 / k: what is left after k is 1 / k
        let at = |work: u64| 1.0 + 1.0 / work.max(1) as f64;
        for share in [0.1, 0.01] {
            // halves and quarters are whole
            let mut quarters = 2..;
            let ends = quarters.find(|quarter| is_settled(at, 4 * quarter, share));
            let left = 0.25 / ends.expect("it falls") as f64;
            assert!((left / (0.5 * share) - 1.0).abs() < 0.1, "{share}: {left}");
        }
        assert!(!is_settled(at, 1 << 40, 0.0));
        // a fall that does not slow down is not over
        assert!(!is_settled(|work| 10.0 - work as f64 / 100.0, 400, 0.01));
        assert!(is_settled(|_| 1.0, 8, 0.01));
        assert!(!is_settled(|_| 0.0, 8, 0.01));
    }
}
