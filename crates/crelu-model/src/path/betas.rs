/// The penalties of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Betas {
    /// So many, geometrically from one fraction of `beta_max` down to another.
    Geometric {
        /// How many, at least 2.
        count: usize,
        /// The largest fraction.
        from: f64,
        /// The smallest, above 0.
        to: f64,
    },
    /// These, of the mean objective, in any order.
    Given(Vec<f64>),
}

/// Where paths begin and end, as fractions of `beta_max`: networks of a few neurons, and networks that
/// all but interpolate.
const FROM: f64 = 0.3;
const TO: f64 = 3e-4;

impl Betas {
    /// `count` penalties from 0.3 to 0.0003 of `beta_max`.
    #[must_use]
    pub fn of_count(count: usize) -> Self {
        Self::Geometric {
            count,
            from: FROM,
            to: TO,
        }
    }

    /// The problem with them, if there is one.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let positive = |v: f64| v.is_finite() && v > 0.0;
        match self {
            Self::Geometric { count, .. } if *count < 2 => Some("must be at least 2"),
            Self::Geometric { from, to, .. } if !(positive(*from) && positive(*to)) => {
                Some("fractions must be finite numbers above 0")
            }
            Self::Geometric { from, to, .. } if to >= from => {
                Some("the smallest fraction must be below the largest")
            }
            Self::Given(values) if values.is_empty() => Some("there is no penalty"),
            Self::Given(values) if values.iter().any(|v| !v.is_finite() || *v < 0.0) => {
                Some("every penalty must be a finite number, at least 0")
            }
            Self::Geometric { .. } | Self::Given(_) => None,
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Geometric { count, .. } => *count,
            Self::Given(values) => falling(values).len(),
        }
    }

    /// The penalties, each once, falling.
    pub(super) fn values(&self, beta_max: f64) -> Vec<f64> {
        match self {
            Self::Geometric { count, from, to } => {
                #[expect(clippy::cast_precision_loss, reason = "small counts")]
                let at = |k: usize| k as f64 / (*count - 1) as f64;
                let fraction = |k: usize| match k {
                    0 => *from,
                    k if k + 1 == *count => *to,
                    k => from * (to / from).powf(at(k)),
                };
                (0..*count).map(|k| fraction(k) * beta_max).collect()
            }
            Self::Given(values) => falling(values),
        }
    }
}

fn falling(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(|a, b| b.total_cmp(a));
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn betas_of_a_count_fall_by_one_ratio_from_end_to_end() {
        for count in [2, 3, 10, 20] {
            let values = Betas::of_count(count).values(4.0);
            assert_eq!(values.len(), count);
            assert_eq!((values[0], values[count - 1]), (1.2, 3e-4 * 4.0));
            let ratio = (1e-3_f64).powf(1.0 / (values.len() as f64 - 1.0));
            for pair in values.windows(2) {
                assert!(
                    (pair[1] / pair[0] / ratio - 1.0).abs() < 1e-12,
                    "{values:?}"
                );
            }
        }
    }

    #[test]
    fn betas_given_are_sorted_and_each_once() {
        let betas = Betas::Given(vec![0.1, 2.0, 0.1, 0.0]);
        assert_eq!(betas.values(f64::NAN), [2.0, 0.1, 0.0]);
        assert_eq!((betas.count(), betas.problem()), (3, None));
    }

    #[test]
    fn betas_out_of_range_are_a_problem() {
        let range = |count, from, to| Betas::Geometric { count, from, to };
        for bad in [
            range(1, 0.3, 0.1),
            range(5, 0.1, 0.3),
            range(5, f64::NAN, 0.1),
            range(5, 0.3, 0.0),
            Betas::Given(vec![]),
            Betas::Given(vec![1.0, f64::NAN]),
            Betas::Given(vec![-1.0]),
        ] {
            assert!(bad.problem().is_some(), "{bad:?}");
        }
    }
}
