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

    fn block_scratch_len(&self, k: usize) -> usize {
        self.inner.block_scratch_len(k) + k * self.inner.cols()
    }

    fn apply_block(&self, k: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
        let cols = self.inner.cols();
        assert_eq!(x.len(), 2 * k * cols, "x: {k} pairs of the inner width");
        let (gaps, rest) = scratch.split_at_mut(k * cols);
        if cols > 0 {
            for (pair, gap) in x.chunks(2 * cols).zip(gaps.chunks_mut(cols)) {
                crate::vector::sub_into(&pair[..cols], &pair[cols..], gap);
            }
        }
        self.inner.apply_block(k, gaps, y, rest);
    }

    fn apply_adjoint_block(&self, k: usize, y: &[T], x: &mut [T], scratch: &mut [T]) {
        let cols = self.inner.cols();
        assert_eq!(x.len(), 2 * k * cols, "x: {k} pairs of the inner width");
        let (images, rest) = scratch.split_at_mut(k * cols);
        self.inner.apply_adjoint_block(k, y, images, rest);
        if cols > 0 {
            for (pair, image) in x.chunks_mut(2 * cols).zip(images.chunks(cols)) {
                let (v, w) = pair.split_at_mut(cols);
                v.copy_from_slice(image);
                for (a, b) in w.iter_mut().zip(image) {
                    *a = -*b;
                }
            }
        }
    }
}
