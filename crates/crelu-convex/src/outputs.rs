use linalg_core::{LinearOperator, Real};

/// `F` of every output, side by side: `K` columns through one operator. What stands behind them in the
/// variable is not read.
#[derive(Clone, Copy)]
pub(crate) struct Outputs<'a, T> {
    inner: &'a dyn LinearOperator<T>,
    count: usize,
    rest: usize,
}

impl<'a, T: Real> Outputs<'a, T> {
    /// `count` outputs, and `rest` numbers behind them.
    pub(crate) fn new(inner: &'a dyn LinearOperator<T>, count: usize, rest: usize) -> Self {
        Self { inner, count, rest }
    }
}

impl<T: Real> LinearOperator<T> for Outputs<'_, T> {
    fn rows(&self) -> usize {
        self.count * self.inner.rows()
    }

    fn cols(&self) -> usize {
        self.count * self.inner.cols() + self.rest
    }

    fn scratch_len(&self) -> usize {
        self.inner.block_scratch_len(self.count)
    }

    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        assert_eq!(x.len(), self.cols(), "x: the operator's width");
        let front = &x[..x.len() - self.rest];
        self.inner.apply_block(self.count, front, y, scratch);
    }

    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        assert_eq!(x.len(), self.cols(), "x: the operator's width");
        let (front, rest) = x.split_at_mut(x.len() - self.rest);
        self.inner
            .apply_adjoint_block(self.count, y, front, scratch);
        rest.fill(T::of(0.0));
    }
}
