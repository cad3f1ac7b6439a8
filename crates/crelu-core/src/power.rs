//! Powers of two: scaling that is exact.

/// `x 2^k`, exact unless the result leaves the normal range.
#[must_use]
pub fn scaled(x: f64, k: i32) -> f64 {
    let (a, b) = factors(k);
    x * a * b
}

/// Two powers of two whose product is `2^k`; for `k` within 2046 of zero both are normal.
#[must_use]
pub fn factors(k: i32) -> (f64, f64) {
    let half = k / 2;
    (power(half), power(k - half))
}

fn power(k: i32) -> f64 {
    let biased = u64::try_from(k.clamp(-1022, 1023) + 1023).unwrap_or(0);
    f64::from_bits(biased << 52)
}

/// The largest `k` with `2^k <= |x|`, for finite `x` that are not 0; 0 for 0.
#[must_use]
pub fn exponent(x: f64) -> i32 {
    if x == 0.0 {
        return 0;
    }
    let bits = x.abs().to_bits();
    let biased = i32::try_from(bits >> 52).unwrap_or(0);
    if biased > 0 {
        return biased - 1023;
    }
    let zeros = i32::try_from(bits.leading_zeros()).unwrap_or(0);
    63 - zeros - 1074
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponent_brackets_every_size() {
        for k in -1074..=1023 {
            let x = scaled(1.0, k);
            assert!(x > 0.0);
            assert_eq!(exponent(x), k);
            assert_eq!(exponent(-x), k);
            if k > -1073 {
                assert_eq!(exponent(1.5 * x), k);
            }
        }
        assert_eq!(exponent(f64::MAX), 1023);
        assert_eq!(exponent(f64::MIN_POSITIVE - 5e-324), -1023);
        assert_eq!(exponent(0.0), 0);
    }

    #[test]
    fn scaled_there_and_back_is_the_number() {
        for x in [1.0, -0.1, 3e-310, f64::MAX, 5e-324, 0.0] {
            let k = exponent(x);
            let unit = scaled(x, -k);
            assert!(x == 0.0 || (1.0..2.0).contains(&unit.abs()), "{x:e}");
            assert_eq!(scaled(unit, k).to_bits(), x.to_bits());
        }
        assert_eq!(scaled(1.0, 1024), f64::INFINITY);
        assert_eq!(scaled(1.0, -1080), 0.0);
    }
}
