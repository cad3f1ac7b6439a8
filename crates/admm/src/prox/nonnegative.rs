use linalg_core::Real;
use num_traits::Float;

use super::Proximal;

/// The constraint `v >= 0`: projection.
#[derive(Debug, Clone)]
pub struct NonNegative {
    dim: usize,
}

impl NonNegative {
    /// A constraint on `dim` numbers.
    #[must_use]
    pub fn new(dim: usize) -> Self {
        Self { dim }
    }
}

impl<T: Real> Proximal<T> for NonNegative {
    fn dim(&self) -> usize {
        self.dim
    }

    fn set_penalty(&mut self, _rho: T) {}

    fn apply(&mut self, z: &[T], v: &mut [T]) {
        assert_eq!(
            (z.len(), v.len()),
            (self.dim, self.dim),
            "z, v: the constraint's dimension"
        );
        for (out, x) in v.iter_mut().zip(z) {
            *out = Float::max(*x, T::of(0.0));
        }
    }

    fn value(&self, _v: &[T]) -> f64 {
        0.0
    }

    fn shrinkage(&self, _v: &[T]) -> Option<f64> {
        None
    }
}
