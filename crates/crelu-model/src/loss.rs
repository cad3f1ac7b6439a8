use linalg_core::Real;

/// `(f - y)^2 / 2`, summed over samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SquaredLoss;

impl SquaredLoss {
    /// Its value.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn value<T: Real>(self, pred: &[T], target: &[T]) -> T {
        assert_eq!(pred.len(), target.len(), "pred, target: one value a sample");
        let gap = linalg_core::distance(pred, target);
        T::of(0.5) * gap * gap
    }

    /// The derivative by every prediction.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn gradient_into<T: Real>(self, pred: &[T], target: &[T], out: &mut [T]) {
        linalg_core::sub_into(pred, target, out);
    }
}
