//! What the matrix library asks of a scalar: nothing where the library is switched off.

/// The part of [`Real`](crate::Real) that comes with the feature `dense`.
#[cfg(feature = "dense")]
pub trait Element: faer::traits::RealField {
    /// The same matrix, without a copy, where this scalar is `f64`.
    fn view(matrix: faer::MatRef<'_, f64>) -> Option<faer::MatRef<'_, Self>>;
}

#[cfg(feature = "dense")]
impl Element for f32 {
    fn view(_matrix: faer::MatRef<'_, f64>) -> Option<faer::MatRef<'_, Self>> {
        None
    }
}

#[cfg(feature = "dense")]
impl Element for f64 {
    fn view(matrix: faer::MatRef<'_, f64>) -> Option<faer::MatRef<'_, Self>> {
        Some(matrix)
    }
}

/// The part of [`Real`](crate::Real) that comes with the feature `dense`, which is off.
#[cfg(not(feature = "dense"))]
pub trait Element {}

#[cfg(not(feature = "dense"))]
impl Element for f32 {}

#[cfg(not(feature = "dense"))]
impl Element for f64 {}
