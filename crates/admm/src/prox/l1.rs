use linalg_core::Real;
use num_traits::Float;

use super::Proximal;

/// `weight * sum_j |v_j|`: soft thresholding.
#[derive(Debug, Clone)]
pub struct L1Norm<T> {
    dim: usize,
    weight: T,
    rho: T,
}

impl<T: Real> L1Norm<T> {
    /// A penalty on `dim` numbers.
    #[must_use]
    pub fn new(dim: usize, weight: T) -> Self {
        Self {
            dim,
            weight,
            rho: T::of(1.0),
        }
    }
}

impl<T: Real> Proximal<T> for L1Norm<T> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn set_penalty(&mut self, rho: T) {
        self.rho = rho;
    }

    fn apply(&mut self, z: &[T], v: &mut [T]) {
        assert_eq!(
            (z.len(), v.len()),
            (self.dim, self.dim),
            "z, v: the penalty's dimension"
        );
        let threshold = self.weight / self.rho;
        for (out, x) in v.iter_mut().zip(z) {
            let size = Float::max(Float::abs(*x) - threshold, T::of(0.0));
            *out = if size > T::of(0.0) {
                size * Float::signum(*x)
            } else {
                T::of(0.0)
            };
        }
    }

    fn value(&self, v: &[T]) -> f64 {
        self.weight.wide() * v.iter().map(|x| x.wide().abs()).sum::<f64>()
    }

    fn shrinkage(&self, v: &[T]) -> Option<f64> {
        super::mean_size(v.iter().map(|x| x.wide().abs()))
            .map(|mean| 2.0 * (self.weight / self.rho).wide() / mean)
    }
}
