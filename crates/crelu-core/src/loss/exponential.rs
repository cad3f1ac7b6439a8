//! The exponential and the logarithm that losses of classes are made of, without branches or calls, so
//! that loops over them are compiled for the vector units. Sums and products alone, none of them fused:
//! the same bits on every machine.

/// Below it `e^x` is given as 0: it is hardly a normal number.
const LEAST: f64 = -708.0;
/// Adding it rounds to the nearest integer, which is then in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// `ln 2` in two parts: multiples of the first by integers of at most 20 bits are exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// One over the factorials from 13 to 2. With `|r| <= ln 2 / 2` what is left out is below
/// `r^14 / 14! = 4e-18`.
const FACTORIALS: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
];

/// `e^x` for `x <= 0`, to 2 units in the last place; 0 below [`LEAST`], NaN for NaN.
#[inline(always)]
pub(super) fn exp_of_negative(x: f64) -> f64 {
    let is_tiny = x < LEAST;
    let x = if is_tiny { LEAST } else { x };
    let shifted = x * core::f64::consts::LOG2_E + ROUND;
    let power = shifted - ROUND;
    let r = (x - power * LN_2_HIGH) - power * LN_2_LOW;
    let mut sum = FACTORIALS[0];
    for factor in &FACTORIALS[1..] {
        sum = sum * r + factor;
    }
    let value = 1.0 + (r + r * r * sum);
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
    if is_tiny { 0.0 } else { value * scale }
}

/// `2 / (2 j + 1)` for `j` from 11 to 1. With `z <= 0.0295` what is left out is below
/// `2 z^12 / 25 = 4e-20`.
const ODD: [f64; 11] = [
    2.0 / 23.0,
    2.0 / 21.0,
    2.0 / 19.0,
    2.0 / 17.0,
    2.0 / 15.0,
    2.0 / 13.0,
    2.0 / 11.0,
    2.0 / 9.0,
    2.0 / 7.0,
    2.0 / 5.0,
    2.0 / 3.0,
];
/// The bits of the root of a half, the least mantissa of [`ln`], and those of 2^52.
const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
const TWO_52: u64 = 0x4330_0000_0000_0000;
const MANTISSA: u64 = (1 << 52) - 1;

/// `ln x` for `x` from 1, to 2 units in the last place; NaN for NaN.
///
/// With `x = 2^k (1 + f)`, `1 + f` from the root of a half to that of 2, and `s = f / (2 + f)`:
/// `ln (1 + f) = 2 artanh s = f - f^2/2 + s (f^2/2 + R)`, `R = 2 s^2/3 + 2 s^4/5 + ...`
#[inline(always)]
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits().wrapping_add(1.0_f64.to_bits() - ROOT_HALF);
    let power = (f64::from_bits(TWO_52 | (bits >> 52)) - f64::from_bits(TWO_52)) - 1023.0;
    let f = f64::from_bits((bits & MANTISSA).wrapping_add(ROOT_HALF)) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let mut sum = ODD[0];
    for factor in &ODD[1..] {
        sum = sum * z + factor;
    }
    let half = 0.5 * f * f;
    let rest = s * (half + z * sum) + power * LN_2_LOW;
    // the last part is NaN for NaN and infinity, whose bits were taken for a number's
    (power * LN_2_HIGH - ((half - rest) - f)) + 0.0 * x
}

/// `ln (1 + e)` for `e` from 0 to 1, to 3 units in the last place.
#[inline(always)]
pub(super) fn ln_one_plus(e: f64) -> f64 {
    let one = 1.0 + e;
    // what the sum lost, to first order
    ln(one) + (e - (one - 1.0)) / one
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Units in the last place between two numbers.
    fn apart(a: f64, b: f64) -> f64 {
        (a - b).abs() / (f64::EPSILON * b.abs()).max(f64::from_bits(1))
    }

    /// The standard library's functions are within 1 unit; ours round three times more.
    const ULPS: f64 = 3.0;

    proptest! {
        #[test]
        fn the_exponential_is_the_standard_library_s(x in -708.0..0.0_f64, small in -1e-3..0.0_f64) {
            for x in [x, small, x / 708.0, -(small * small)] {
                prop_assert!(apart(exp_of_negative(x), x.exp()) <= ULPS, "{x}");
            }
        }

        #[test]
        fn the_logarithms_are_the_standard_library_s(x in 1.0..4.0_f64, power in 0..300_i32, e in 0.0..1.0_f64) {
            let far = x * 2.0_f64.powi(power);
            prop_assert!(apart(ln(far), far.ln()) <= ULPS, "{far}");
            for e in [e, e * e, e.powi(20), e.powi(200)] {
                prop_assert!(apart(ln_one_plus(e), e.ln_1p()) <= ULPS, "{e}");
            }
        }
    }

    #[test]
    fn ends_and_what_is_no_number() {
        assert_eq!(exp_of_negative(0.0), 1.0);
        assert_eq!(exp_of_negative(-0.0), 1.0);
        assert!(apart(exp_of_negative(LEAST), LEAST.exp()) <= ULPS);
        for x in [LEAST - 1.0, -1e4, f64::NEG_INFINITY] {
            assert_eq!(exp_of_negative(x), 0.0);
        }
        assert!(exp_of_negative(f64::NAN).is_nan());
        assert_eq!(ln(1.0), 0.0);
        assert!(ln(f64::NAN).is_nan());
        assert_eq!(ln_one_plus(0.0), 0.0);
        assert!(apart(ln_one_plus(1.0), core::f64::consts::LN_2) <= ULPS);
        assert!(ln_one_plus(f64::NAN).is_nan());
    }
}
