//! Text tables: cells divided by commas, semicolons, tabs, pipes or blanks.

use std::path::Path;

use ::csv::ByteRecord;

use crate::cell::is_blank;
use crate::columns::{Choose, FileColumns, choose};
use crate::csv_blocks::{Blocks, read_rest};
use crate::csv_records::{Kept, Record, Records};
use crate::csv_rows::{Finished, Rows, TargetText, ragged, roles};
use crate::decimal::{self, Comma, Decimal};
use crate::error::DataError;
use crate::feature::FeatureText;
use crate::header::{self, Known, is_header};
use crate::lines::Lines;
use crate::options::{Header, ReadOptions};
use crate::place::Place;
use crate::separator::Separator;
use crate::table::{AsideColumn, Layout, Table, TextLayout};
use crate::text::TextSource;

/// Records that are looked at before the first is judged ...
const SAMPLE: usize = 256;
/// ... or as many as have so many bytes, at least enough to know a header.
const SAMPLE_BYTES: usize = 4 << 20;

/// Reads a text table; its separator, header and decimal sign are found in its first lines.
pub(crate) fn read(
    path: &Path,
    options: &ReadOptions,
    pick: Choose<'_>,
) -> Result<Table, DataError> {
    read_by(path, options, pick, Some(Blocks::default()))
}

/// Reads a text table, after its first lines by blocks of this kind, or record by record.
pub(crate) fn read_by(
    path: &Path,
    options: &ReadOptions,
    pick: Choose<'_>,
    blocks: Option<Blocks>,
) -> Result<Table, DataError> {
    let mut text = TextSource::open(path)?.watched(options.watch.as_ref());
    let named = text.skip_front();
    let (head, whole) = text.head();
    let separator = match named {
        Some(byte) => Some(Separator::named(byte)),
        None => Separator::of(head, whole),
    };
    if separator == Some(Separator::Blanks) {
        text.squeeze_blanks();
    }
    let encoding = text.encoding();
    let (skipped, divided) = (text.skipped(), separator.unwrap_or(Separator::Comma).byte());
    let mut records = Records::new(path, Kept::new(text), divided, skipped);

    let mut sample = Vec::new();
    let mut bytes = 0;
    while sample.len() <= header::SAMPLE || sample.len() < SAMPLE && bytes < SAMPLE_BYTES {
        match records.next()? {
            Some(record) => {
                bytes += record.cells.as_slice().len();
                sample.push(record.clone());
            }
            None => break,
        }
    }
    let Some(first) = sample.first() else {
        return Err(DataError::NoRows {
            path: path.to_owned(),
            part: None,
        });
    };
    let ends_in_separator = first.cells.len() > 1
        && sample
            .iter()
            .all(|record| record.cells.iter().next_back().is_some_and(is_blank));
    let width = first.cells.len() - usize::from(ends_in_separator);
    let first_line = first.line;
    let decimal = decimal_of(&sample, separator);
    let has_header = match options.header {
        Header::Yes => true,
        Header::No => false,
        Header::Auto => {
            let mut names = options.known_names.clone();
            names.extend(options.target.clone());
            let index = options
                .target
                .as_deref()
                .and_then(|name| name.trim().parse().ok());
            let cells: Vec<ByteRecord> = sample
                .iter()
                .take(header::SAMPLE + 1)
                .map(|record| trimmed(&record.cells, width))
                .collect();
            let known = Known {
                target: options.with_target.then_some(index.unwrap_or(width - 1)),
                names: &names,
                decimal,
            };
            is_header(&cells, known)
        }
    };
    let names = match has_header {
        true => Some(names_in(path, &sample.remove(0), width)?),
        false => None,
    };
    if has_header {
        refuse_units(path, &sample, names.as_deref(), width, decimal)?;
    }
    // a title over a table is no table of one column
    let longer = |(_, record): &(usize, &Record)| width == 1 && record.cells.len() > 2;
    if let Some((row, record)) = sample.iter().enumerate().find(longer) {
        return Err(ragged(path, row, width, first_line, record));
    }
    let columns = FileColumns {
        names: names.as_deref(),
        count: width,
        target_apart: false,
        sparse: false,
    };
    let chosen = choose(path, options, &columns, pick)?;
    if chosen.features.is_empty() {
        return Err(match width {
            1 => DataError::OneColumn {
                path: path.to_owned(),
                line: first_line,
            },
            _ => DataError::NoFeatures {
                path: path.to_owned(),
                part: None,
            },
        });
    }

    let mut rows = Rows {
        path,
        width,
        first_line,
        names: names.as_deref(),
        sample: &sample,
        roles: roles(width, &chosen, options.with_target),
        n_features: chosen.features.len(),
        decimal: match separator {
            Some(Separator::Comma) | None => Decimal::Point,
            _ => decimal,
        },
        features: Vec::new(),
        lines: Lines::default(),
        n_samples: 0,
        targets: std::iter::once(options.target_cells)
            .chain(chosen.aside.iter().map(|(_, _, cells)| *cells))
            .map(|wanted| TargetText {
                wanted,
                ..TargetText::default()
            })
            .collect(),
        columns: (chosen.cells.iter())
            .map(|cells| FeatureText::new(*cells, options.holes))
            .collect(),
    };
    for early in &sample {
        rows.push(early)?;
    }
    read_rest(records, &mut rows, blocks)?;
    let name = |column: usize| names.as_ref().map(|names| names[column].clone());
    let feature_names = names.as_ref().map(|names| {
        chosen
            .features
            .iter()
            .map(|&column| names[column].clone())
            .collect()
    });
    let (target_name, decimal_comma) =
        (chosen.target.and_then(name), rows.decimal == Decimal::Comma);
    let with_target = chosen.target.is_some() && options.with_target;
    let read = std::iter::once(chosen.target.filter(|_| with_target))
        .chain(chosen.aside.iter().map(|(column, _, _)| Some(*column)))
        .collect::<Vec<_>>();
    let finished = rows.finish(&read, &chosen.features)?;
    let Finished {
        features,
        columns,
        lines,
        targets,
    } = finished;
    let mut targets = targets.into_iter();
    let target = targets.next().flatten();
    let aside = (chosen.aside.iter().zip(targets))
        .filter_map(|(&(column, index, _), cells)| {
            Some(AsideColumn {
                name: name(column),
                index,
                column,
                cells: cells?,
            })
        })
        .collect();
    Ok(Table {
        n_samples: features.len() / chosen.features.len(),
        n_features: chosen.features.len(),
        features,
        sparse: None,
        feature_names,
        columns,
        aside,
        target,
        target_name,
        target_index: chosen.target_place,
        layout: Layout {
            text: Some(TextLayout {
                header: has_header,
                separator,
                decimal_comma,
                encoding,
            }),
            names: chosen.names,
            columns: chosen.features,
            target_column: chosen.target,
            lines,
        },
    })
}

fn trimmed(cells: &ByteRecord, width: usize) -> ByteRecord {
    cells.iter().take(width).collect()
}

/// How the first records write fractions. Where commas divide the cells, a comma within one is no
/// decimal sign: such a file could as well have lost its quotes.
fn decimal_of(sample: &[Record], separator: Option<Separator>) -> Decimal {
    if matches!(separator, Some(Separator::Comma) | None) {
        return Decimal::Point;
    }
    let (mut points, mut commas) = (0, 0);
    for cell in sample.iter().flat_map(|record| record.cells.iter()) {
        let Ok(cell) = std::str::from_utf8(cell.trim_ascii()) else {
            continue;
        };
        points += usize::from(decimal::has_point(cell));
        commas += usize::from(decimal::comma_of(cell) == Some(Comma::Decimal));
    }
    match (points, commas) {
        (0, 0) => Decimal::Unknown,
        _ if commas > points => Decimal::Comma,
        _ => Decimal::Point,
    }
}

fn names_in(path: &Path, header: &Record, width: usize) -> Result<Vec<String>, DataError> {
    let name = |(column, cell): (usize, &[u8])| match std::str::from_utf8(cell) {
        Ok(name) => Ok(name.trim().to_owned()),
        Err(_) => Err(DataError::NotUtf8 {
            path: path.to_owned(),
            place: Place {
                column: Some(column + 1),
                ..Place::default()
            }
            .on_line(Some(header.line))
            .into(),
            text: String::from_utf8_lossy(cell).into_owned(),
        }),
    };
    header
        .cells
        .iter()
        .take(width)
        .enumerate()
        .map(name)
        .collect()
}

/// Refuses a first row that holds units under a header.
fn refuse_units(
    path: &Path,
    sample: &[Record],
    names: Option<&[String]>,
    width: usize,
    decimal: Decimal,
) -> Result<(), DataError> {
    let cells: Vec<ByteRecord> = sample
        .iter()
        .take(header::SAMPLE + 1)
        .map(|record| record.cells.clone())
        .collect();
    match (header::unit(&cells, decimal), sample.first()) {
        (Some((column, cell)), Some(row)) if row.cells.len() == width => Err(DataError::Units {
            path: path.to_owned(),
            place: Place::cell(0, column)
                .named(
                    names
                        .and_then(|names| names.get(column))
                        .map(String::as_str),
                )
                .on_line(Some(row.line))
                .into(),
            cell,
        }),
        _ => Ok(()),
    }
}
