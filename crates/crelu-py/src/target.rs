use crelu_model::{TargetColumn, Task};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::errors;

/// What is learnt.
#[derive(FromPyObject)]
pub(crate) enum Target<'py> {
    /// A number a sample.
    #[pyo3(transparent)]
    Numbers(PyReadonlyArray1<'py, f64>),
    /// Several numbers a sample, a sample a row.
    #[pyo3(transparent)]
    Several(PyReadonlyArray2<'py, f64>),
    /// The class of each sample; the labels, as text, and as numbers where all are.
    #[pyo3(transparent)]
    Labels((PyReadonlyArray1<'py, i64>, Vec<String>, Option<Vec<f64>>)),
}

impl Target<'_> {
    pub(crate) fn task(&self) -> Task {
        match self {
            Self::Numbers(_) | Self::Several(_) => Task::Regress,
            Self::Labels(_) => Task::Classify,
        }
    }

    /// The columns, one a target.
    ///
    /// # Errors
    /// A class without a label.
    pub(crate) fn columns(&self) -> PyResult<Vec<TargetColumn>> {
        match self {
            Self::Numbers(values) => {
                let values = values.as_array().iter().copied().collect();
                Ok(vec![TargetColumn::numbers(values)])
            }
            Self::Several(values) => {
                let columns = values.as_array();
                let columns = columns.columns().into_iter();
                Ok(columns
                    .map(|column| TargetColumn::numbers(column.to_vec()))
                    .collect())
            }
            Self::Labels((classes, labels, values)) => {
                let place = |class: &i64| {
                    let place = usize::try_from(*class).ok();
                    let place = place.filter(|place| *place < labels.len());
                    place.ok_or_else(|| errors::value(format_args!("class {class} has no label")))
                };
                let places: PyResult<Vec<usize>> = classes.as_array().iter().map(place).collect();
                let places = places?;
                let values = match values {
                    Some(values) if values.len() != labels.len() => {
                        return Err(errors::value("as many numbers as labels"));
                    }
                    Some(values) => Some(places.iter().map(|place| values[*place]).collect()),
                    None => None,
                };
                let text = places.iter().map(|place| labels[*place].clone()).collect();
                Ok(vec![TargetColumn { text, values }])
            }
        }
    }
}
