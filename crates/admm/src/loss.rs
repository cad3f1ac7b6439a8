use linalg_core::Real;

/// How the second derivative of a loss behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Curvature<T> {
    /// The same everywhere: one factorisation or sketch serves the whole run.
    Constant(T),
    /// It depends on the prediction.
    Varying,
}

/// A separable convex loss, summed over samples.
pub trait Loss<T: Real>: Sync {
    /// `sum_j loss(pred_j, target_j)`.
    ///
    /// # Panics
    /// If the lengths differ.
    fn value(&self, pred: &[T], target: &[T]) -> T;
    /// The derivative by every prediction.
    ///
    /// # Panics
    /// If the lengths differ.
    fn gradient_into(&self, pred: &[T], target: &[T], out: &mut [T]);
    /// Whether the second derivative is constant.
    fn curvature(&self) -> Curvature<T>;
    /// The second derivative by every prediction.
    ///
    /// # Panics
    /// If the lengths differ.
    fn curvature_into(&self, pred: &[T], target: &[T], out: &mut [T]);
}
