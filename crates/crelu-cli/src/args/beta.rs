//! The penalty of `--beta`, and those of `--betas`.

use super::number::{at_least_zero, in_range};

/// The penalty of `--beta`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum BetaArg {
    /// Chosen by cross-validation.
    Cv,
    /// Of the mean objective.
    Value(f64),
}

/// `--betas`
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum BetasArg {
    /// So many.
    Count(usize),
    /// These.
    Values(Vec<f64>),
}

/// A finite number, at least 0, or `cv`.
pub(super) fn beta(text: &str) -> Result<BetaArg, String> {
    match text.trim() {
        "cv" => Ok(BetaArg::Cv),
        text => {
            in_range(text, "a finite number, at least 0, or cv", |v| v >= 0.0).map(BetaArg::Value)
        }
    }
}

/// How many penalties, or a list of them.
pub(super) fn betas(text: &str) -> Result<BetasArg, String> {
    let want = "must be a whole number, at least 2, or a list of penalties: B1,B2,...";
    let values: Option<Vec<f64>> = text
        .split(',')
        .map(|value| at_least_zero(value).ok())
        .collect();
    match (text.trim().parse::<usize>(), values) {
        (Ok(count), _) if (2..=MOST_BETAS).contains(&count) => Ok(BetasArg::Count(count)),
        (Ok(count), _) if count > MOST_BETAS => Err(format!("must be at most {MOST_BETAS}")),
        (Err(_), Some(values)) if values.len() > 1 => Ok(BetasArg::Values(values)),
        _ => Err(want.to_owned()),
    }
}

/// More penalties are a slip of the finger: neighbours would be within a hundredth of each other.
const MOST_BETAS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn penalties_are_a_count_or_a_list() {
        assert_eq!(beta("cv"), Ok(BetaArg::Cv));
        assert_eq!(beta("1e-3"), Ok(BetaArg::Value(1e-3)));
        for text in ["CV", "-1", "nan", ""] {
            assert!(beta(text).is_err(), "{text}");
        }
        assert_eq!(betas("20"), Ok(BetasArg::Count(20)));
        assert_eq!(betas("0.5, 1"), Ok(BetasArg::Values(vec![0.5, 1.0])));
        for text in ["0", "1", "1001", "0.5", "1,", "1,-2", "a", ""] {
            assert!(betas(text).is_err(), "{text}");
        }
    }
}
