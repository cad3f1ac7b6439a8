//! Rows that end a training by their score.

use crelu_model::path::EarlyStop;
use crelu_model::{Dataset, FeatureCoding, split_rows};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::canonical::Samples;
use crate::dataset::{dataset, sparse_dataset};
use crate::errors;
use crate::options::{given, metric, named};
use crate::rows::Rows;
use crate::table::{Table, Texts};
use crate::target::Target;

/// Rows that are handed over for it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct HeldOut<'py> {
    rows: Rows<'py>,
    target: Target<'py>,
    weights: Option<PyReadonlyArray1<'py, f64>>,
    texts: Option<Texts>,
}

impl HeldOut<'_> {
    /// The rows with the features that training has.
    ///
    /// # Errors
    /// A `ValueError` that names the place in the data.
    pub(crate) fn data(&self, columns: Option<&FeatureCoding>) -> PyResult<Dataset> {
        let weights = (self.weights.as_ref()).map(|weights| weights.as_array().to_vec());
        let targets = self.target.columns()?;
        if columns.is_none()
            && let Some(rows) = self.rows.entries()?
        {
            return sparse_dataset(rows, targets, weights);
        }
        let mut features = self.rows.samples()?;
        if let Some(coding) = columns {
            let texts = self.texts.as_deref().unwrap_or_default();
            let table = Table::of(features.as_ref(), texts, coding.names.as_deref())?;
            (features, _) = table.encode(coding)?;
        }
        let samples = Samples {
            features,
            targets,
            weights,
            splits: None,
        };
        Ok(dataset(samples)?.0)
    }
}

/// How rows held out end a training.
///
/// # Errors
/// A `ValueError` or `TypeError` that names the argument.
pub(crate) fn how(options: &Bound<'_, PyDict>) -> PyResult<EarlyStop> {
    let mut how = EarlyStop::default();
    if let Some(value) = given(options, "patience")? {
        how = how.patience(named("patience", &value)?);
    }
    Ok(how.metric(metric(options)?))
}

/// Rows to train on and rows to hold out, where a share of them is: those of the command line.
///
/// # Errors
/// A `ValueError` where it leaves either empty.
pub(crate) fn share(
    options: &Bound<'_, PyDict>,
    n: usize,
    seed: u64,
) -> PyResult<Option<(Vec<usize>, Vec<usize>)>> {
    let Some(value) = given(options, "early_stop")? else {
        return Ok(None);
    };
    let share: f64 = named("early_stop", &value)?;
    if !(share > 0.0 && share < 1.0) {
        return Err(errors::value("early_stop: must be a share between 0 and 1"));
    }
    split_rows(n, share, seed.wrapping_add(1))
        .map(Some)
        .map_err(|_| errors::value("early_stop: leaves no row to hold out or for training"))
}
