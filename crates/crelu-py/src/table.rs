//! Columns of numbers and of text with holes, and the features that they become.

use crelu_model::{ColumnCoding, FeatureCoding, FitError, RawColumns, Unseen};
use faer::{Mat, MatRef};
use pyo3::prelude::*;

use crate::errors;

/// The texts of each column of text; none: a column of numbers.
pub(crate) type Texts = Vec<Option<Vec<String>>>;

/// The columns of a table, a row's values together.
pub(crate) struct Table<'a> {
    values: Vec<f64>,
    n_columns: usize,
    texts: &'a [Option<Vec<String>>],
    names: Option<&'a [String]>,
}

impl<'a> Table<'a> {
    /// Takes samples, a sample a column; no texts: all are numbers.
    ///
    /// # Errors
    /// Texts or names of another number of columns.
    pub(crate) fn of(
        samples: MatRef<'_, f64>,
        texts: &'a [Option<Vec<String>>],
        names: Option<&'a [String]>,
    ) -> PyResult<Self> {
        let n_columns = samples.nrows();
        let fits = |count: usize| count == n_columns;
        if !(texts.is_empty() || fits(texts.len())) || !names.is_none_or(|it| fits(it.len())) {
            return Err(errors::value("texts and names: one a column"));
        }
        Ok(Self {
            values: samples
                .col_iter()
                .flat_map(|column| column.iter().copied())
                .collect(),
            n_columns,
            texts,
            names,
        })
    }

    fn raw(&self) -> RawColumns<'_> {
        RawColumns {
            values: &self.values,
            n_columns: self.n_columns,
            texts: self.texts,
        }
    }

    /// How the columns become features, learnt from `rows`, all without them; none: they are the features.
    ///
    /// # Errors
    /// A `ValueError` that names the column.
    pub(crate) fn learn(
        &self,
        weights: Option<&[f64]>,
        impute: bool,
        rows: Option<&[usize]>,
    ) -> PyResult<Option<FeatureCoding>> {
        let rows = match rows {
            Some(rows) => rows.to_vec(),
            None => (0..self.raw().n_samples()).collect(),
        };
        FeatureCoding::learn(&self.raw(), self.names, &rows, weights, impute)
            .map(|coding| Some(coding).filter(|coding| !coding.is_plain()))
            .map_err(|error| self.refusal(&error))
    }

    /// The features, a sample a column, and the levels that training did not have.
    ///
    /// # Errors
    /// A `ValueError` that names the place of a hole where there may be none.
    pub(crate) fn encode(&self, coding: &FeatureCoding) -> PyResult<(Mat<f64>, Vec<Unseen>)> {
        if coding.columns.len() != self.n_columns {
            let (got, want) = (self.n_columns, coding.columns.len());
            return Err(errors::value(format_args!(
                "X has {got} columns, the model was trained on {want}"
            )));
        }
        let encoded = coding
            .encode(&self.raw())
            .map_err(|error| self.refusal(&error))?;
        let width = coding.n_features();
        let n = self.raw().n_samples();
        let samples = MatRef::from_column_major_slice(&encoded.features, width, n);
        Ok((samples.to_owned(), encoded.unseen))
    }

    fn refusal(&self, error: &FitError) -> PyErr {
        let named = |column: usize| match self.names.and_then(|names| names.get(column)) {
            Some(name) => format!("column '{name}'"),
            None => format!("column {column}"),
        };
        match *error {
            FitError::Levels {
                column,
                levels,
                most,
            } => errors::value(format_args!(
                "{}: {levels} different texts, more than {most}, are too many for a column each: \
                 leave it out, or join values",
                named(column)
            )),
            FitError::NoValue { column } => errors::value(format_args!(
                "{}: every cell is missing: leave it out",
                named(column)
            )),
            FitError::Hole { row, column } => errors::value(format_args!(
                "row {row}, {}: a missing value, which the model was not trained to fill in: \
                 missing='impute'",
                named(column)
            )),
            ref other => errors::of_fit(other),
        }
    }
}

/// The columns of a coding as Python sees them: the levels of a column of text, and whether holes are
/// taken.
pub(crate) fn described(coding: &FeatureCoding) -> Vec<(Option<Vec<String>>, bool)> {
    let of = |column: &ColumnCoding| {
        let levels = match column {
            ColumnCoding::Number { .. } => None,
            ColumnCoding::Levels { levels, .. } => Some(levels.clone()),
        };
        (levels, column.takes_holes())
    };
    coding.columns.iter().map(of).collect()
}
