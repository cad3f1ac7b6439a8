//! What the matrix library asks of a scalar: nothing where the library is switched off.

/// The part of [`Real`](crate::Real) that comes with the feature `dense`.
#[cfg(feature = "dense")]
pub trait Element: faer::traits::RealField {
    /// One matrix in this precision, of two: no copy is made here.
    fn either<'a>(
        wide: faer::MatRef<'a, f64>,
        narrow: impl FnOnce() -> faer::MatRef<'a, f32>,
    ) -> faer::MatRef<'a, Self>;
}

#[cfg(feature = "dense")]
impl Element for f32 {
    fn either<'a>(
        _wide: faer::MatRef<'a, f64>,
        narrow: impl FnOnce() -> faer::MatRef<'a, f32>,
    ) -> faer::MatRef<'a, Self> {
        narrow()
    }
}

#[cfg(feature = "dense")]
impl Element for f64 {
    fn either<'a>(
        wide: faer::MatRef<'a, f64>,
        _narrow: impl FnOnce() -> faer::MatRef<'a, f32>,
    ) -> faer::MatRef<'a, Self> {
        wide
    }
}

/// The part of [`Real`](crate::Real) that comes with the feature `dense`, which is off.
#[cfg(not(feature = "dense"))]
pub trait Element {}

#[cfg(not(feature = "dense"))]
impl Element for f32 {}

#[cfg(not(feature = "dense"))]
impl Element for f64 {}
