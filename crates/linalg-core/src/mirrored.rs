use crate::operator::LinearOperator;
use crate::real::Real;

/// `[A, -A]`: the operator of pairs `(v, w)` that act through their difference `v - w`.
///
/// **Cost** one product with `A` on the difference; the adjoint copies its negative.
#[derive(Debug, Clone, Copy)]
pub struct Mirrored<O> {
    inner: O,
}

impl<O> Mirrored<O> {
    /// Wraps `A`.
    pub fn new(inner: O) -> Self {
        Self { inner }
    }

    /// `A`.
    pub fn inner(&self) -> &O {
        &self.inner
    }
}

impl<T: Real, O: LinearOperator<T>> LinearOperator<T> for Mirrored<O> {
    fn rows(&self) -> usize {
        self.inner.rows()
    }

    fn cols(&self) -> usize {
        2 * self.inner.cols()
    }

    fn scratch_len(&self) -> usize {
        self.inner.scratch_len() + self.inner.cols()
    }

    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        assert_eq!(
            x.len(),
            2 * self.inner.cols(),
            "x: a pair of the inner width"
        );
        let (v, w) = x.split_at(self.inner.cols());
        let (gap, rest) = scratch.split_at_mut(self.inner.cols());
        crate::vector::sub_into(v, w, gap);
        self.inner.apply(gap, y, rest);
    }

    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        assert_eq!(
            x.len(),
            2 * self.inner.cols(),
            "x: a pair of the inner width"
        );
        let (v, w) = x.split_at_mut(self.inner.cols());
        self.inner.apply_adjoint(y, v, scratch);
        for (a, b) in w.iter_mut().zip(v) {
            *a = -*b;
        }
    }
}
