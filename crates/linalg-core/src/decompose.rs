//! Orthogonal decompositions on one thread: their bits must not depend on how many there are, and
//! the matrix library's own entry points take as many as it was told of.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj,
};
use faer::linalg::qr::no_pivoting::factor::{
    qr_in_place, qr_in_place_scratch, recommended_block_size,
};
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::prelude::default;
use faer::{Conj, Mat, MatRef, Par};

use crate::error::LinalgError;

/// `U`, the singular values, `V`.
pub type ThinSvd = (Mat<f64>, Vec<f64>, Mat<f64>);

/// The thin singular value decomposition `A = U S V'`, the values descending.
///
/// **Cost** of the order of `20 rows cols min(rows, cols)` flops, on one thread.
///
/// # Errors
/// [`LinalgError::NoSvd`] when it does not converge.
pub fn thin_svd(a: MatRef<'_, f64>) -> Result<ThinSvd, LinalgError> {
    let (rows, cols) = (a.nrows(), a.ncols());
    let size = rows.min(cols);
    let (mut u, mut v) = (Mat::zeros(rows, size), Mat::zeros(cols, size));
    let mut values = Diag::<f64>::zeros(size);
    let thin = ComputeSvdVectors::Thin;
    let scratch = svd_scratch::<f64>(rows, cols, thin, thin, Par::Seq, default());
    let mut buffer = MemBuffer::new(scratch);
    svd(
        a,
        values.as_mut(),
        Some(u.as_mut()),
        Some(v.as_mut()),
        Par::Seq,
        MemStack::new(&mut buffer),
        default(),
    )
    .map_err(|_| LinalgError::NoSvd { rows, cols })?;
    let values = values.column_vector();
    Ok((u, (0..size).map(|k| values[k]).collect(), v))
}

/// `A = Q T` with the first `columns` columns of the square orthogonal `Q`, and the upper
/// trapezoid `T`: those behind the width of `A` span what is orthogonal to it.
///
/// **Shapes** `Q`: `rows x columns`; `T`: `min(rows, cols) x cols`. **Cost** `4 rows cols^2` flops
/// and as many for `Q`.
///
/// # Panics
/// If `columns` is above the rows of `a`.
#[must_use]
pub fn orthogonal(a: MatRef<'_, f64>, columns: usize) -> (Mat<f64>, Mat<f64>) {
    let (rows, cols) = (a.nrows(), a.ncols());
    assert!(columns <= rows, "columns: at most one a row");
    let size = rows.min(cols);
    let mut factor = a.to_owned();
    let block = recommended_block_size::<f64>(rows, cols);
    let mut coefficients = Mat::zeros(block, size);
    let scratch = qr_in_place_scratch::<f64>(rows, cols, block, Par::Seq, default());
    qr_in_place(
        factor.as_mut(),
        coefficients.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        default(),
    );
    let mut q = Mat::<f64>::identity(rows, columns);
    let scratch =
        apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>(rows, block, columns);
    apply_block_householder_sequence_on_the_left_in_place_with_conj(
        factor.as_ref().subcols(0, size),
        coefficients.as_ref(),
        Conj::No,
        q.as_mut(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
    );
    let t = Mat::from_fn(size, cols, |i, j| if i <= j { factor[(i, j)] } else { 0.0 });
    (q, t)
}

/// The eigenvalues of a symmetric matrix, ascending; its lower triangle is read.
///
/// **Cost** `4/3 n^3` flops, on one thread.
///
/// # Errors
/// [`LinalgError::NoSvd`] when it does not converge.
///
/// # Panics
/// If the matrix is not square.
pub fn symmetric_eigenvalues(a: MatRef<'_, f64>) -> Result<Vec<f64>, LinalgError> {
    let n = a.nrows();
    assert_eq!(n, a.ncols(), "eigenvalues: a square matrix");
    let mut values = Diag::<f64>::zeros(n);
    let scratch = self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::No, Par::Seq, default());
    self_adjoint_evd(
        a,
        values.as_mut(),
        None,
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        default(),
    )
    .map_err(|_| LinalgError::NoSvd { rows: n, cols: n })?;
    let values = values.column_vector();
    Ok((0..n).map(|k| values[k]).collect())
}
