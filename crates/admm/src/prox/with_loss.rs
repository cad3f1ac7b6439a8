use linalg_core::Real;
use num_traits::Float;

use super::Proximal;

/// A convex loss of `p = F u` that is split off, through its proximal step.
pub trait SplitLoss<T: Real>: Sync {
    /// Length of `p`.
    fn dim(&self) -> usize;
    /// `argmin l(p) + rho/2 |p - at|^2`.
    ///
    /// # Panics
    /// If a length does not fit.
    fn prox_into(&self, at: &[T], rho: T, out: &mut [T]);
    /// `l(p)`.
    ///
    /// # Panics
    /// If the length does not fit.
    fn value(&self, p: &[T]) -> f64;
}

/// A penalty of `v` and a loss of `q`, side by side: what the variable `(v, s q)` of a
/// [`GraphStep`](crate::GraphStep) is penalised by. `s` is such that the penalty parameter of `q` is
/// `rho s^2`.
pub struct WithLoss<'a, T, X> {
    inner: X,
    loss: &'a dyn SplitLoss<T>,
    rho: T,
    ratio: T,
    at: Vec<T>,
}

impl<'a, T: Real, X: Proximal<T>> WithLoss<'a, T, X> {
    /// Joins them.
    #[must_use]
    pub fn new(inner: X, loss: &'a dyn SplitLoss<T>) -> Self {
        Self {
            at: vec![T::of(0.0); loss.dim()],
            inner,
            loss,
            rho: T::of(1.0),
            ratio: T::of(1.0),
        }
    }

    /// The penalty of `v`.
    pub fn inner(&self) -> &X {
        &self.inner
    }

    /// The same, to work with.
    pub fn inner_mut(&mut self) -> &mut X {
        &mut self.inner
    }
}

impl<T: Real, X: Proximal<T>> Proximal<T> for WithLoss<'_, T, X> {
    fn dim(&self) -> usize {
        self.inner.dim() + self.loss.dim()
    }

    fn set_ratio(&mut self, ratio: T) {
        self.ratio = ratio;
    }

    fn set_penalty(&mut self, rho: T) {
        self.rho = rho;
        self.inner.set_penalty(rho);
    }

    fn apply(&mut self, z: &[T], v: &mut [T]) {
        let split = self.inner.dim();
        self.inner.apply(&z[..split], &mut v[..split]);
        let (scale, out) = (Float::sqrt(self.ratio), &mut v[split..]);
        for (at, z) in self.at.iter_mut().zip(&z[split..]) {
            *at = *z / scale;
        }
        self.loss.prox_into(&self.at, self.rho * self.ratio, out);
        linalg_core::scale(scale, out);
    }

    fn value(&self, v: &[T]) -> f64 {
        let (v, q) = v.split_at(self.inner.dim());
        let scale = Float::sqrt(self.ratio);
        let q: Vec<T> = q.iter().map(|q| *q / scale).collect();
        self.inner.value(v) + self.loss.value(&q)
    }

    fn shrinkage(&self, v: &[T]) -> Option<f64> {
        self.inner.shrinkage(&v[..self.inner.dim()])
    }

    fn split(&self) -> Option<usize> {
        Some(self.inner.dim())
    }
}
