use linalg_core::{Real, axpy};

/// How `u` is made of copies of the operator's variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lift {
    /// `u = x`, `F = A`.
    Single,
    /// `u = (v, w)`, `F = [A, -A]`: the sum `v + w` does not act, the difference acts twice.
    Mirrored,
}

impl Lift {
    /// `F F' = factor A A'`.
    #[must_use]
    pub fn factor(self) -> f64 {
        match self {
            Self::Single => 1.0,
            Self::Mirrored => 2.0,
        }
    }

    /// Length of `u` for an operator of width `cols`.
    #[must_use]
    pub fn dim(self, cols: usize) -> usize {
        match self {
            Self::Single => cols,
            Self::Mirrored => 2 * cols,
        }
    }

    /// `u = w + alpha (x)` or `w + alpha (x, -x)`, for `count` columns one after the other.
    pub(crate) fn add_block<T: Real>(self, count: usize, alpha: T, x: &[T], w: &[T], u: &mut [T]) {
        let cols = x.len() / count.max(1);
        let dim = self.dim(cols);
        if dim == 0 {
            return;
        }
        let parts = w.chunks_exact(dim).zip(u.chunks_exact_mut(dim));
        for (x, (w, u)) in x.chunks_exact(cols).zip(parts) {
            self.add(alpha, x, w, u);
        }
    }

    /// `u = w + alpha (x)` or `w + alpha (x, -x)`.
    ///
    /// # Panics
    /// If the lengths do not fit.
    pub fn add<T: Real>(self, alpha: T, x: &[T], w: &[T], u: &mut [T]) {
        u.copy_from_slice(w);
        match self {
            Self::Single => axpy(alpha, x, u),
            Self::Mirrored => {
                let (first, second) = u.split_at_mut(x.len());
                axpy(alpha, x, first);
                axpy(-alpha, x, second);
            }
        }
    }
}
