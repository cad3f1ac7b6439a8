use super::unit::Unit;

/// Something to compute on a vector unit, compiled for each.
pub(crate) trait Kernel<T> {
    /// What comes out.
    type Output;
    /// Computes it.
    fn run<U: Unit<T>>(self, unit: U) -> Self::Output;
}
