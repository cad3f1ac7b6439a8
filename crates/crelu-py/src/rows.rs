use faer::{Mat, MatRef};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::errors;

/// Features of samples, a sample a row, in either precision and any layout, or rows of a sparse matrix.
#[derive(FromPyObject)]
pub(crate) enum Rows<'py> {
    /// Of 8 bytes a number.
    #[pyo3(transparent)]
    Double(PyReadonlyArray2<'py, f64>),
    /// Of 4 bytes a number.
    #[pyo3(transparent)]
    Single(PyReadonlyArray2<'py, f32>),
    /// Values, their columns, where each row begins, and how many columns there are.
    #[pyo3(transparent)]
    Sparse(
        (
            PyReadonlyArray1<'py, f64>,
            PyReadonlyArray1<'py, i64>,
            PyReadonlyArray1<'py, i64>,
            usize,
        ),
    ),
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
            Self::Sparse((values, columns, begins, width)) => {
                let refuse = || errors::value("the sparse matrix is not one of compressed rows");
                let (values, columns) = (values.as_slice()?, columns.as_slice()?);
                let begins = begins.as_slice()?;
                let mut samples = Mat::zeros(*width, begins.len().saturating_sub(1));
                for (row, ends) in begins.windows(2).enumerate() {
                    let (Ok(from), Ok(to)) = (usize::try_from(ends[0]), usize::try_from(ends[1]))
                    else {
                        return Err(refuse());
                    };
                    let (Some(columns), Some(values)) =
                        (columns.get(from..to), values.get(from..to))
                    else {
                        return Err(refuse());
                    };
                    for (column, value) in columns.iter().zip(values) {
                        let column = usize::try_from(*column).ok().filter(|k| k < width);
                        // a place that stands there twice is the sum
                        samples[(column.ok_or_else(refuse)?, row)] += *value;
                    }
                }
                Ok(samples)
            }
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
