//! Numbers on the command line, with the range that each option has.

/// A finite number, at least 0.
pub(super) fn at_least_zero(text: &str) -> Result<f64, String> {
    in_range(text, "a finite number, at least 0", |v| v >= 0.0)
}

/// A number of folds.
pub(super) fn folds(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(0 | 1) | Err(_) => Err("must be a whole number, at least 2".to_owned()),
        Ok(value) => Ok(value),
    }
}

/// A finite number above 0.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    in_range(text, "a finite number above 0", |v| v > 0.0)
}

/// A share strictly between 0 and 1.
pub(super) fn share(text: &str) -> Result<f64, String> {
    in_range(text, "a number between 0 and 1", |v| v > 0.0 && v < 1.0)
}

/// A finite number `within` a range; `want`: the range in words.
pub(super) fn in_range(
    text: &str,
    want: &str,
    within: impl Fn(f64) -> bool,
) -> Result<f64, String> {
    // NaN is within no range
    match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() && within(value) => Ok(value),
        _ => Err(format!("must be {want}")),
    }
}

/// A whole number, at least 1.
pub(super) fn count(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(0) | Err(_) => Err("must be a whole number, at least 1".to_owned()),
        Ok(value) => Ok(value),
    }
}

/// A whole number, at least 0.
pub(super) fn count_or_zero(text: &str) -> Result<usize, String> {
    let error = |_| "must be a whole number, at least 0".to_owned();
    text.trim().parse().map_err(error)
}

/// A seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    let error = |_| format!("must be a whole number from 0 to {}", u64::MAX);
    text.trim().parse().map_err(error)
}

/// Threads beyond this are a slip of the finger.
const MOST_THREADS: usize = 1024;

/// A number of threads.
pub(super) fn threads(text: &str) -> Result<usize, String> {
    match count(text) {
        Ok(value) if value <= MOST_THREADS => Ok(value),
        _ => Err(format!("must be a whole number from 1 to {MOST_THREADS}")),
    }
}

/// Bytes, with a suffix `k`, `M` or `G` for powers of 1024.
pub(super) fn bytes(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let (digits, unit) = match text.chars().last() {
        Some('k' | 'K') => (&text[..text.len() - 1], 1024.0),
        Some('m' | 'M') => (&text[..text.len() - 1], 1024.0 * 1024.0),
        Some('g' | 'G') => (&text[..text.len() - 1], 1024.0 * 1024.0 * 1024.0),
        _ => (text, 1.0),
    };
    let want = "a number of bytes above 0, such as 2G or 500M";
    in_range(digits, want, |v| v > 0.0).map(|v| v * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_outside_its_range_is_refused() {
        for text in ["", "-1", "nan", "inf", "1e400", "abc", "1,5"] {
            assert!(at_least_zero(text).is_err(), "{text}");
        }
        for text in ["0", "1", "1.5", "-0.1", "nan"] {
            assert!(share(text).is_err(), "{text}");
        }
        for text in ["0", "-3", "1.5", "99999999999999999999999", ""] {
            assert!(count(text).is_err(), "{text}");
            assert!(threads(text).is_err(), "{text}");
        }
        assert!(threads("1025").is_err());
        assert!(seed("1.5").is_err() && seed("-1").is_err());
        for text in ["", "G", "0", "-1G", "2T", "nanG"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn folds_are_two_at_least() {
        assert_eq!(folds("2"), Ok(2));
        for text in ["0", "1", "2.5", ""] {
            assert!(folds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn number_in_its_range_is_read() {
        assert_eq!(at_least_zero("1e-3"), Ok(1e-3));
        assert_eq!(share("0.25"), Ok(0.25));
        assert_eq!(count("7"), Ok(7));
        assert_eq!(count_or_zero("0"), Ok(0));
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(bytes("2k"), Ok(2048.0));
        assert_eq!(bytes("0.5G"), Ok(f64::from(1 << 29)));
        assert_eq!(bytes("3M"), Ok(f64::from(3 << 20)));
        assert_eq!(bytes("100"), Ok(100.0));
    }
}
