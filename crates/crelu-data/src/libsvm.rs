//! Sparse text rows: `label index:value index:value ...`, indices counted from 1.

use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::array;
use crate::cell::{self, Cell, Of};
use crate::columns::{Choose, FileColumns, choose};
use crate::error::{DataError, SparseError};
use crate::lines::Lines;
use crate::options::ReadOptions;
use crate::place::Place;
use crate::source::read_error;
use crate::table::{Layout, Table, TargetColumn};
use crate::text::TextSource;

/// A dense table of up to this many values (128 MiB) is always made ...
const DENSE_FLOOR: usize = 1 << 24;
/// ... a larger one, if one value in so many is in the file.
const DENSE_TIMES: usize = 4096;

/// Reads a LIBSVM file into a dense table as wide as the largest index, or as `options` need it.
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
    columns: Vec<usize>,
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
        let number = |cell: &str, place: Place, of: Of| match cell::classify(cell) {
            Cell::Number(value) => Ok(value),
            Cell::NotFinite if of == Of::Feature && options.holes && is_nan(cell) => Ok(f64::NAN),
            kind => Err(cell::refusal(
                path,
                cell,
                kind,
                place.on_line(Some(line)),
                of,
            )),
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
            self.columns.push(index - 1);
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
        let entries = self.values.len();
        let largest = entries.saturating_mul(DENSE_TIMES).max(DENSE_FLOOR);
        let too_sparse = |columns: usize| DataError::TooSparse {
            path: path.to_owned(),
            rows: n_samples,
            columns,
            entries,
        };
        let fits = |columns: usize| {
            n_samples
                .checked_mul(columns)
                .filter(|&size| size <= largest)
        };
        // a list of the columns alone could be too long
        if fits(self.width).is_none() {
            return Err(too_sparse(self.width));
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
        for (feature, &column) in chosen.features.iter().enumerate() {
            if let Some(slot) = feature_of.get_mut(column) {
                *slot = Some(feature);
            }
        }
        let mut features = Vec::new();
        let Some(size) = fits(n_features).filter(|&size| features.try_reserve_exact(size).is_ok())
        else {
            return Err(too_sparse(n_features));
        };
        features.resize(size, 0.0);
        let mut start = 0;
        for (row, &end) in features.chunks_exact_mut(n_features).zip(&self.ends) {
            let columns = &self.columns[start..end];
            for (&column, &value) in columns.iter().zip(&self.values[start..end]) {
                if let Some(feature) = feature_of[column] {
                    row[feature] = value;
                }
            }
            start = end;
        }
        let target = options.with_target.then_some(TargetColumn::Numbers {
            values: self.label_values,
            text: self.labels,
        });
        Ok(Table {
            columns: array::levels(&mut features, &chosen.cells),
            features,
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
}

fn is_nan(cell: &str) -> bool {
    cell.parse::<f64>().is_ok_and(f64::is_nan)
}
