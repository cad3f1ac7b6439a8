use linalg_core::{Real, norm};
use num_traits::Float;

use super::Proximal;

/// `weight * sum_b |v_b|_2` over groups of equal length: block soft thresholding.
#[derive(Debug, Clone)]
pub struct GroupNorm<T> {
    length: usize,
    groups: usize,
    weight: T,
    rho: T,
}

impl<T: Real> GroupNorm<T> {
    /// A penalty on `groups` groups of `length` numbers each, one after the other.
    #[must_use]
    pub fn new(length: usize, groups: usize, weight: T) -> Self {
        Self {
            length,
            groups,
            weight,
            rho: T::of(1.0),
        }
    }

    /// `v = max(0, 1 - threshold / |z|) z` for one group; whether it is active.
    pub fn shrink(threshold: T, z: &[T], v: &mut [T]) -> bool {
        let size = norm(z);
        if size > threshold {
            let factor = T::of(1.0) - threshold / size;
            for (out, x) in v.iter_mut().zip(z) {
                *out = factor * *x;
            }
            true
        } else {
            v.fill(T::of(0.0));
            false
        }
    }
}

impl<T: Real> Proximal<T> for GroupNorm<T> {
    fn dim(&self) -> usize {
        self.length * self.groups
    }

    fn set_penalty(&mut self, rho: T) {
        self.rho = rho;
    }

    fn apply(&mut self, z: &[T], v: &mut [T]) {
        assert_eq!(
            (z.len(), v.len()),
            (self.dim(), self.dim()),
            "z, v: the penalty's dimension"
        );
        let threshold = self.weight / self.rho;
        let length = self.length.max(1);
        for (z, v) in z.chunks_exact(length).zip(v.chunks_exact_mut(length)) {
            Self::shrink(threshold, z, v);
        }
    }

    fn value(&self, v: &[T]) -> f64 {
        let sizes = v.chunks_exact(self.length.max(1)).map(|b| norm(b).wide());
        self.weight.wide() * sizes.sum::<f64>()
    }

    fn shrinkage(&self, v: &[T]) -> Option<f64> {
        super::mean_size(v.chunks_exact(self.length.max(1)).map(|b| norm(b).wide()))
            .map(|mean| 2.0 * Float::max(self.weight / self.rho, T::of(0.0)).wide() / mean)
    }
}
