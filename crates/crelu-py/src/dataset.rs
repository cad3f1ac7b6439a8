//! Rows as the library has them.

use crelu_model::path::Split;
use crelu_model::{Dataset, SparseRows, TargetColumn};
use pyo3::prelude::*;

use crate::canonical::Samples;
use crate::errors;

/// The first target; of none, no numbers.
pub(crate) fn first(targets: &[TargetColumn]) -> TargetColumn {
    let first = targets.first().cloned();
    first.unwrap_or_else(|| TargetColumn::numbers(Vec::new()))
}

/// # Errors
/// A `ValueError` where parts do not fit.
pub(crate) fn dataset(samples: Samples) -> PyResult<(Dataset, Option<Vec<Split>>)> {
    let data = Dataset::from_columns(samples.features, first(&samples.targets))
        .and_then(|data| data.with_targets(samples.targets))
        .and_then(|data| data.with_weights(samples.weights))
        .map_err(|error| errors::of_fit(&error))?;
    Ok((data, samples.splits))
}

/// # Errors
/// As [`dataset`].
pub(crate) fn sparse_dataset(
    rows: SparseRows<f64>,
    targets: Vec<TargetColumn>,
    weights: Option<Vec<f64>>,
) -> PyResult<Dataset> {
    Dataset::from_sparse(rows, first(&targets))
        .and_then(|data| data.with_targets(targets))
        .and_then(|data| data.with_weights(weights))
        .map_err(|error| errors::of_fit(&error))
}
