use crelu_core::is_settled;

/// What may be left to win, relatively, when a run ends by the course of its objective.
const SETTLE: f64 = 1e-2;
/// The same while a run has used fewer flops than `SMALL_WORK`, two seconds of two cores: there the
/// last digits cost nothing.
const SETTLE_SMALL: f64 = 1e-3;
const SMALL_WORK: u64 = 300_000_000_000;
/// Rounds that the window of the rule holds, at least.
const ROUNDS: usize = 6;
/// The objective over the work: flops, no clock, so that the rule that reads it is the same on every
/// machine.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    points: Vec<Point>,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    flops: u64,
    objective: f64,
    /// Whether the round's search went over all rows, and its level.
    whole: bool,
    level: usize,
}

impl Course {
    pub(crate) fn from(objective: f64) -> Self {
        let start = Point {
            flops: 0,
            objective,
            whole: false,
            level: 0,
        };
        Self {
            points: vec![start],
        }
    }

    /// After a correction and slide.
    pub(crate) fn push(&mut self, flops: u64, objective: f64, (whole, level): (bool, usize)) {
        self.points.push(Point {
            flops,
            objective,
            whole,
            level,
        });
    }

    /// The relative fall over the last so many rounds; none before there are as many.
    pub(crate) fn fall_over(&self, rounds: usize) -> Option<f64> {
        let last = self.points.len() - 1;
        let before = self.points[last.checked_sub(rounds)?].objective;
        Some((before - self.points[last].objective) / before)
    }

    /// Whether what is left to win is at most half of `settle`, by [`is_settled`]: the objective falls like
    /// a power of the work on noisy tables.
    pub(crate) fn is_settled(&self, settle: Option<f64>) -> bool {
        let Some(now) = self.points.last() else {
            return false;
        };
        let settle = settle.unwrap_or(if now.flops < SMALL_WORK {
            SETTLE_SMALL
        } else {
            SETTLE
        });
        let quarter = now.flops / 4;
        let window = self.points.iter().filter(|point| point.flops > quarter);
        if window.clone().count() < ROUNDS || !window.clone().any(|point| point.whole) {
            return false;
        }
        is_settled(|flops| self.at(flops), now.flops, settle)
    }

    /// Whether a search of this level was made since a quarter of the work.
    pub(crate) fn saw(&self, level: usize) -> bool {
        let quarter = self.points.last().map_or(0, |now| now.flops / 4);
        let mut window = self.points.iter().filter(|point| point.flops > quarter);
        window.any(|point| point.level >= level)
    }

    /// The objective when so many flops were used: that of the last round before.
    fn at(&self, flops: u64) -> f64 {
        let after = self.points.partition_point(|point| point.flops <= flops);
        self.points[after.max(1) - 1].objective
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounds of equal work along `left(flops)`.
    fn course(rounds: u64, work: u64, objective: impl Fn(f64) -> f64) -> Course {
        let mut course = Course::from(objective(0.0));
        for k in 1..=rounds {
            #[expect(clippy::cast_precision_loss, reason = "small counts")]
            course.push(k * work, objective(k as f64), (true, 0));
        }
        course
    }

    #[test]
    fn course_of_a_power_law_settles_when_half_of_the_share_is_left() {
        // J = 1 + 0.5 / k, k in eighths of a unit of work: what is left after k units is 0.5 / k
        let left = |eighths: f64| 1.0 + 0.5 / (eighths / 8.0).max(0.5);
        for (settle, units) in [(0.1, 10_u64), (0.05, 20), (0.02, 50)] {
            let rounds = 8 * units;
            let ends = (1..4 * rounds).find(|&k| course(k, 1, left).is_settled(Some(settle)));
            let ends = ends.expect("the objective settles");
            assert!(
                ends.abs_diff(rounds) <= rounds / 10 + 2,
                "{settle}: {ends}, {rounds}"
            );
        }
    }

    #[test]
    fn course_that_falls_evenly_or_stands_short_does_not_settle() {
        let even = |k: f64| 100.0 - 0.1 * k;
        assert!(!course(100, 1, even).is_settled(Some(0.05)));
        // too few rounds, no search over all rows, or told never to
        let flat = |_: f64| 1.0;
        assert!(!course(5, 1, flat).is_settled(None));
        assert!(course(12, 1, flat).is_settled(None));
        assert!(!course(12, 1, flat).is_settled(Some(0.0)));
        let mut narrow = Course::from(1.0);
        for k in 1..20 {
            narrow.push(k, 1.0, (false, 0));
        }
        assert!(!narrow.is_settled(None));
    }

    #[test]
    fn course_asks_for_more_digits_while_little_work_was_done() {
        // 4e-3 are left after 40 rounds
        let left = |k: f64| 1.0 + 0.16 / (k + 1e-9).max(0.5);
        assert!(!course(40, 1, left).is_settled(None));
        assert!(course(40, SMALL_WORK / 40, left).is_settled(None));
    }
}
