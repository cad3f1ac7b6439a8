//! Comma- and tab-separated text.

use std::path::Path;

use ::csv::{ByteRecord, Reader, ReaderBuilder};

use crate::cell::{self, Cell, classify};
use crate::error::DataError;
use crate::header::{SAMPLE, is_header};
use crate::options::{ReadOptions, TargetPresence};
use crate::place::Place;
use crate::source::read_error;
use crate::table::{Table, TargetColumn};
use crate::text::TextSource;

/// Reads a CSV or TSV file; `delimiter` `None`: a comma, or a semicolon if the first line has no comma.
pub(crate) fn read(
    path: &Path,
    delimiter: Option<u8>,
    options: &ReadOptions,
) -> Result<Table, DataError> {
    let text = TextSource::open(path)?.watched(options.watch.as_ref());
    let delimiter = delimiter.unwrap_or_else(|| {
        let line = text.first_line();
        if line.contains(&b';') && !line.contains(&b',') {
            b';'
        } else {
            b','
        }
    });
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(1 << 16)
        .from_reader(text);

    let mut sample = Vec::with_capacity(SAMPLE + 1);
    let mut record = ByteRecord::new();
    while sample.len() <= SAMPLE && next(&mut reader, &mut record, path)? {
        sample.push(record.clone());
    }
    let Some(width) = sample.first().map(ByteRecord::len) else {
        return Err(DataError::NoRows {
            path: path.to_owned(),
            part: None,
        });
    };
    let (target_name, target_guess) = expected_target(options, width);
    let names = if is_header(&sample, target_guess, target_name) {
        Some(names_in(path, &sample.remove(0))?)
    } else {
        None
    };
    let target = options.target_among(path, names.as_deref(), width)?;

    let mut rows = Rows::new(
        path,
        width,
        target,
        options.wants_target(),
        names.as_deref(),
    );
    for early in &sample {
        rows.push(early)?;
    }
    drop(sample);
    while next(&mut reader, &mut record, path)? {
        rows.push(&record)?;
    }
    let (features, n_samples, column) = rows.finish()?;
    let mut feature_names = names;
    let target_name = match (&mut feature_names, target) {
        (Some(names), Some(index)) => Some(names.remove(index)),
        _ => None,
    };
    Ok(Table {
        features,
        n_samples,
        n_features: width - usize::from(target.is_some()),
        feature_names,
        target: column,
        target_name,
        target_index: target,
    })
}

/// The target's name and column, as far as they are known before the header is.
fn expected_target(options: &ReadOptions, width: usize) -> (Option<&str>, Option<usize>) {
    let last = width.checked_sub(1);
    match &options.target_presence {
        TargetPresence::Required => {
            let index = options
                .target
                .as_deref()
                .and_then(|target| target.trim().parse().ok());
            (options.target.as_deref(), index.or(last))
        }
        TargetPresence::Optional { n_features, .. } if width <= *n_features => (None, None),
        TargetPresence::Optional {
            target_name,
            target_index,
            ..
        } => (target_name.as_deref(), target_index.or(last)),
    }
}

/// The next record that is not blank; `false` at the end.
fn next(
    reader: &mut Reader<TextSource>,
    record: &mut ByteRecord,
    path: &Path,
) -> Result<bool, DataError> {
    loop {
        let more = reader
            .read_byte_record(record)
            .map_err(|error| match error.into_kind() {
                ::csv::ErrorKind::Io(source) => read_error(path, source),
                kind => read_error(path, std::io::Error::other(format!("{kind:?}"))),
            })?;
        if !more {
            return Ok(false);
        }
        if record.len() > 1
            || record
                .get(0)
                .is_some_and(|cell| !cell.trim_ascii().is_empty())
        {
            return Ok(true);
        }
    }
}

fn names_in(path: &Path, header: &ByteRecord) -> Result<Vec<String>, DataError> {
    let name = |(column, cell): (usize, &[u8])| match std::str::from_utf8(cell) {
        Ok(name) => Ok(name.trim().to_owned()),
        Err(_) => Err(DataError::NotUtf8 {
            path: path.to_owned(),
            place: Place {
                column: Some(column + 1),
                ..Place::default()
            },
        }),
    };
    header.iter().enumerate().map(name).collect()
}

/// Data rows on their way into a table.
struct Rows<'a> {
    path: &'a Path,
    width: usize,
    target: Option<usize>,
    names: Option<&'a [String]>,
    features: Vec<f64>,
    n_samples: usize,
    column: Option<TargetCells>,
}

/// The cells of the target, numbers as long as all of them are.
#[derive(Default)]
struct TargetCells {
    text: Vec<String>,
    values: Vec<f64>,
    has_text: bool,
    first_not_finite: Option<(usize, String)>,
}

impl<'a> Rows<'a> {
    fn new(
        path: &'a Path,
        width: usize,
        target: Option<usize>,
        read_target: bool,
        names: Option<&'a [String]>,
    ) -> Self {
        let column = (target.is_some() && read_target).then(TargetCells::default);
        Self {
            path,
            width,
            target,
            names,
            features: Vec::new(),
            n_samples: 0,
            column,
        }
    }

    fn place(&self, column: usize) -> Place {
        Place::cell(self.n_samples, column).named(
            self.names
                .and_then(|names| names.get(column))
                .map(String::as_str),
        )
    }

    fn push(&mut self, record: &ByteRecord) -> Result<(), DataError> {
        if record.len() != self.width {
            return Err(DataError::Ragged {
                path: self.path.to_owned(),
                row: self.n_samples + 1,
                want: self.width,
                got: record.len(),
            });
        }
        for (column, bytes) in record.iter().enumerate() {
            let is_target = Some(column) == self.target;
            if is_target && self.column.is_none() {
                continue;
            }
            let Ok(text) = std::str::from_utf8(bytes) else {
                return Err(DataError::NotUtf8 {
                    path: self.path.to_owned(),
                    place: self.place(column),
                });
            };
            if is_target {
                self.push_target(column, text.trim())?;
            } else {
                let value = cell::number(self.path, text, || self.place(column))?;
                self.features.push(value);
            }
        }
        self.n_samples += 1;
        Ok(())
    }

    fn push_target(&mut self, column: usize, text: &str) -> Result<(), DataError> {
        let kind = classify(text);
        if kind == Cell::Missing {
            return Err(DataError::MissingValue {
                path: self.path.to_owned(),
                place: self.place(column),
                cell: text.to_owned(),
            });
        }
        if text.parse::<f64>().is_ok_and(f64::is_nan) {
            // Among labels, too, NaN stands for a missing one.
            return Err(DataError::NotFinite {
                path: self.path.to_owned(),
                place: self.place(column),
                cell: text.to_owned(),
            });
        }
        let row = self.n_samples;
        if let Some(cells) = &mut self.column {
            match kind {
                Cell::Number(value) => cells.values.push(value),
                Cell::Text => cells.has_text = true,
                Cell::NotFinite | Cell::Missing => {
                    cells
                        .first_not_finite
                        .get_or_insert_with(|| (row, text.to_owned()));
                }
            }
            cells.text.push(text.to_owned());
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(Vec<f64>, usize, Option<TargetColumn>), DataError> {
        if self.n_samples == 0 {
            return Err(DataError::NoRows {
                path: self.path.to_owned(),
                part: None,
            });
        }
        let column = match self.column.take() {
            None => None,
            Some(TargetCells {
                first_not_finite: Some((row, cell)),
                has_text: false,
                ..
            }) => {
                let column = self.target.unwrap_or(0);
                let place = Place {
                    row: Some(row + 1),
                    ..self.place(column)
                };
                return Err(DataError::NotFinite {
                    path: self.path.to_owned(),
                    place,
                    cell,
                });
            }
            Some(TargetCells {
                text,
                has_text: true,
                ..
            }) => Some(TargetColumn::Text(text)),
            Some(TargetCells { text, values, .. }) => Some(TargetColumn::Numbers { values, text }),
        };
        Ok((self.features, self.n_samples, column))
    }
}
