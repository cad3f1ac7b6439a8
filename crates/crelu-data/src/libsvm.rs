//! Sparse text rows: `label index:value index:value ...`, indices counted from 1.

use std::io::{BufRead, BufReader};
use std::path::Path;

use crelu_core::{TargetColumn, is_held_sparse};

use crate::array;
use crate::cell::{Cell, classify};
use crate::columns::{Choose, FileColumns, choose};
use crate::error::{DataError, SparseError};
use crate::feature::FeatureCells;
use crate::lines::Lines;
use crate::options::ReadOptions;
use crate::place::Place;
use crate::refusal::{Of, refusal};
use crate::source::read_error;
use crate::table::{Layout, SparseFeatures, Table};
use crate::text::TextSource;

/// Holes and levels are coded in a dense table of up to this many values, 1 GiB.
const DENSE_CODED: usize = 1 << 27;
/// Most columns of a sparse table: a neuron has a weight for each, 128 MiB.
const MOST_COLUMNS: usize = 1 << 24;

/// Reads a LIBSVM file into a table as wide as the largest index, or as `options` need it: a dense one
/// where it is small or well filled, else one of its entries.
pub(crate) fn read(
    path: &Path,
    options: &ReadOptions,
    pick: Choose<'_>,
) -> Result<Table, DataError> {
    options.check_fixed_target(path)?;
    let text = TextSource::open(path)?.watched(options.watch.as_ref());
    let mut reader = BufReader::with_capacity(1 << 16, text);
    let mut rows = SparseRows::default();
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        number += 1;
        if reader
            .read_until(b'\n', &mut line)
            .map_err(|error| read_error(path, error))?
            == 0
        {
            break;
        }
        let row = rows.ends.len();
        let Ok(text) = std::str::from_utf8(&line) else {
            return Err(DataError::NotUtf8 {
                path: path.to_owned(),
                place: Box::new(Place::row(row).on_line(Some(number))),
                text: String::from_utf8_lossy(&line).trim().to_owned(),
            });
        };
        // A comment runs to the end of its line.
        let content = text.split('#').next().unwrap_or_default().trim();
        if !content.is_empty() {
            rows.push(path, content, number, options)?;
        }
    }
    rows.into_table(path, options, pick)
}

#[derive(Default)]
struct SparseRows {
    labels: Vec<String>,
    label_values: Vec<f64>,
    /// Columns, counted from 0.
    columns: Vec<u32>,
    values: Vec<f64>,
    /// Where each row ends in `columns` and `values`.
    ends: Vec<usize>,
    lines: Lines,
    width: usize,
}

impl SparseRows {
    fn push(
        &mut self,
        path: &Path,
        content: &str,
        line: u64,
        options: &ReadOptions,
    ) -> Result<(), DataError> {
        let row = self.ends.len();
        let place = || Place::row(row).on_line(Some(line));
        let number = |cell: &str, place: Place, of: Of| match classify(cell) {
            Cell::Number(value) => Ok(value),
            Cell::NotFinite if of == Of::Feature && options.holes && is_nan(cell) => Ok(f64::NAN),
            kind => Err(refusal(path, cell, kind, place.on_line(Some(line)), of)),
        };
        let mut entries = content.split_ascii_whitespace().peekable();
        if options.with_target {
            let label = entries.next().unwrap_or_default();
            if label.contains(':') {
                let entry = label.to_owned();
                return Err(SparseError::NoLabel { entry }.at(path, place()));
            }
            self.label_values
                .push(number(label, Place::label(row), Of::Other)?);
            self.labels.push(label.to_owned());
        } else {
            entries.next_if(|first| !first.contains(':'));
        }
        let mut previous = 0;
        for entry in entries {
            let index_and_value = entry
                .split_once(':')
                .and_then(|(index, value)| Some((index.parse::<usize>().ok()?, value)));
            let Some((index, value)) = index_and_value.filter(|&(index, _)| index > 0) else {
                let entry = entry.to_owned();
                return Err(SparseError::Entry { entry }.at(path, place()));
            };
            if index <= previous {
                return Err(SparseError::IndexOrder { index, previous }.at(path, place()));
            }
            if let Some(want) = options.n_features
                && index > want
            {
                return Err(SparseError::IndexBeyond { index, want }.at(path, place()));
            }
            // the index stands in the file as it is, counted from 1
            let value = number(value, Place::cell(row, index - 1), Of::Feature)?;
            self.values.push(value);
            let Some(column) = u32::try_from(index - 1)
                .ok()
                .filter(|_| index <= MOST_COLUMNS)
            else {
                let most = MOST_COLUMNS;
                return Err(SparseError::IndexTooLarge { index, most }.at(path, place()));
            };
            self.columns.push(column);
            self.width = self.width.max(index);
            previous = index;
        }
        self.ends.push(self.columns.len());
        self.lines.push(line);
        Ok(())
    }

    fn into_table(
        self,
        path: &Path,
        options: &ReadOptions,
        pick: Choose<'_>,
    ) -> Result<Table, DataError> {
        let n_samples = self.ends.len();
        if n_samples == 0 {
            return Err(DataError::NoRows {
                path: path.to_owned(),
                part: None,
            });
        }
        let file = FileColumns {
            names: None,
            count: self.width,
            target_apart: true,
            sparse: true,
        };
        let chosen = choose(path, options, &file, pick)?;
        let n_features = chosen.features.len();
        if n_features == 0 {
            return Err(DataError::NoFeatures {
                path: path.to_owned(),
                part: None,
            });
        }
        // where each column of the file goes
        let mut feature_of = vec![None; self.width];
        for (feature, &column) in (0..).zip(&chosen.features) {
            if let Some(slot) = feature_of.get_mut(column) {
                *slot = Some(feature);
            }
        }
        let size = n_samples.checked_mul(n_features);
        let needs_all = self.values.iter().any(|value| value.is_nan())
            || chosen.cells.contains(&FeatureCells::Levels);
        let dense = size.filter(|&size| match needs_all {
            true => size <= DENSE_CODED,
            false => !is_held_sparse(n_samples, n_features, self.values.len()),
        });
        let (mut features, sparse) = match dense {
            Some(size) => (self.dense(size, n_features, &feature_of), None),
            None if needs_all => {
                return Err(DataError::TooSparse {
                    path: path.to_owned(),
                    rows: n_samples,
                    columns: n_features,
                });
            }
            None => (Vec::new(), Some(self.sparse(&feature_of))),
        };
        let target = options.with_target.then_some(TargetColumn {
            text: self.labels,
            values: Some(self.label_values),
        });
        Ok(Table {
            columns: array::levels(&mut features, &chosen.cells),
            features,
            sparse,
            n_samples,
            n_features,
            feature_names: None,
            aside: Vec::new(),
            target,
            target_name: None,
            target_index: None,
            layout: Layout {
                columns: chosen.features,
                lines: self.lines,
                ..Layout::default()
            },
        })
    }

    /// All values, row-major.
    fn dense(&self, size: usize, n_features: usize, feature_of: &[Option<u32>]) -> Vec<f64> {
        let mut features = vec![0.0; size];
        let mut start = 0;
        for (row, &end) in features.chunks_exact_mut(n_features).zip(&self.ends) {
            for (&column, &value) in self.columns[start..end]
                .iter()
                .zip(&self.values[start..end])
            {
                if let Some(feature) = feature_of[column as usize] {
                    row[feature as usize] = value;
                }
            }
            start = end;
        }
        features
    }

    /// The entries that are not zero, of features alone.
    fn sparse(&self, feature_of: &[Option<u32>]) -> SparseFeatures {
        let mut sparse = SparseFeatures {
            starts: Vec::with_capacity(self.ends.len() + 1),
            columns: Vec::with_capacity(self.columns.len()),
            values: Vec::with_capacity(self.values.len()),
        };
        sparse.starts.push(0);
        let mut start = 0;
        for &end in &self.ends {
            let first = sparse.values.len();
            let row = self.columns[start..end]
                .iter()
                .zip(&self.values[start..end]);
            for (&column, &value) in row.filter(|(_, value)| **value != 0.0) {
                if let Some(feature) = feature_of[column as usize] {
                    sparse.columns.push(feature);
                    sparse.values.push(value);
                }
            }
            sparse.sort_from(first);
            sparse.starts.push(sparse.values.len());
            start = end;
        }
        sparse
    }
}

impl SparseFeatures {
    /// Sorts the entries of the last row: columns that were chosen in another order than the file's.
    fn sort_from(&mut self, first: usize) {
        if self.columns[first..].is_sorted() {
            return;
        }
        let row = self.columns[first..].iter().zip(&self.values[first..]);
        let mut row: Vec<(u32, f64)> = row.map(|(column, value)| (*column, *value)).collect();
        row.sort_by_key(|entry| entry.0);
        for (at, (column, value)) in row.into_iter().enumerate() {
            self.columns[first + at] = column;
            self.values[first + at] = value;
        }
    }
}

fn is_nan(cell: &str) -> bool {
    cell.parse::<f64>().is_ok_and(f64::is_nan)
}
