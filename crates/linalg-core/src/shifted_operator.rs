use crate::operator::LinearOperator;
use crate::real::Real;
use crate::vector::axpy;

/// `A + shift I` of a square operator `A`.
///
/// **Cost** a product with `A` and `2 n` flops a column.
#[derive(Clone, Copy)]
pub struct ShiftedOperator<'a, T> {
    inner: &'a dyn LinearOperator<T>,
    shift: T,
}

impl<'a, T: Real> ShiftedOperator<'a, T> {
    /// Wraps `A`.
    ///
    /// # Panics
    /// If `A` is not square.
    #[must_use]
    pub fn new(inner: &'a dyn LinearOperator<T>, shift: T) -> Self {
        assert_eq!(inner.rows(), inner.cols(), "a shift: of a square operator");
        Self { inner, shift }
    }

    /// Changes the shift.
    pub fn set_shift(&mut self, shift: T) {
        self.shift = shift;
    }
}

impl<T: Real> LinearOperator<T> for ShiftedOperator<'_, T> {
    fn rows(&self) -> usize {
        self.inner.rows()
    }

    fn cols(&self) -> usize {
        self.inner.cols()
    }

    fn scratch_len(&self) -> usize {
        self.inner.scratch_len()
    }

    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.inner.apply(x, y, scratch);
        axpy(self.shift, x, y);
    }

    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.inner.apply_adjoint(y, x, scratch);
        axpy(self.shift, y, x);
    }

    fn block_scratch_len(&self, k: usize) -> usize {
        self.inner.block_scratch_len(k)
    }

    fn apply_block(&self, k: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.inner.apply_block(k, x, y, scratch);
        axpy(self.shift, x, y);
    }

    fn apply_adjoint_block(&self, k: usize, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.inner.apply_adjoint_block(k, y, x, scratch);
        axpy(self.shift, y, x);
    }
}
