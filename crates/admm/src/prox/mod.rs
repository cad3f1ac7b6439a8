mod group;
mod l1;
mod nonnegative;
mod weights;
mod with_loss;

pub use group::GroupNorm;
pub use l1::L1Norm;
pub use nonnegative::NonNegative;
pub use with_loss::{SplitLoss, WithLoss};

use linalg_core::Real;

/// The penalty, through its proximal step `v = argmin g(v) + rho/2 |v - z|^2`.
pub trait Proximal<T: Real> {
    /// Length of `v` and `z`.
    fn dim(&self) -> usize;
    /// Takes a new `rho`; multipliers kept for a warm start are rescaled here.
    fn set_penalty(&mut self, rho: T);
    /// The proximal step, from whatever warm start is kept. It may stop short of exactness as
    /// long as its errors vanish when `z` comes to rest.
    ///
    /// # Panics
    /// If a length is not [`dim`](Self::dim).
    fn apply(&mut self, z: &[T], v: &mut [T]);
    /// The finite part of `g(v)`, summed in `f64`.
    fn value(&self, v: &[T]) -> f64;
    /// Twice the threshold of the last step over the mean norm of the active parts of `v`; none
    /// when nothing is active or the penalty has no threshold. The penalty rule reads it.
    fn shrinkage(&self, v: &[T]) -> Option<f64>;
    /// Where a second part of the variable begins that has a penalty parameter of its own; none
    /// without one.
    fn split(&self) -> Option<usize> {
        None
    }
    /// Takes the ratio of the two penalty parameters; [`set_penalty`](Self::set_penalty) follows.
    fn set_ratio(&mut self, _ratio: T) {}
}
