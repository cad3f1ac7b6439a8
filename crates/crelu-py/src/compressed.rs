//! Sparse matrices of compressed rows, as SciPy holds them.

use crelu_model::{SparseRows, is_held_sparse};
use faer::Mat;
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::errors;

/// Whole numbers in either width.
#[derive(FromPyObject)]
pub(crate) enum Places<'py> {
    /// Of 4 bytes.
    #[pyo3(transparent)]
    Narrow(PyReadonlyArray1<'py, i32>),
    /// Of 8 bytes.
    #[pyo3(transparent)]
    Wide(PyReadonlyArray1<'py, i64>),
}

impl Places<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Narrow(places) => places.as_array().len(),
            Self::Wide(places) => places.as_array().len(),
        }
    }

    /// The number at `k`, if it is there and none below 0.
    fn at(&self, k: usize) -> Option<usize> {
        match self {
            Self::Narrow(places) => usize::try_from(*places.as_array().get(k)?).ok(),
            Self::Wide(places) => usize::try_from(*places.as_array().get(k)?).ok(),
        }
    }
}

/// Values, their columns, where each row begins and the last ends, and how many columns there are.
#[derive(FromPyObject)]
pub(crate) struct Compressed<'py>(PyReadonlyArray1<'py, f64>, Places<'py>, Places<'py>, usize);

impl Compressed<'_> {
    /// Rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.2.len().saturating_sub(1)
    }

    /// Whether they are worth holding by their entries.
    pub(crate) fn is_sparse(&self) -> bool {
        is_held_sparse(self.n_rows(), self.3, self.0.as_array().len())
    }

    /// All cells, `n_features x n_samples`.
    ///
    /// # Errors
    /// Where it is no matrix.
    pub(crate) fn dense(&self) -> PyResult<Mat<f64>> {
        let mut samples = Mat::zeros(self.3, self.n_rows());
        for row in 0..self.n_rows() {
            for k in self.entries(row)? {
                let (column, value) = self.entry(k)?;
                // a place that stands there twice is the sum
                samples[(column, row)] += value;
            }
        }
        Ok(samples)
    }

    /// The entries alone, `n_samples x n_features`.
    ///
    /// # Errors
    /// Where it is no matrix.
    pub(crate) fn sparse(&self) -> PyResult<SparseRows<f64>> {
        let count = self.0.as_array().len();
        let (mut columns, mut values) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut starts = Vec::with_capacity(self.n_rows() + 1);
        starts.push(0);
        let mut entries: Vec<(usize, f64)> = Vec::new();
        for row in 0..self.n_rows() {
            entries.clear();
            for k in self.entries(row)? {
                entries.push(self.entry(k)?);
            }
            if entries.windows(2).any(|two| two[0].0 > two[1].0) {
                // stable: what stands there twice is added up in its order
                entries.sort_by_key(|(column, _)| *column);
            }
            for one in entries.chunk_by(|a, b| a.0 == b.0) {
                let value: f64 = one.iter().map(|(_, value)| value).sum();
                if value != 0.0 {
                    columns.push(u32::try_from(one[0].0).map_err(|_| refused())?);
                    values.push(value);
                }
            }
            starts.push(values.len());
        }
        SparseRows::new(self.3, starts, columns, values).map_err(errors::value)
    }

    fn entries(&self, row: usize) -> PyResult<std::ops::Range<usize>> {
        match (self.2.at(row), self.2.at(row + 1)) {
            (Some(from), Some(to)) if from <= to => Ok(from..to),
            _ => Err(refused()),
        }
    }

    fn entry(&self, k: usize) -> PyResult<(usize, f64)> {
        let value = self.0.as_array().get(k).copied();
        let column = self.1.at(k).filter(|column| *column < self.3);
        column.zip(value).ok_or_else(refused)
    }
}

fn refused() -> PyErr {
    errors::value("the sparse matrix is not one of compressed rows")
}
