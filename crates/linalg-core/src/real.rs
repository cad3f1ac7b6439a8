use core::fmt::{Debug, Display};
use core::iter::Sum;

use num_traits::{Float, NumAssign};

use crate::element::Element;

/// The scalar of every numerical routine: `f32` or `f64`.
pub trait Real:
    Element + Float + NumAssign + Default + Debug + Display + Send + Sync + Sum + Copy + 'static
{
    /// `"f32"` or `"f64"`.
    const NAME: &'static str;
    /// Unit roundoff times two (the distance from 1 to the next number), as `f64`.
    const EPS: f64;

    /// Rounds an `f64` to this scalar.
    fn of(value: f64) -> Self;
    /// Widens to `f64` (exact).
    fn wide(self) -> f64;
}

impl Real for f32 {
    const NAME: &'static str = "f32";
    const EPS: f64 = f32::EPSILON as f64;

    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding to f32 is what the call asks for"
    )]
    fn of(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    const NAME: &'static str = "f64";
    const EPS: f64 = f64::EPSILON;

    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }
}
