//! The same numbers as a matrix of either library, without a copy.

use faer::{MatMut, MatRef};
use nalgebra::{DMatrix, DMatrixView, Dim, Dyn, Scalar, U1, ViewStorage};

/// A `nalgebra` matrix as a `faer` one.
#[must_use]
pub fn as_faer<T: Scalar>(matrix: &DMatrix<T>) -> MatRef<'_, T> {
    MatRef::from_column_major_slice(matrix.as_slice(), matrix.nrows(), matrix.ncols())
}

/// A `nalgebra` matrix as a `faer` one to write to.
#[must_use]
pub fn as_faer_mut<T: Scalar>(matrix: &mut DMatrix<T>) -> MatMut<'_, T> {
    let (rows, cols) = matrix.shape();
    MatMut::from_column_major_slice_mut(matrix.as_mut_slice(), rows, cols)
}

/// A `nalgebra` view of any strides as a `faer` matrix.
#[must_use]
#[expect(
    clippy::cast_possible_wrap,
    reason = "no allocation is longer than isize::MAX"
)]
pub fn view_as_faer<'a, T: Scalar, R: Dim, C: Dim>(
    view: &DMatrixView<'a, T, R, C>,
) -> MatRef<'a, T> {
    let ((rows, cols), (down, right)) = (view.shape(), view.strides());
    // SAFETY: the view lends `rows x cols` entries at these strides for `'a`, shared.
    unsafe { MatRef::from_raw_parts(view.as_ptr(), rows, cols, down as isize, right as isize) }
}

/// A `faer` matrix as a `nalgebra` view; nothing for one whose columns are not contiguous.
///
/// That library's products misread views of another row stride (`gemv` of version 0.35 takes the
/// span of a column for its length and writes past the answer), so none is made.
#[must_use]
pub fn as_nalgebra<T: Scalar>(matrix: MatRef<'_, T>) -> Option<DMatrixView<'_, T>> {
    let (rows, cols) = (matrix.nrows(), matrix.ncols());
    if matrix.row_stride() != 1 && rows > 1 {
        return None;
    }
    let right = usize::try_from(matrix.col_stride()).ok()?;
    let (shape, strides) = ((Dyn(rows), Dyn(cols)), (U1, Dyn(right)));
    // SAFETY: `matrix` lends as many entries at these strides for its lifetime, shared.
    let storage = unsafe { ViewStorage::from_raw_parts(matrix.as_ptr(), shape, strides) };
    Some(DMatrixView::from_data(storage))
}
