//! Sums and products rounded to one side: the neighbour of the rounded result.
//!
//! The exact result lies within half a unit in the last place of the rounded one, below the
//! normal range too, so the next number up or down bounds it. Overflow bounds itself: infinity
//! above, the largest number below.

pub(super) fn add_up(a: f64, b: f64) -> f64 {
    (a + b).next_up()
}

pub(super) fn sub_down(a: f64, b: f64) -> f64 {
    (a - b).next_down()
}

pub(super) fn mul_up(a: f64, b: f64) -> f64 {
    (a * b).next_up()
}

pub(super) fn mul_down(a: f64, b: f64) -> f64 {
    (a * b).next_down()
}

pub(super) fn div_up(a: f64, b: f64) -> f64 {
    (a / b).next_up()
}

pub(super) fn div_down(a: f64, b: f64) -> f64 {
    (a / b).next_down()
}

/// An upper bound of the Euclidean norm of a vector known up to `|v_k - mid_k| <= rad_k`.
pub(super) fn norm_up(entries: impl Iterator<Item = (f64, f64)>) -> f64 {
    let sum = entries.fold(0.0, |sum, (mid, rad)| {
        let size = if rad == 0.0 {
            mid.abs()
        } else {
            add_up(mid.abs(), rad)
        };
        match size == 0.0 {
            true => sum,
            false => add_up(sum, mul_up(size, size)),
        }
    });
    match sum == 0.0 {
        true => 0.0,
        false => sum.sqrt().next_up(),
    }
}

/// `2^exponent`, for exponents of normal numbers.
pub(super) fn power_of_two(exponent: i32) -> f64 {
    let biased = u64::try_from(exponent.clamp(-1022, 1023) + 1023).unwrap_or(0);
    f64::from_bits(biased << 52)
}

/// The exponent of a number: `1 <= |v| / 2^e < 2`; that of the smallest normal number below it.
pub(super) fn exponent(v: f64) -> i32 {
    let biased = (v.to_bits() >> 52) & 0x7ff;
    i32::try_from(biased).unwrap_or(0).max(1) - 1023
}
