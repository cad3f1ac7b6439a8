use admm::{Curvature, Loss};
use linalg_core::Real;

/// `(f - y)^2 / 2`, summed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SquaredLoss;

impl<T: Real> Loss<T> for SquaredLoss {
    fn value(&self, pred: &[T], target: &[T]) -> T {
        assert_eq!(pred.len(), target.len(), "pred, target: one value a sample");
        let gap = linalg_core::distance(pred, target);
        T::of(0.5) * gap * gap
    }

    fn gradient_into(&self, pred: &[T], target: &[T], out: &mut [T]) {
        linalg_core::sub_into(pred, target, out);
    }

    fn curvature(&self) -> Curvature<T> {
        Curvature::Constant(T::of(1.0))
    }

    fn curvature_into(&self, pred: &[T], target: &[T], out: &mut [T]) {
        assert_eq!(pred.len(), target.len(), "pred, target: one value a sample");
        out.fill(T::of(1.0));
    }
}
