use nalgebra::{DMatrixView, DVectorView, DVectorViewMut, RealField, Scalar};

use crate::operator::LinearOperator;
use crate::real::Real;

/// The operator of a dense `nalgebra` matrix whose columns are contiguous, without a copy.
///
/// **Cost** a matrix-vector product of that library, on one thread.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceDense<'a, T: Scalar> {
    matrix: DMatrixView<'a, T>,
}

impl<'a, T: Real + RealField> ReferenceDense<'a, T> {
    /// Wraps a matrix: `matrix.as_view()`, or a part of one.
    #[must_use]
    pub fn new(matrix: DMatrixView<'a, T>) -> Self {
        Self { matrix }
    }
}

impl<T: Real + RealField> LinearOperator<T> for ReferenceDense<'_, T> {
    fn rows(&self) -> usize {
        self.matrix.nrows()
    }

    fn cols(&self) -> usize {
        self.matrix.ncols()
    }

    fn apply(&self, x: &[T], y: &mut [T], _scratch: &mut [T]) {
        assert_eq!(x.len(), self.cols(), "x: the operator's width");
        assert_eq!(y.len(), self.rows(), "y: the operator's height");
        let x = DVectorView::from_slice(x, x.len());
        let mut y = DVectorViewMut::from_slice(y, y.len());
        y.gemv(T::of(1.0), &self.matrix, &x, T::of(0.0));
    }

    fn apply_adjoint(&self, y: &[T], x: &mut [T], _scratch: &mut [T]) {
        assert_eq!(x.len(), self.cols(), "x: the operator's width");
        assert_eq!(y.len(), self.rows(), "y: the operator's height");
        let y = DVectorView::from_slice(y, y.len());
        let mut x = DVectorViewMut::from_slice(x, x.len());
        x.gemv_tr(T::of(1.0), &self.matrix, &y, T::of(0.0));
    }
}
