//! Scaling by powers of two: it rounds nothing, so a system may be solved in the units in which
//! its squares neither overflow nor vanish.

use linalg_core::Real;
use num_traits::Float;

/// The size of a vector's largest entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Size {
    Zero,
    /// `2^e <= max |x_i| < 2^(e + 1)`
    Exponent(i32),
    /// It holds NaN or an infinity.
    NotFinite,
}

/// The size of the largest entry.
pub(crate) fn size<T: Real>(x: &[T]) -> Size {
    let mut largest = T::of(0.0);
    for value in x.iter().map(|v| Float::abs(*v)) {
        // a NaN fails the comparison and stays
        let is_below = value <= largest;
        if !is_below && !Float::is_nan(largest) {
            largest = value;
        }
    }
    let largest = largest.wide();
    if !largest.is_finite() {
        Size::NotFinite
    } else if largest == 0.0 {
        Size::Zero
    } else {
        Size::Exponent(exponent(largest))
    }
}

/// `e` of `2^e <= value < 2^(e + 1)`, for a finite value above 0.
fn exponent(value: f64) -> i32 {
    /// Bits of the fraction.
    const FRACTION: u32 = f64::MANTISSA_DIGITS - 1;
    let field = |value: f64| {
        let bits = (value.to_bits() >> FRACTION) & 0x7ff;
        i32::try_from(bits).expect("eleven bits") - 1023
    };
    match value.is_normal() {
        true => field(value),
        false => field(value * power(64)) - 64,
    }
}

/// `2^e` for `-1022 <= e <= 1023`, and the nearer end beyond.
fn power(e: i32) -> f64 {
    2.0_f64.powi(e.clamp(-1022, 1023))
}

/// `2^e` as a product of two factors that the precision holds, for `e` up to twice its range.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Power<T>(T, T);

impl<T: Real> Power<T> {
    pub(crate) fn of(e: i32) -> Self {
        Self(T::of(power(e / 2)), T::of(power(e - e / 2)))
    }

    /// `2^e x`.
    pub(crate) fn times(self, x: T) -> T {
        x * self.0 * self.1
    }
}
