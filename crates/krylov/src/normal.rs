use linalg_core::{LinearOperator, Real, SymmetricOperator, axpy, scale};

/// `scale A'A + shift I` of an operator `A`, by two products. That of
/// [`Adjoint`](linalg_core::Adjoint) is `scale A A' + shift I`.
pub struct NormalOperator<'a, T> {
    inner: &'a dyn LinearOperator<T>,
    scale: T,
    shift: T,
}

impl<'a, T: Real> NormalOperator<'a, T> {
    /// Wraps `A`.
    pub fn new(inner: &'a dyn LinearOperator<T>, scale: T, shift: T) -> Self {
        Self {
            inner,
            scale,
            shift,
        }
    }

    /// Changes the shift.
    pub fn set_shift(&mut self, shift: T) {
        self.shift = shift;
    }
}

impl<T: Real> SymmetricOperator for NormalOperator<'_, T> {
    type Scalar = T;

    fn dim(&self) -> usize {
        self.inner.cols()
    }

    fn multiply_scratch_len(&self) -> usize {
        self.inner.rows() + self.inner.scratch_len()
    }

    fn multiply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        let (image, rest) = scratch.split_at_mut(self.inner.rows());
        self.inner.apply(x, image, rest);
        self.inner.apply_adjoint(image, y, rest);
        scale(self.scale, y);
        axpy(self.shift, x, y);
    }

    fn multiply_block_scratch_len(&self, k: usize) -> usize {
        k * self.inner.rows() + self.inner.block_scratch_len(k)
    }

    fn multiply_block(&self, k: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
        let (images, rest) = scratch.split_at_mut(k * self.inner.rows());
        self.inner.apply_block(k, x, images, rest);
        self.inner.apply_adjoint_block(k, images, y, rest);
        scale(self.scale, y);
        axpy(self.shift, x, y);
    }
}
