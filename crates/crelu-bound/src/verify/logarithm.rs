//! `ln x` bounded by nothing but sums, products and quotients, whose roundings IEEE 754 states: the
//! errors of a library's logarithm are not stated.

use core::f64::consts::{LN_2, SQRT_2};

use super::directed::{add_up, div_down, div_up, exponent, mul_down, mul_up, power_of_two};

/// Terms of `atanh z / z = 1 + z^2/3 + z^4/5 + ..`: at most 0.0295 to the power of their number is
/// left out, below a rounding.
const TERMS: i32 = 12;

/// A number that `ln x` is not above, for `x` above 0 and at most 1; within some ten roundings of it.
pub(super) fn ln_up(x: f64) -> f64 {
    // subnormal numbers: exactly brought to the normal range
    let (x, moved) = if x < f64::MIN_POSITIVE {
        (x * power_of_two(64), 64)
    } else {
        (x, 0)
    };
    let mut k = exponent(x);
    // without overflow for the smallest numbers: 2^-k may be none
    let mut m = x * power_of_two(-(k / 2)) * power_of_two(-(k - k / 2));
    if m > SQRT_2 {
        m *= 0.5;
        k += 1;
    }
    // x = m 2^k with m within a root of 2 of 1: ln m = 2 atanh z, z = (m - 1) / (m + 1)
    let apart = (m - 1.0).abs(); // exact
    let part = if apart == 0.0 {
        0.0
    } else if m > 1.0 {
        twice_atanh_up(div_up(apart, (m + 1.0).next_down()))
    } else {
        -twice_atanh_down(div_down(apart, (m + 1.0).next_up()))
    };
    let k = k - moved;
    match k {
        0 => part,
        // the nearest number to ln 2 is off by half a rounding
        k => add_up(-mul_down(f64::from(-k), LN_2.next_down()), part),
    }
}

/// For `0 < z < 0.18`.
fn twice_atanh_down(z: f64) -> f64 {
    let square = mul_down(z, z).max(0.0);
    let sum = (0..TERMS).rev().fold(0.0, |sum: f64, k| {
        (mul_down(sum, square).max(0.0) + div_down(1.0, f64::from(2 * k + 1))).next_down()
    });
    2.0 * mul_down(z, sum).max(0.0)
}

/// For `0 < z < 0.18`.
fn twice_atanh_up(z: f64) -> f64 {
    let square = mul_up(z, z);
    // the first term that is left out, over 1 - z^2 > 1/2
    let left = 2.0 / f64::from(2 * TERMS + 1);
    let sum = (0..TERMS).rev().fold(left.next_up(), |sum, k| {
        add_up(mul_up(sum, square), div_up(1.0, f64::from(2 * k + 1)))
    });
    2.0 * mul_up(z, sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The library's logarithm is within a few roundings, and so is this one.
    const CLOSE: f64 = 32.0 * f64::EPSILON;

    #[test]
    fn logarithm_is_above_and_near_the_librarys() {
        let near_one = (1..2000).map(|k| 1.0 - f64::from(k) * 1e-4 / 7.0);
        let small = (0..1070).map(|k| 0.7_f64.powi(2 * k));
        let last = (1..53).map(|k| 1.0 - power_of_two(-k));
        for x in near_one
            .chain(small)
            .chain(last)
            .chain([1.0, 0.5, f64::MIN_POSITIVE, 5e-324])
        {
            if x == 0.0 {
                continue;
            }
            let (bound, about) = (ln_up(x), x.ln());
            assert!(
                bound >= about * (1.0 + 4.0 * f64::EPSILON),
                "{x}: {bound} below {about}"
            );
            assert!(
                bound - about <= CLOSE * about.abs(),
                "{x}: {bound} far from {about}"
            );
        }
    }

    #[test]
    fn logarithm_of_numbers_known_to_many_digits_is_bounded() {
        // ln(3/4), ln(1/4), ln(0.1 as a double) to twenty digits, as the doubles below them
        for (x, ln) in [
            (
                0.25,
                f64::from_bits((-1.386_294_361_119_890_6_f64).to_bits() + 1),
            ),
            (
                0.75,
                f64::from_bits((-0.287_682_072_451_780_9_f64).to_bits() + 1),
            ),
            (
                0.1,
                f64::from_bits((-2.302_585_092_994_045_6_f64).to_bits() + 1),
            ),
        ] {
            assert!(ln_up(x) >= ln && ln_up(x) <= ln * (1.0 - CLOSE), "{x}");
        }
    }
}
