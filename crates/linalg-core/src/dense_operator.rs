use faer::{Accum, MatMut, MatRef};

use crate::operator::LinearOperator;
use crate::product::product;
use crate::real::Real;

/// The operator of a dense matrix.
#[derive(Debug, Clone, Copy)]
pub struct DenseOperator<'a, T> {
    matrix: MatRef<'a, T>,
}

impl<'a, T: Real> DenseOperator<'a, T> {
    /// Wraps a matrix of any layout, without a copy.
    #[must_use]
    pub fn new(matrix: MatRef<'a, T>) -> Self {
        Self { matrix }
    }
}

impl<T: Real> LinearOperator<T> for DenseOperator<'_, T> {
    fn rows(&self) -> usize {
        self.matrix.nrows()
    }
    fn cols(&self) -> usize {
        self.matrix.ncols()
    }
    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.apply_block(1, x, y, scratch);
    }
    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.apply_adjoint_block(1, y, x, scratch);
    }
    fn apply_block(&self, k: usize, x: &[T], y: &mut [T], _scratch: &mut [T]) {
        assert_eq!(
            x.len(),
            k * self.cols(),
            "x: {k} columns of the operator's width"
        );
        assert_eq!(
            y.len(),
            k * self.rows(),
            "y: {k} columns of the operator's height"
        );
        let rhs = MatRef::from_column_major_slice(x, self.cols(), k);
        let dst = MatMut::from_column_major_slice_mut(y, self.matrix.nrows(), k);
        product(dst, Accum::Replace, self.matrix, rhs, T::of(1.0));
    }
    fn apply_adjoint_block(&self, k: usize, y: &[T], x: &mut [T], _scratch: &mut [T]) {
        let (rows, cols) = (self.rows(), self.cols());
        assert_eq!(x.len(), k * cols, "x: {k} columns of the operator's width");
        assert_eq!(y.len(), k * rows, "y: {k} columns of the operator's height");
        let rhs = MatRef::from_column_major_slice(y, rows, k);
        let dst = MatMut::from_column_major_slice_mut(x, cols, k);
        product(
            dst,
            Accum::Replace,
            self.matrix.transpose(),
            rhs,
            T::of(1.0),
        );
    }
}
