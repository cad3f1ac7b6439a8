//! From a table as it was read to the rows that are learnt from or scored.

use std::path::Path;

use crelu_data::{Excerpt, FeatureColumn, SparseFeatures, Table};
use crelu_model::{
    ColumnOrigin, Dataset, Encoded, FeatureCoding, FitError, RawColumns, SparseRows, TargetColumn,
    Unseen,
};

use crate::errors::Failure;
use crate::source::{Source, shown};

/// Sizes of the largest weight: products of more overflow, of less vanish.
const SIZES: std::ops::Range<f64> = 1e-150..1e150;

/// A table, with its columns beside the features as what they are.
pub(crate) struct Rows {
    pub(crate) source: Source,
    values: Vec<f64>,
    /// The features, where they are too many and too empty for all values.
    sparse: Option<SparseRows<f64>>,
    texts: Vec<Option<Vec<String>>>,
    names: Option<Vec<String>>,
    n_samples: usize,
    pub(crate) targets: Vec<TargetColumn>,
    pub(crate) weights: Option<Vec<f64>>,
    /// Places of further targets and of the weights.
    pub(crate) other_targets: Vec<ColumnOrigin>,
    pub(crate) weights_origin: Option<ColumnOrigin>,
}

impl Rows {
    /// Takes a table that was read with so many further targets, then the weights if there are any.
    ///
    /// # Errors
    /// A line that names the place of a weight that is none.
    pub(crate) fn of(path: &Path, table: Table, other_targets: usize) -> Result<Self, Failure> {
        let source = Source::of(path, &table);
        let texts = table.columns.into_iter().map(|column| match column {
            FeatureColumn::Numbers => None,
            FeatureColumn::Levels(levels) => Some(levels),
        });
        let mut aside = table.aside.into_iter();
        let mut targets: Vec<TargetColumn> = table.target.into_iter().collect();
        let mut origins = Vec::new();
        for column in aside.by_ref().take(other_targets) {
            origins.push(ColumnOrigin {
                name: column.name,
                index: column.index,
            });
            targets.push(column.cells);
        }
        let sparse = (table.sparse)
            .map(|sparse| {
                let SparseFeatures {
                    starts,
                    columns,
                    values,
                } = sparse;
                SparseRows::new(table.n_features, starts, columns, values)
            })
            .transpose()
            .map_err(|error| Failure::of(source.shown(), error))?;
        let (mut weights, mut weights_origin) = (None, None);
        if let Some(column) = aside.next() {
            let place = |row: usize| {
                let name = column.name.as_deref();
                source.layout.cell_place(row, column.column, name)
            };
            let values = column.cells.values.unwrap_or_default();
            if let Some(row) = values.iter().position(|weight| *weight < 0.0) {
                let cell = &column.cells.text[row];
                return Err(Failure::of(
                    source.shown(),
                    format_args!(
                        "{}: '{}' is no weight, which is at least 0: correct it, or leave its row out",
                        place(row),
                        Excerpt(cell)
                    ),
                ));
            }
            let largest = values
                .iter()
                .fold(0.0, |most: f64, weight| most.max(*weight));
            if largest > 0.0 && !SIZES.contains(&largest) {
                let number = column.column + 1;
                let name = column.name.as_deref().filter(|name| !name.is_empty());
                let name = name.map_or(String::new(), |name| format!(" ({})", Excerpt(name)));
                return Err(Failure::of(
                    source.shown(),
                    format_args!(
                        "column {number}{name}: weights of size {largest:.2e}: scale them, to about 1; what counts is their ratio"
                    ),
                ));
            }
            if largest == 0.0 {
                let problem = "every row has weight 0: there is nothing to learn from";
                return Err(Failure::of(
                    format_args!("--weights: {}", source.shown()),
                    problem,
                ));
            }
            weights = Some(values);
            weights_origin = Some(ColumnOrigin {
                name: column.name,
                index: column.index,
            });
        }
        Ok(Self {
            texts: texts.collect(),
            values: table.features,
            sparse,
            names: table.feature_names,
            n_samples: table.n_samples,
            targets,
            weights,
            other_targets: origins,
            weights_origin,
            source,
        })
    }

    /// Columns of features.
    pub(crate) fn n_columns(&self) -> usize {
        self.texts.len()
    }

    /// Rows.
    pub(crate) fn n_samples(&self) -> usize {
        self.n_samples
    }

    /// The names of the columns of features.
    pub(crate) fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// The rows whose weight is above 0.
    pub(crate) fn weighing(&self) -> Vec<usize> {
        let weighs = |row: &usize| self.weights.as_ref().is_none_or(|w| w[*row] > 0.0);
        (0..self.n_samples).filter(weighs).collect()
    }

    fn raw(&self) -> RawColumns<'_> {
        RawColumns {
            values: &self.values,
            n_columns: self.n_columns(),
            texts: &self.texts,
        }
    }

    /// How the columns become features, learnt from these rows; none: they are the features.
    ///
    /// # Errors
    /// A line that names the column, and what to do.
    pub(crate) fn learn(
        &self,
        rows: &[usize],
        impute: bool,
    ) -> Result<Option<FeatureCoding>, Failure> {
        if self.sparse.is_some() || !impute && self.texts.iter().all(Option::is_none) {
            return Ok(None);
        }
        let weights = self.weights.as_ref();
        let weights: Option<Vec<f64>> = weights.map(|w| rows.iter().map(|&row| w[row]).collect());
        let names = self.names.as_deref();
        FeatureCoding::learn(&self.raw(), names, rows, weights.as_deref(), impute)
            .map(|coding| Some(coding).filter(|coding| !coding.is_plain()))
            .map_err(|error| self.failure(&error))
    }

    /// The dataset of some rows, and the levels that training did not have. Values and
    /// targets leave for it where all rows are asked for: that is once.
    ///
    /// # Errors
    /// A line that names the file, and the place where there is one.
    pub(crate) fn dataset(
        &mut self,
        coding: Option<&FeatureCoding>,
        rows: &[usize],
    ) -> Result<(Dataset, Vec<Unseen>), Failure> {
        if let Some(sparse) = &self.sparse {
            return self
                .sparse_dataset(sparse, rows)
                .map(|data| (data, Vec::new()));
        }
        let all = rows.len() == self.n_samples;
        let (features, unseen) = self.features(coding)?;
        let held = features.as_ref().unwrap_or(&self.values);
        let width = held.len() / self.n_samples.max(1);
        let (features, targets): (Vec<f64>, Vec<TargetColumn>) = if all {
            let targets = std::mem::take(&mut self.targets);
            let values = || std::mem::take(&mut self.values);
            (features.unwrap_or_else(values), targets)
        } else {
            let mut selected = Vec::with_capacity(rows.len() * width);
            for &row in rows {
                selected.extend_from_slice(&held[row * width..(row + 1) * width]);
            }
            let targets = self.targets.iter().map(|target| target.select(rows));
            (selected, targets.collect())
        };
        let weights =
            (self.weights.as_ref()).map(|w| rows.iter().map(|&row| w[row]).collect::<Vec<f64>>());
        let data = match targets.is_empty() {
            false => Dataset::from_values(features, rows.len(), width, targets)
                .and_then(|data| data.with_weights(weights)),
            true => Err(FitError::Empty {
                rows: rows.len(),
                columns: width,
            }),
        };
        let data = data.map_err(|error| Failure::of(self.source.shown(), error))?;
        Ok((data, unseen))
    }

    /// The rows, where they are sparse.
    pub(crate) fn sparse(&self) -> Option<&SparseRows<f64>> {
        self.sparse.as_ref()
    }

    fn sparse_dataset(&self, sparse: &SparseRows<f64>, rows: &[usize]) -> Result<Dataset, Failure> {
        let targets: Vec<TargetColumn> = self.targets.iter().map(|t| t.select(rows)).collect();
        let Some(first) = targets.first().cloned() else {
            let (rows, columns) = (rows.len(), sparse.n_columns());
            return Err(Failure::of(
                self.source.shown(),
                FitError::Empty { rows, columns },
            ));
        };
        Dataset::from_sparse(sparse.select(rows), first)
            .and_then(|data| data.with_targets(targets))
            .and_then(|data| {
                let weights = self.weights.as_ref();
                data.with_weights(weights.map(|w| rows.iter().map(|&row| w[row]).collect()))
            })
            .map_err(|error| Failure::of(self.source.shown(), error))
    }

    /// The features of all rows where they are not the columns, row-major, and the levels that
    /// training did not have.
    ///
    /// # Errors
    /// A line that names the place of a hole where there may be none.
    pub(crate) fn features(
        &self,
        coding: Option<&FeatureCoding>,
    ) -> Result<(Option<Vec<f64>>, Vec<Unseen>), Failure> {
        match coding {
            None => Ok((None, Vec::new())),
            Some(coding) => {
                let Encoded { features, unseen } = coding
                    .encode(&self.raw())
                    .map_err(|error| self.failure(&error))?;
                Ok((Some(features), unseen))
            }
        }
    }

    /// The columns as they were read, row-major.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// A line about levels that training did not have.
    pub(crate) fn unseen_note(&self, unseen: &[Unseen]) -> Option<String> {
        const MOST: usize = 8;
        if unseen.is_empty() {
            return None;
        }
        let each = unseen.iter().take(MOST).map(|unseen| {
            let rows = unseen.rows;
            let s = if rows == 1 { "" } else { "s" };
            let (column, level) = (self.column(unseen.column), Excerpt(&unseen.level));
            format!("'{level}' of {column} ({rows} row{s})")
        });
        let mut list: Vec<String> = each.collect();
        if unseen.len() > MOST {
            list.push(format!("... {} in all", unseen.len()));
        }
        Some(format!(
            "{}: levels that training did not have are taken for none of those it had: {}",
            shown(&self.source.path),
            list.join(", ")
        ))
    }

    /// A column of features as messages name it.
    fn column(&self, column: usize) -> String {
        let number = 1 + self.source.layout.columns.get(column).unwrap_or(&column);
        let name = self.names.as_ref().and_then(|names| names.get(column));
        match name.filter(|name| !name.is_empty()) {
            Some(name) => format!("column {number} ({})", Excerpt(name)),
            None => format!("column {number}"),
        }
    }

    fn failure(&self, error: &FitError) -> Failure {
        let file = self.source.shown();
        let named = |column: usize| {
            let index = *self.source.layout.columns.get(column).unwrap_or(&column);
            let name = self.names.as_ref().and_then(|names| names.get(column));
            match name.filter(|name| !name.is_empty()) {
                Some(name) => Excerpt(name).to_string(),
                None => index.to_string(),
            }
        };
        match *error {
            FitError::Levels {
                column,
                levels,
                most,
            } => Failure::of(
                file,
                format_args!(
                    "{}: {levels} different texts, more than {most}, are too many for a column each: leave it out (--drop {}), or give numbers; --categorical none refuses text",
                    self.column(column),
                    named(column)
                ),
            ),
            FitError::NoValue { column } => Failure::of(
                file,
                format_args!(
                    "{}: every cell is missing: leave it out (--drop {})",
                    self.column(column),
                    named(column)
                ),
            ),
            FitError::Hole { row, column } => Failure::of(
                file,
                format_args!(
                    "{}: a missing value, which the model was not trained to fill in: fit --missing impute",
                    self.source.layout.cell_place(
                        row,
                        *self.source.layout.columns.get(column).unwrap_or(&column),
                        (self.names.as_ref())
                            .and_then(|names| names.get(column))
                            .map(String::as_str)
                    )
                ),
            ),
            ref other => Failure::of(file, other),
        }
    }
}
