//! Sums whose error is known.

/// A sum by Neumaier's rule and the sum of the sizes: its error is at most about one rounding of it,
/// plus the roundings of the terms.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    total: f64,
    rest: f64,
    size: f64,
}

/// Roundings of a term, about: a logarithm and a few products.
const TERM: f64 = 16.0 * f64::EPSILON;

impl Sum {
    /// Adds a term that came from numbers of size up to `size`.
    pub(super) fn add(&mut self, term: f64, size: f64) {
        let sum = self.total + term;
        self.rest += if self.total.abs() >= term.abs() {
            (self.total - sum) + term
        } else {
            (term - sum) + self.total
        };
        self.total = sum;
        self.size += size;
    }

    pub(super) fn value(&self) -> f64 {
        self.total + self.rest
    }

    /// A number that the exact sum is not below.
    pub(super) fn down(&self) -> f64 {
        self.value() - TERM * self.size
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
