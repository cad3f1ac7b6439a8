use faer::{Accum, Mat, MatRef};
use linalg_core::{RowSpace, product};

use crate::error::FitError;

/// A least-squares linear model of least norm, on preprocessed inputs: what a network without a
/// hidden layer can do.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearModel {
    weights: Vec<f64>,
}

impl LinearModel {
    /// Fits `inputs` (`width x n_samples`, the bias among them) to coded targets.
    ///
    /// **Cost** one singular value decomposition.
    ///
    /// # Errors
    /// [`FitError::Linalg`] if the decomposition does not converge.
    ///
    /// # Panics
    /// If `target` has another length than there are samples.
    pub fn fit(inputs: MatRef<'_, f64>, target: &[f64]) -> Result<Self, FitError> {
        assert_eq!(inputs.ncols(), target.len(), "target: one value a sample");
        let space = RowSpace::svd(inputs.transpose())?;
        // X = U S V', R = U S: the weights are V S^-2 R'y
        let mut coordinates = Mat::<f64>::zeros(space.rank(), 1);
        let y = MatRef::from_column_major_slice(target, target.len(), 1);
        product(coordinates.as_mut(), Accum::Replace, space.rows(), y, 1.0);
        for (k, s) in space.spectrum().unwrap_or_default().iter().enumerate() {
            // one after the other: the square of a small one may be zero
            coordinates[(k, 0)] = coordinates[(k, 0)] / s / s;
        }
        let weights = space.expand(coordinates.as_ref());
        Ok(Self {
            weights: (0..weights.nrows()).map(|k| weights[(k, 0)]).collect(),
        })
    }

    /// The outputs on preprocessed inputs, `width x n_samples`.
    ///
    /// # Panics
    /// If the width differs.
    #[must_use]
    pub fn outputs(&self, inputs: MatRef<'_, f64>) -> Vec<f64> {
        let mut out = vec![0.0; inputs.ncols()];
        let w = MatRef::from_column_major_slice(&self.weights, self.weights.len(), 1);
        let dst = faer::MatMut::from_column_major_slice_mut(&mut out, inputs.ncols(), 1);
        product(dst, Accum::Replace, inputs.transpose(), w, 1.0);
        out
    }
}
