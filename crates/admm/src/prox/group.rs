use linalg_core::{Real, SettingsError, norm};

use super::Proximal;
use super::weights::Weights;
use crate::error::AdmmError;

/// `sum_b weight_b |v_b|_2` over groups that lie one after the other: block soft thresholding.
#[derive(Debug, Clone)]
pub struct GroupNorm<T> {
    groups: Groups,
    weights: Weights<T>,
    rho: T,
}

#[derive(Debug, Clone)]
enum Groups {
    Equal { length: usize, count: usize },
    Unequal(Vec<usize>),
}

impl Groups {
    fn count(&self) -> usize {
        match self {
            Self::Equal { count, .. } => *count,
            Self::Unequal(lengths) => lengths.len(),
        }
    }

    fn length(&self, group: usize) -> usize {
        match self {
            Self::Equal { length, .. } => *length,
            Self::Unequal(lengths) => lengths[group],
        }
    }

    fn dim(&self) -> usize {
        match self {
            Self::Equal { length, count } => length * count,
            Self::Unequal(lengths) => lengths.iter().sum(),
        }
    }

    /// Every group's part of `v`.
    fn split<'v, T>(&'v self, v: &'v [T]) -> impl Iterator<Item = &'v [T]> {
        let mut rest = v;
        (0..self.count()).map(move |group| {
            let (part, others) = rest.split_at(self.length(group));
            rest = others;
            part
        })
    }
}

impl<T: Real> GroupNorm<T> {
    /// A penalty on `groups` groups of `length` numbers each, with one weight.
    ///
    /// # Errors
    /// [`SettingsError`] for a weight that is negative or not finite.
    pub fn new(length: usize, groups: usize, weight: T) -> Result<Self, SettingsError> {
        Ok(Self {
            groups: Groups::Equal {
                length,
                count: groups,
            },
            weights: Weights::same(weight)?,
            rho: T::of(1.0),
        })
    }

    /// A penalty on groups of these lengths, with a weight each; 0 leaves a group free. The
    /// square root of its length is the usual weight of a group.
    ///
    /// # Errors
    /// [`AdmmError::Shape`] for another number of weights than of lengths; as [`new`](Self::new).
    pub fn weighted(lengths: Vec<usize>, weights: Vec<T>) -> Result<Self, AdmmError> {
        let (what, want, got) = ("weights of the groups", lengths.len(), weights.len());
        if want != got {
            return Err(AdmmError::Shape { what, want, got });
        }
        Ok(Self {
            groups: Groups::Unequal(lengths),
            weights: Weights::each(weights)?,
            rho: T::of(1.0),
        })
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
        self.groups.dim()
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
        let mut rest = v;
        for (group, z) in self.groups.split(z).enumerate() {
            let (part, others) = rest.split_at_mut(z.len());
            Self::shrink(self.weights.of(group) / self.rho, z, part);
            rest = others;
        }
    }

    fn value(&self, v: &[T]) -> f64 {
        let terms = self.groups.split(v).enumerate();
        terms
            .map(|(group, part)| self.weights.of(group).wide() * norm(part).wide())
            .sum()
    }

    fn shrinkage(&self, v: &[T]) -> Option<f64> {
        let sizes = self.groups.split(v).map(|part| norm(part).wide());
        self.weights.shrinkage(self.rho, sizes)
    }
}
