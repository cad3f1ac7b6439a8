//! What the binary formats share: numbers alone, in columns without names.

use std::collections::HashMap;
use std::path::Path;

use crelu_core::{TargetColumn, shortest_text};

use crate::columns::{Choose, Chosen, FileColumns, choose};
use crate::error::DataError;
use crate::feature::{FeatureCells, FeatureColumn};
use crate::options::{ReadOptions, TargetCells};
use crate::place::Place;
use crate::refusal::Of;
use crate::table::{AsideColumn, Layout, Table};
use crate::watch::{LEAST, Watch};

/// The columns that are read of an array of `count`, at least one of them a feature. `part` names the
/// array of an archive; `target_apart`: none of the columns is the target.
pub(crate) fn choose_columns(
    path: &Path,
    part: Option<&'static str>,
    (count, target_apart): (usize, bool),
    options: &ReadOptions,
    pick: Choose<'_>,
) -> Result<Chosen, DataError> {
    let columns = FileColumns {
        names: None,
        count,
        target_apart,
        sparse: false,
    };
    let chosen = choose(path, options, &columns, pick)?;
    if chosen.features.is_empty() {
        return Err(DataError::NoFeatures {
            path: path.to_owned(),
            part,
        });
    }
    Ok(chosen)
}

/// The table of an array whose `chosen` columns are these features.
pub(crate) fn table(
    mut features: Vec<f64>,
    chosen: Chosen,
    target: Option<TargetColumn>,
    aside: Vec<AsideColumn>,
) -> Table {
    let n_features = chosen.features.len();
    let columns = levels(&mut features, &chosen.cells);
    Table {
        n_samples: features.len() / n_features.max(1),
        features,
        sparse: None,
        n_features,
        feature_names: None,
        columns,
        aside,
        target,
        target_name: None,
        target_index: chosen.target_place,
        layout: Layout {
            columns: chosen.features,
            target_column: chosen.target,
            ..Layout::default()
        },
    }
}

/// What the columns of features hold: where levels are wanted, numbers become places in a list of
/// their texts.
pub(crate) fn levels(features: &mut [f64], cells: &[FeatureCells]) -> Vec<FeatureColumn> {
    let mut of = |(at, cells): (usize, &FeatureCells), width: usize| {
        if *cells != FeatureCells::Levels {
            return FeatureColumn::Numbers;
        }
        let (mut places, mut texts) = (HashMap::new(), Vec::new());
        for value in features.iter_mut().skip(at).step_by(width) {
            if value.is_nan() {
                continue;
            }
            // zero has two representations
            let place = *places.entry((*value + 0.0).to_bits()).or_insert_with(|| {
                texts.push(shortest_text(*value));
                texts.len() - 1
            });
            #[expect(clippy::cast_precision_loss, reason = "a place in a list in memory")]
            let place = place as f64;
            *value = place;
        }
        FeatureColumn::Levels(texts)
    };
    let columns = cells.iter().enumerate();
    columns.map(|column| of(column, cells.len())).collect()
}

/// The given columns of rows of `width` values, in the order given.
pub(crate) fn gather(values: Vec<f64>, width: usize, columns: &[usize]) -> Vec<f64> {
    if columns.len() == width && columns.iter().enumerate().all(|(at, column)| at == *column) {
        return values;
    }
    gather_ref(&values, width, columns)
}

/// As [`gather`], of values that are needed again.
pub(crate) fn gather_ref(values: &[f64], width: usize, columns: &[usize]) -> Vec<f64> {
    let mut gathered = Vec::with_capacity(values.len() / width.max(1) * columns.len());
    for row in values.chunks_exact(width) {
        gathered.extend(columns.iter().map(|&column| row[column]));
    }
    gathered
}

/// The columns beside features and target, of rows of `width` values.
pub(crate) fn asides(
    path: &Path,
    part: Option<&'static str>,
    values: &[f64],
    width: usize,
    chosen: &Chosen,
) -> Result<Vec<AsideColumn>, DataError> {
    let of = |&(column, index, _): &(usize, usize, TargetCells)| {
        let cells = gather_ref(values, width, &[column]);
        check_finite(path, part, &cells, &[column])?;
        Ok(AsideColumn {
            name: None,
            index,
            column,
            cells: TargetColumn::numbers(cells),
        })
    };
    chosen.aside.iter().map(of).collect()
}

/// Refuses rows with a value that is not finite, holes apart where there may be some.
pub(crate) fn check_features(
    path: &Path,
    part: Option<&'static str>,
    values: &[f64],
    columns: &[usize],
    options: &ReadOptions,
) -> Result<(), DataError> {
    match values
        .iter()
        .position(|value| value.is_infinite() || value.is_nan() && !options.holes)
    {
        None => Ok(()),
        Some(at) => {
            let place = Place::cell(at / columns.len(), columns[at % columns.len()]);
            Err(not_finite(
                path,
                place.within(part),
                values[at],
                Of::Feature,
            ))
        }
    }
}

/// Refuses rows with a value that is not finite; `columns` are the file's, one a value of a row.
pub(crate) fn check_finite(
    path: &Path,
    part: Option<&'static str>,
    values: &[f64],
    columns: &[usize],
) -> Result<(), DataError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let place = Place::cell(at / columns.len(), columns[at % columns.len()]);
            Err(not_finite(path, place.within(part), values[at], Of::Other))
        }
    }
}

pub(crate) fn not_finite(path: &Path, place: Place, value: f64, of: Of) -> DataError {
    DataError::NotFinite {
        path: path.to_owned(),
        place: place.into(),
        cell: value.to_string(),
        is_feature: of == Of::Feature,
    }
}

/// The watch over an array that is read a piece at a time.
pub(crate) struct Pieces<'a> {
    watch: Option<&'a Watch>,
    bytes: u64,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(watch: Option<&'a Watch>) -> Self {
        Self { watch, bytes: 0 }
    }

    /// Whether to read on after a piece of so many bytes. Where not, the rows so far are the table.
    pub(crate) fn goes_on_after(&mut self, bytes: usize) -> bool {
        self.bytes += bytes as u64;
        let Some(watch) = self.watch.filter(|_| self.bytes >= LEAST) else {
            return true;
        };
        let goes_on = watch.goes_on(self.bytes);
        if !goes_on {
            watch.cut();
        }
        goes_on
    }
}
