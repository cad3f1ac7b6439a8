use admm::{GroupNorm, Proximal, WithLoss};
use linalg_core::Real;

use crate::certificate::Multipliers;
use crate::cone::ConeGroup;

/// The proximal operators of a programme, as a certificate needs them.
pub(crate) trait CertifiedProx<T: Real>: Proximal<T> {
    fn multipliers(&self) -> Multipliers;
    fn start(&mut self, multipliers: &Multipliers);
    fn complete(&mut self, z: &[T], v: &mut [T]);
    /// Rows held by each block whose `v` is not zero.
    fn held(&self, v: &[T]) -> Vec<usize>;
}

impl<T: Real> CertifiedProx<T> for GroupNorm<T> {
    fn multipliers(&self) -> Multipliers {
        Multipliers::default()
    }
    fn start(&mut self, _multipliers: &Multipliers) {}
    fn complete(&mut self, z: &[T], v: &mut [T]) {
        self.apply(z, v);
    }
    fn held(&self, _v: &[T]) -> Vec<usize> {
        Vec::new()
    }
}

impl<T: Real> CertifiedProx<T> for ConeGroup<'_, T> {
    fn multipliers(&self) -> Multipliers {
        let blocks =
            (0..self.n_blocks()).map(|b| self.multipliers(b).filter(|&(_, a)| a > 0.0).collect());
        Multipliers {
            blocks: blocks.collect(),
        }
    }
    fn start(&mut self, multipliers: &Multipliers) {
        self.warm_start(&multipliers.blocks);
    }
    fn complete(&mut self, z: &[T], v: &mut [T]) {
        self.apply_fully(z, v);
    }
    fn held(&self, v: &[T]) -> Vec<usize> {
        let rank = v.len() / self.n_blocks().max(1);
        (0..self.n_blocks())
            .filter(|b| v[b * rank..(b + 1) * rank].iter().any(|x| *x != T::of(0.0)))
            .map(|b| self.multipliers(b).count())
            .collect()
    }
}

impl<T: Real, X: CertifiedProx<T>> CertifiedProx<T> for WithLoss<'_, T, X> {
    fn multipliers(&self) -> Multipliers {
        self.inner().multipliers()
    }
    fn start(&mut self, multipliers: &Multipliers) {
        self.inner_mut().start(multipliers);
    }
    fn complete(&mut self, z: &[T], v: &mut [T]) {
        self.inner_mut().complete(z, v);
    }
    fn held(&self, v: &[T]) -> Vec<usize> {
        self.inner().held(v)
    }
}
