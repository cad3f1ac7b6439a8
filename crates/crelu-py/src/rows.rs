use faer::Mat;
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;

/// Features of samples, a sample a row, in either precision and any layout.
#[derive(FromPyObject)]
pub(crate) enum Rows<'py> {
    /// Of 8 bytes a number.
    #[pyo3(transparent)]
    Double(PyReadonlyArray2<'py, f64>),
    /// Of 4 bytes a number.
    #[pyo3(transparent)]
    Single(PyReadonlyArray2<'py, f32>),
}

impl Rows<'_> {
    /// `n_features x n_samples`: a sample a column. It is the only copy that is made.
    pub(crate) fn samples(&self) -> Mat<f64> {
        match self {
            Self::Double(rows) => {
                let rows = rows.as_array();
                Mat::from_fn(rows.ncols(), rows.nrows(), |k, i| rows[[i, k]])
            }
            Self::Single(rows) => {
                let rows = rows.as_array();
                Mat::from_fn(rows.ncols(), rows.nrows(), |k, i| f64::from(rows[[i, k]]))
            }
        }
    }
}
