use crelu_model::SparseRows;
use faer::{Mat, MatRef};
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;

use crate::compressed::Compressed;

/// Features of samples, a sample a row, in either precision and any layout, or rows of a sparse matrix.
#[derive(FromPyObject)]
pub(crate) enum Rows<'py> {
    /// Of 8 bytes a number.
    #[pyo3(transparent)]
    Double(PyReadonlyArray2<'py, f64>),
    /// Of 4 bytes a number.
    #[pyo3(transparent)]
    Single(PyReadonlyArray2<'py, f32>),
    /// Rows of a sparse matrix.
    #[pyo3(transparent)]
    Sparse(Compressed<'py>),
}

impl Rows<'_> {
    /// `n_features x n_samples`: a sample a column. It is the only copy that is made.
    ///
    /// # Errors
    /// A sparse matrix that is none.
    pub(crate) fn samples(&self) -> PyResult<Mat<f64>> {
        match self {
            Self::Double(rows) => {
                let array = rows.as_array();
                Ok(match self.in_place() {
                    Some(view) => view.transpose().to_owned(),
                    None => Mat::from_fn(array.ncols(), array.nrows(), |k, i| array[[i, k]]),
                })
            }
            Self::Single(rows) => {
                let array = rows.as_array();
                let value = |k, i| f64::from(array[[i, k]]);
                Ok(Mat::from_fn(array.ncols(), array.nrows(), value))
            }
            Self::Sparse(rows) => rows.dense(),
        }
    }

    /// The rows by their entries, where they are sparse and large enough to be held so.
    ///
    /// # Errors
    /// A sparse matrix that is none.
    pub(crate) fn entries(&self) -> PyResult<Option<SparseRows<f64>>> {
        match self {
            Self::Sparse(rows) if rows.is_sparse() => rows.sparse().map(Some),
            _ => Ok(None),
        }
    }

    /// `n_samples x n_features` where they lie, without a copy; none: of 4 bytes, sparse, or with gaps.
    pub(crate) fn in_place(&self) -> Option<MatRef<'_, f64>> {
        let Self::Double(rows) = self else {
            return None;
        };
        let array = rows.as_array();
        let (n, d) = array.dim();
        if let Ok(values) = rows.as_slice()
            && array.is_standard_layout()
        {
            return Some(MatRef::from_row_major_slice(values, n, d));
        }
        let values = rows.as_slice().ok()?;
        Some(MatRef::from_column_major_slice(values, n, d))
    }
}
