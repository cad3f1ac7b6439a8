//! Sparse text rows: `label index:value index:value ...`, indices counted from 1.

use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::cell;
use crate::error::DataError;
use crate::options::ReadOptions;
use crate::place::Place;
use crate::source::read_error;
use crate::table::{Table, TargetColumn};
use crate::text::TextSource;

/// A dense table of up to this many values (128 MiB) is always made ...
const DENSE_FLOOR: usize = 1 << 24;
/// ... a larger one, if one value in so many is in the file.
const DENSE_TIMES: usize = 4096;

/// Reads a LIBSVM file into a dense table as wide as the largest index, or as `options` need it.
pub(crate) fn read(path: &Path, options: &ReadOptions) -> Result<Table, DataError> {
    options.check_fixed_target(path)?;
    let text = TextSource::open(path)?.watched(options.watch.as_ref());
    let mut reader = BufReader::with_capacity(1 << 16, text);
    let mut rows = SparseRows::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader
            .read_until(b'\n', &mut line)
            .map_err(|error| read_error(path, error))?
            == 0
        {
            break;
        }
        let row = rows.ends.len();
        let Ok(text) = std::str::from_utf8(&line) else {
            let place = Place {
                row: Some(row + 1),
                ..Place::default()
            };
            return Err(DataError::NotUtf8 {
                path: path.to_owned(),
                place,
            });
        };
        // A comment runs to the end of its line.
        let content = text.split('#').next().unwrap_or_default().trim();
        if !content.is_empty() {
            rows.push(path, content, options)?;
        }
    }
    rows.into_table(path, options)
}

#[derive(Default)]
struct SparseRows {
    labels: Vec<String>,
    label_values: Vec<f64>,
    /// Columns, counted from 0.
    columns: Vec<usize>,
    values: Vec<f64>,
    /// Where each row ends in `columns` and `values`.
    ends: Vec<usize>,
    width: usize,
}

impl SparseRows {
    fn push(&mut self, path: &Path, content: &str, options: &ReadOptions) -> Result<(), DataError> {
        let row = self.ends.len();
        let mut entries = content.split_ascii_whitespace().peekable();
        if options.wants_target() {
            let label = entries.next().unwrap_or_default();
            self.label_values
                .push(cell::number(path, label, || Place::label(row))?);
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
                return Err(DataError::Entry {
                    path: path.to_owned(),
                    row: row + 1,
                    entry: entry.to_owned(),
                });
            };
            if index <= previous {
                return Err(DataError::IndexOrder {
                    path: path.to_owned(),
                    row: row + 1,
                    index,
                    previous,
                });
            }
            if let Some(want) = options.required_features()
                && index > want
            {
                return Err(DataError::IndexBeyond {
                    path: path.to_owned(),
                    row: row + 1,
                    index,
                    want,
                });
            }
            self.values
                .push(cell::number(path, value, || Place::cell(row, index - 1))?);
            self.columns.push(index - 1);
            self.width = self.width.max(index);
            previous = index;
        }
        self.ends.push(self.columns.len());
        Ok(())
    }

    fn into_table(self, path: &Path, options: &ReadOptions) -> Result<Table, DataError> {
        let n_samples = self.ends.len();
        if n_samples == 0 {
            return Err(DataError::NoRows {
                path: path.to_owned(),
                part: None,
            });
        }
        let n_features = options.required_features().unwrap_or(self.width);
        if n_features == 0 {
            return Err(DataError::NoFeatures {
                path: path.to_owned(),
                part: None,
            });
        }
        let entries = self.values.len();
        let largest = entries.saturating_mul(DENSE_TIMES).max(DENSE_FLOOR);
        let mut features = Vec::new();
        let size = n_samples
            .checked_mul(n_features)
            .filter(|&size| size <= largest && features.try_reserve_exact(size).is_ok());
        let Some(size) = size else {
            return Err(DataError::TooSparse {
                path: path.to_owned(),
                rows: n_samples,
                columns: n_features,
                entries,
            });
        };
        features.resize(size, 0.0);
        let mut start = 0;
        for (row, &end) in features.chunks_exact_mut(n_features).zip(&self.ends) {
            for (&column, &value) in self.columns[start..end]
                .iter()
                .zip(&self.values[start..end])
            {
                row[column] = value;
            }
            start = end;
        }
        let target = options.wants_target().then_some(TargetColumn::Numbers {
            values: self.label_values,
            text: self.labels,
        });
        Ok(Table {
            features,
            n_samples,
            n_features,
            feature_names: None,
            target,
            target_name: None,
            target_index: None,
        })
    }
}
