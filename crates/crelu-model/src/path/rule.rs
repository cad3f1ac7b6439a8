use serde::Serialize;

/// How a penalty is chosen from the scores of the folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum Rule {
    /// The best mean.
    #[serde(rename = "best")]
    Best,
    /// The largest penalty whose mean is within one standard error of the best.
    #[default]
    #[serde(rename = "1se")]
    OneSe,
    /// The smallest network whose mean is within one standard error of the best.
    #[serde(rename = "small")]
    Small,
}

/// A penalty that may be chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Mean score of the folds.
    pub mean: f64,
    /// Its standard error.
    pub se: f64,
    /// Neurons of the network on all rows.
    pub neurons: usize,
}

/// A mean this share of the standard error beyond it is within it: what rounding may do to the sums.
const ROUNDING: f64 = 1e-6;

impl Rule {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Best, Self::OneSe, Self::Small];

    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::OneSe => "1se",
            Self::Small => "small",
        }
    }

    /// The index of the chosen of `candidates`, whose penalties fall; ties go to the larger penalty.
    /// None where no mean is a number.
    #[must_use]
    pub fn choose(self, candidates: &[Candidate], larger_is_better: bool) -> Option<usize> {
        let goodness = |c: &Candidate| if larger_is_better { c.mean } else { -c.mean };
        let mut best: Option<usize> = None;
        for (k, candidate) in candidates.iter().enumerate() {
            let is_better = |b: usize| goodness(candidate) > goodness(&candidates[b]);
            if !candidate.mean.is_nan() && best.is_none_or(is_better) {
                best = Some(k);
            }
        }
        let best = best?;
        let reach = candidates[best].se * (1.0 + ROUNDING);
        let is_level =
            |k: &usize| *k == best || (candidates[*k].mean - candidates[best].mean).abs() <= reach;
        let mut level = (0..candidates.len()).filter(is_level);
        match self {
            Self::Best => Some(best),
            Self::OneSe => level.next(),
            // the first of equals
            Self::Small => level.min_by_key(|&k| candidates[k].neurons),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(mean, se, neurons)`, the largest penalty first.
    fn table<const N: usize>(rows: [(f64, f64, usize); N]) -> [Candidate; N] {
        rows.map(|(mean, se, neurons)| Candidate { mean, se, neurons })
    }

    #[test]
    fn rules_choose_from_a_table_by_hand() {
        let accuracy = table([
            (0.80, 0.01, 1),
            (0.89, 0.02, 5),
            (0.92, 0.03, 4),
            (0.93, 0.04, 9),
            (0.93, 0.01, 20),
            (0.91, 0.09, 40),
        ]);
        let chosen = Rule::ALL.map(|rule| rule.choose(&accuracy, true));
        // 0.93 - 0.04 = 0.89, on the line but for rounding
        assert_eq!(chosen, [Some(3), Some(1), Some(2)]);
        let losses = accuracy.map(|c| Candidate {
            mean: 1.0 - c.mean,
            ..c
        });
        assert_eq!(Rule::ALL.map(|rule| rule.choose(&losses, false)), chosen);
    }

    #[test]
    fn rules_take_the_larger_of_equal_penalties() {
        let level = table([(0.5, 0.0, 3), (0.7, 0.0, 2), (0.7, 0.0, 2)]);
        for rule in Rule::ALL {
            assert_eq!(rule.choose(&level, true), Some(1), "{rule:?}");
            assert_eq!(rule.choose(&level, false), Some(0), "{rule:?}");
        }
    }

    #[test]
    fn rules_leave_out_what_is_no_number() {
        let some = table([(f64::NAN, 0.1, 1), (0.4, 0.1, 7), (0.45, f64::NAN, 3)]);
        assert_eq!(Rule::OneSe.choose(&some, false), Some(1));
        assert_eq!(Rule::Best.choose(&some, true), Some(2));
        assert_eq!(Rule::OneSe.choose(&some, true), Some(2));
        assert_eq!(Rule::Best.choose(&some[..1], true), None);
        assert_eq!(Rule::Small.choose(&[], true), None);
    }
}
