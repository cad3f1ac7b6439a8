//! Numbers as they are printed.

use std::fmt;

/// A number with the significant digits that the precision asks for.
pub(crate) struct Short(pub(crate) f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(6).max(1);
        let value = self.0;
        let magnitude = value.abs();
        if magnitude == 0.0 {
            return f.write_str("0");
        }
        if !(1e-4..1e9).contains(&magnitude) {
            return write!(f, "{value:.*e}", digits - 1);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "between -4 and 9 by the range above"
        )]
        let before = magnitude.log10().floor() as i32 + 1;
        let after = i32::try_from(digits).map_or(0, |digits| (digits - before).max(0));
        write!(f, "{value:.*}", usize::try_from(after).unwrap_or(0))
    }
}

/// The same, rounded down: what is printed of a proven bound must not exceed it.
pub(crate) struct AtMost(pub(crate) f64);

impl fmt::Display for AtMost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(6).max(1);
        let text = |value: f64| format!("{:.*}", digits, Short(value));
        let near = text(self.0);
        let is_above = near.parse::<f64>().is_ok_and(|printed| printed > self.0);
        if !is_above {
            return f.write_str(&near);
        }
        // one unit of the last digit less rounds to at most the value
        let last = i32::try_from(digits - 1).unwrap_or(i32::MAX);
        let unit = 10.0_f64.powf(self.0.abs().log10().floor()) / 10.0_f64.powi(last);
        f.write_str(&text(self.0 - unit))
    }
}

/// A gap in per cent, rounded up: the true gap is no larger than what is printed of a proven one. What
/// would be zero at this precision is printed as a power of ten.
pub(crate) struct Percent(pub(crate) f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(2);
        let value = 100.0 * self.0;
        let unit = 0.1_f64.powi(i32::try_from(digits).unwrap_or(i32::MAX));
        if value > 0.0 && value < 0.5 * unit {
            let near = format!("{value:.1e}");
            let is_below = near.parse::<f64>().is_ok_and(|printed| printed < value);
            let power = 10.0_f64.powf(value.log10().floor() - 1.0);
            return match is_below {
                true => write!(f, "{:.1e}", value + power),
                false => f.write_str(&near),
            };
        }
        let near = format!("{value:.digits$}");
        let is_below = near.parse::<f64>().is_ok_and(|printed| printed < value);
        match is_below {
            true => write!(f, "{:.digits$}", value + unit),
            false => f.write_str(&near),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_prints_no_less_than_the_gap() {
        for (gap, text) in [
            (0.018_191, "1.820"),
            (0.018_199_9, "1.820"),
            (0.018_2, "1.820"),
            (0.999_999_99, "100.000"),
            (4.2e-6, "4.2e-4"),
            (3.14e-12, "3.2e-10"),
            (9.99e-12, "1.0e-9"),
            (0.0, "0.000"),
        ] {
            let printed = format!("{:.3}", Percent(gap));
            assert_eq!(printed, text);
            assert!(printed.parse::<f64>().expect("a number") >= 100.0 * gap);
        }
    }

    #[test]
    fn at_most_prints_no_more_than_the_value() {
        for (value, text) in [
            (0.128_691_835_47, "0.128691"),
            (0.128_691_135_47, "0.128691"),
            (0.1, "0.100000"),
            (0.099_999_99, "0.0999999"),
            (9.999_999_9, "9.99999"),
            (1.666_666_66e-7, "1.66666e-7"),
            (0.0, "0"),
        ] {
            let printed = format!("{:.6}", AtMost(value));
            assert_eq!(printed, text);
            assert!(printed.parse::<f64>().expect("a number") <= value);
        }
    }

    #[test]
    fn short_number_keeps_significant_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.071_234_567, "0.0712346"),
            (-12.345_678_9, "-12.3457"),
            (1234567.0, "1234567"),
            (1.5e-7, "1.50000e-7"),
            (1e12, "1.00000e12"),
        ] {
            assert_eq!(format!("{:.6}", Short(value)), text);
        }
    }
}
