use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::prelude::default;
use faer::{Mat, MatRef, Par};

use crate::error::LinalgError;

/// Eigenvalues, ascending, and eigenvectors of a symmetric matrix; its lower triangle is read.
///
/// **Cost** about `9 n^3` flops, on one thread: the bits do not depend on how many there are.
///
/// # Errors
/// [`LinalgError::NoEigen`] when it does not converge (values that are not finite).
///
/// # Panics
/// If the matrix is not square.
pub fn symmetric_eigen(a: MatRef<'_, f64>) -> Result<(Vec<f64>, Mat<f64>), LinalgError> {
    let dim = a.nrows();
    assert_eq!(dim, a.ncols(), "a: square");
    let mut values = Diag::<f64>::zeros(dim);
    let mut vectors = Mat::zeros(dim, dim);
    let scratch =
        self_adjoint_evd_scratch::<f64>(dim, ComputeEigenvectors::Yes, Par::Seq, default());
    self_adjoint_evd(
        a,
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        default(),
    )
    .map_err(|_| LinalgError::NoEigen { dim })?;
    let values = values.column_vector();
    Ok(((0..dim).map(|k| values[k]).collect(), vectors))
}
