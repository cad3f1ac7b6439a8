use linalg_core::{Real, SettingsError};
use num_traits::Float;

use super::Proximal;
use super::weights::Weights;

/// `sum_j weight_j |v_j|`: soft thresholding.
#[derive(Debug, Clone)]
pub struct L1Norm<T> {
    dim: usize,
    weights: Weights<T>,
    rho: T,
}

impl<T: Real> L1Norm<T> {
    /// A penalty on `dim` numbers with one weight.
    ///
    /// # Errors
    /// [`SettingsError`] for a weight that is negative or not finite.
    pub fn new(dim: usize, weight: T) -> Result<Self, SettingsError> {
        Ok(Self {
            dim,
            weights: Weights::same(weight)?,
            rho: T::of(1.0),
        })
    }

    /// A penalty with a weight for every number; 0 leaves it free, as an intercept is.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn weighted(weights: Vec<T>) -> Result<Self, SettingsError> {
        Ok(Self {
            dim: weights.len(),
            weights: Weights::each(weights)?,
            rho: T::of(1.0),
        })
    }
}

/// `sign(x) max(0, |x| - threshold)`.
fn shrink<T: Real>(threshold: T, x: T) -> T {
    let size = Float::abs(x) - threshold;
    if size > T::of(0.0) {
        size * Float::signum(x)
    } else {
        T::of(0.0)
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
        let pairs = v.iter_mut().zip(z);
        match &self.weights {
            Weights::Same(weight) => {
                let threshold = *weight / self.rho;
                pairs.for_each(|(out, x)| *out = shrink(threshold, *x));
            }
            Weights::Each(weights) => {
                for ((out, x), weight) in pairs.zip(weights) {
                    *out = shrink(*weight / self.rho, *x);
                }
            }
        }
    }

    fn value(&self, v: &[T]) -> f64 {
        let terms = v.iter().enumerate();
        terms
            .map(|(j, x)| self.weights.of(j).wide() * x.wide().abs())
            .sum()
    }

    fn shrinkage(&self, v: &[T]) -> Option<f64> {
        self.weights
            .shrinkage(self.rho, v.iter().map(|x| x.wide().abs()))
    }
}
