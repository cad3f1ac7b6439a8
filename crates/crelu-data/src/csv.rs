//! Text tables: cells divided by commas, semicolons, tabs, pipes or blanks.

use std::path::Path;

use ::csv::{ByteRecord, Reader, ReaderBuilder};

use crate::cell::{self, Cell, classify, classify_as};
use crate::columns::{Choose, Chosen, FileColumns, choose};
use crate::decimal::{self, Comma, Decimal};
use crate::error::DataError;
use crate::feature::{FeatureColumn, FeatureText, Taken, are_amounts};
use crate::header::{self, Known, is_header};
use crate::lines::Lines;
use crate::options::{Header, ReadOptions, TargetCells};
use crate::place::Place;
use crate::separator::Separator;
use crate::source::read_error;
use crate::stray::Stray;
use crate::table::{AsideColumn, Layout, Table, TargetColumn, TextLayout};
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
    let mut records = Records::new(path, text, separator);

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
    while let Some(record) = records.next()? {
        rows.push(record)?;
    }
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

/// A record and the lines it stands in.
#[derive(Debug, Clone, Default)]
struct Record {
    cells: ByteRecord,
    line: u64,
    /// Line breaks within its cells.
    breaks: u64,
}

/// The records of a file that are not blank, with their lines.
struct Records<'a> {
    path: &'a Path,
    reader: Reader<TextSource>,
    skipped: u64,
    /// The line after the record before.
    next_line: u64,
    record: Record,
}

impl<'a> Records<'a> {
    fn new(path: &'a Path, text: TextSource, separator: Option<Separator>) -> Self {
        let skipped = text.skipped();
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator.unwrap_or(Separator::Comma).byte())
            .terminator(::csv::Terminator::Any(b'\n'))
            .buffer_capacity(1 << 16)
            .from_reader(text);
        Self {
            path,
            reader,
            skipped,
            next_line: 1,
            record: Record::default(),
        }
    }

    fn next(&mut self) -> Result<Option<&Record>, DataError> {
        loop {
            let Record {
                cells,
                line,
                breaks,
            } = &mut self.record;
            let more =
                self.reader
                    .read_byte_record(cells)
                    .map_err(|error| match error.into_kind() {
                        ::csv::ErrorKind::Io(source) => read_error(self.path, source),
                        kind => read_error(self.path, std::io::Error::other(format!("{kind:?}"))),
                    })?;
            if !more {
                return Ok(None);
            }
            if cells.len() == 1 && cells.get(0).is_some_and(is_blank) {
                continue;
            }
            *breaks = cells
                .as_slice()
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count() as u64;
            // the reader stands in the line after the record; one that a quotation mark left open has
            // the end of the last line within it
            let next = self.reader.position().line();
            *line = self.skipped + next.saturating_sub(1 + *breaks).max(self.next_line);
            self.next_line = next;
            return Ok(Some(&self.record));
        }
    }
}

fn is_blank(cell: &[u8]) -> bool {
    cell.trim_ascii().is_empty()
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

/// What a column of the file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnRole {
    Skipped,
    Feature(usize),
    /// The target, 0, or a column beside it.
    Target(usize),
}

fn roles(width: usize, chosen: &Chosen, with_target: bool) -> Vec<ColumnRole> {
    let mut roles = vec![ColumnRole::Skipped; width];
    if let (Some(column), true) = (chosen.target, with_target) {
        roles[column] = ColumnRole::Target(0);
    }
    for (at, (column, _, _)) in chosen.aside.iter().enumerate() {
        roles[*column] = ColumnRole::Target(1 + at);
    }
    for (feature, &column) in chosen.features.iter().enumerate() {
        roles[column] = ColumnRole::Feature(feature);
    }
    roles
}

/// The error for a record of another length than the first line.
fn ragged(path: &Path, row: usize, want: usize, first_line: u64, record: &Record) -> DataError {
    let cells: Vec<_> = record.cells.iter().map(String::from_utf8_lossy).collect();
    DataError::Ragged {
        path: path.to_owned(),
        place: Box::new(Place::row(row).on_line(Some(record.line))),
        want,
        got: record.cells.len(),
        first_line,
        breaks: record.breaks,
        text: cells.join(" ").trim().to_owned(),
    }
}

/// Data rows on their way into a table.
struct Rows<'a> {
    path: &'a Path,
    width: usize,
    first_line: u64,
    names: Option<&'a [String]>,
    sample: &'a [Record],
    roles: Vec<ColumnRole>,
    n_features: usize,
    decimal: Decimal,
    features: Vec<f64>,
    lines: Lines,
    n_samples: usize,
    /// The target, whether it is read or not, and the columns beside it.
    targets: Vec<TargetText>,
    columns: Vec<FeatureText>,
}

/// The cells of the target, and of each kind the first row and how many there are.
#[derive(Default)]
struct TargetText {
    wanted: TargetCells,
    text: Vec<String>,
    values: Vec<f64>,
    numbers: Met,
    texts: Met,
    not_finite: Met,
}

/// How often something was met, and where first.
#[derive(Debug, Clone, Copy, Default)]
struct Met {
    count: usize,
    first: usize,
}

impl Met {
    fn at(&mut self, row: usize) {
        if self.count == 0 {
            self.first = row;
        }
        self.count += 1;
    }
}

impl Rows<'_> {
    fn place(&self, row: usize, column: usize, line: Option<u64>) -> Place {
        let names = self.names.and_then(|names| names.get(column));
        Place::cell(row, column)
            .named(names.map(String::as_str))
            .on_line(line)
    }

    fn push(&mut self, record: &Record) -> Result<(), DataError> {
        let (cells, row) = (&record.cells, self.n_samples);
        let ends_in_separator =
            cells.len() == self.width + 1 && cells.get(self.width).is_some_and(is_blank);
        if cells.len() != self.width && !ends_in_separator {
            return Err(ragged(self.path, row, self.width, self.first_line, record));
        }
        let start = self.features.len();
        self.features.resize(start + self.n_features, 0.0);
        for (column, bytes) in cells.iter().take(self.width).enumerate() {
            let role = self.roles[column];
            if role == ColumnRole::Skipped {
                continue;
            }
            let Ok(text) = std::str::from_utf8(bytes) else {
                return Err(DataError::NotUtf8 {
                    path: self.path.to_owned(),
                    place: Box::new(self.place(row, column, Some(record.line))),
                    text: String::from_utf8_lossy(bytes).into_owned(),
                });
            };
            let text = text.trim();
            self.settle_decimal(text);
            match (role, classify_as(text, self.decimal)) {
                (ColumnRole::Feature(at), kind) => {
                    match self.columns[at].take(text, kind, row, record.line) {
                        Taken::As(value) => self.features[start + at] = value,
                        Taken::Refused => {
                            return Err(self.refusal(text, kind, column, record.line));
                        }
                        Taken::AfterText => {
                            return Err(self.mixed(text, at, column, record.line));
                        }
                    }
                }
                (ColumnRole::Target(at), kind) => {
                    self.push_target(at, text, kind, column, record.line)?;
                }
                (ColumnRole::Skipped, _) => {}
            }
        }
        self.n_samples += 1;
        self.lines.push(record.line);
        Ok(())
    }

    /// The first cell with a fraction tells how they are written.
    fn settle_decimal(&mut self, cell: &str) {
        if self.decimal == Decimal::Unknown {
            if decimal::has_point(cell) {
                self.decimal = Decimal::Point;
            } else if decimal::comma_of(cell) == Some(Comma::Decimal) {
                self.decimal = Decimal::Comma;
            }
        }
    }

    /// The error for a number in a column whose cells before are text: the fewer of the first rows are
    /// at fault.
    fn mixed(&self, text: &str, feature: usize, column: usize, line: u64) -> DataError {
        let (texts, numbers) = self.kinds(column);
        let first = self.columns[feature].first_text();
        let Some((cell, (row, first_line))) = first else {
            return self.refusal(text, Cell::Text, column, line);
        };
        if texts <= numbers {
            let place = self.place(row, column, Some(first_line));
            return cell::refusal(self.path, cell, Cell::Text, place);
        }
        let place = self.place(self.n_samples, column, Some(line));
        DataError::MixedColumn {
            path: self.path.to_owned(),
            column: named_or_index(&place, column),
            place: place.into(),
            cell: text.to_owned(),
            text: cell.to_owned(),
            line: first_line,
        }
    }

    /// Texts and numbers of a column in the first rows.
    fn kinds(&self, column: usize) -> (usize, usize) {
        let kinds = self
            .sample
            .iter()
            .filter_map(|record| std::str::from_utf8(record.cells.get(column)?).ok())
            .map(|cell| classify_as(cell, self.decimal));
        let (mut texts, mut numbers) = (0, 0);
        for kind in kinds {
            texts += usize::from(kind == Cell::Text);
            numbers += usize::from(matches!(kind, Cell::Number(_)));
        }
        (texts, numbers)
    }

    /// The error for a cell of a feature: of a column of text the column is at fault, not the cell.
    fn refusal(&self, text: &str, kind: Cell, column: usize, line: u64) -> DataError {
        let place = self.place(self.n_samples, column, Some(line));
        let (texts, numbers) = self.kinds(column);
        if kind == Cell::Text && texts > 1 && numbers == 0 {
            return DataError::TextColumn {
                path: self.path.to_owned(),
                drop: named_or_index(&place, column),
                stray: Stray::of(text),
                place: place.into(),
                cell: text.to_owned(),
            };
        }
        cell::refusal(self.path, text, kind, place)
    }

    fn push_target(
        &mut self,
        at: usize,
        text: &str,
        kind: Cell,
        column: usize,
        line: u64,
    ) -> Result<(), DataError> {
        let row = self.n_samples;
        let wanted = self.targets[at].wanted;
        let is_nan = || text.parse::<f64>().is_ok_and(f64::is_nan);
        let refused = match kind {
            Cell::Missing => true,
            // among labels, too, NaN stands for a missing one
            Cell::NotFinite => wanted == TargetCells::Numbers || is_nan(),
            Cell::Text => wanted == TargetCells::Numbers,
            Cell::Number(_) => false,
        };
        if refused {
            return Err(cell::refusal(
                self.path,
                text,
                kind,
                self.place(row, column, Some(line)),
            ));
        }
        let target = &mut self.targets[at];
        match kind {
            Cell::Number(value) => {
                target.values.push(value);
                target.numbers.at(row);
            }
            Cell::NotFinite => target.not_finite.at(row),
            _ => target.texts.at(row),
        }
        target.text.push(text.to_owned());
        Ok(())
    }

    /// The table's parts; `read`: the file's columns of the target and of those beside it, where they
    /// are read.
    fn finish(mut self, read: &[Option<usize>], features: &[usize]) -> Result<Finished, DataError> {
        if self.n_samples == 0 {
            return Err(DataError::NoRows {
                path: self.path.to_owned(),
                part: None,
            });
        }
        let amounts = self.columns.iter().position(FeatureText::holds_amounts);
        if let Some(feature) = amounts
            && let Some((cell, (row, line))) = self.columns[feature].first_text()
        {
            let place = self.place(row, features[feature], Some(line));
            return Err(DataError::TextColumn {
                path: self.path.to_owned(),
                drop: named_or_index(&place, features[feature]),
                stray: Stray::of(cell),
                place: place.into(),
                cell: cell.to_owned(),
            });
        }
        let targets = std::mem::take(&mut self.targets);
        let targets: Result<Vec<Option<TargetColumn>>, DataError> = (targets.into_iter().zip(read))
            .map(|(target, column)| column.map(|column| self.target(target, column)).transpose())
            .collect();
        Ok(Finished {
            targets: targets?,
            columns: (self.columns.into_iter())
                .map(FeatureText::finish)
                .collect(),
            features: self.features,
            lines: self.lines,
        })
    }

    /// A target that is all in.
    fn target(&self, target: TargetText, column: usize) -> Result<TargetColumn, DataError> {
        let TargetText {
            wanted,
            text,
            values,
            numbers,
            texts,
            not_finite,
        } = target;
        if texts.count == 0 && not_finite.count == 0 {
            return Ok(TargetColumn::Numbers { values, text });
        }
        let place = |row: usize| self.place(row, column, self.lines.of(row));
        if texts.count == 0 && wanted != TargetCells::Labels {
            let row = not_finite.first;
            return Err(DataError::NotFinite {
                path: self.path.to_owned(),
                place: Box::new(place(row)),
                cell: text[row].clone(),
            });
        }
        if numbers.count == 0
            && wanted == TargetCells::Alike
            && are_amounts(text.iter().map(String::as_str))
        {
            return Err(DataError::TextTarget {
                path: self.path.to_owned(),
                place: Box::new(place(0)),
                stray: Stray::of(&text[0]),
                cell: text[0].clone(),
            });
        }
        if numbers.count > 0 && wanted == TargetCells::Alike {
            // the fewer are the stray ones
            let (stray, others) = match texts.count <= numbers.count {
                true => (texts, numbers),
                false => (numbers, texts),
            };
            let cell = text[stray.first].clone();
            return Err(DataError::MixedTarget {
                path: self.path.to_owned(),
                place: Box::new(place(stray.first)),
                stray: match classify(&cell) {
                    Cell::Number(_) => None,
                    _ => Some(Stray::of(&cell)),
                },
                cell,
                count: stray.count,
                others: others.count,
            });
        }
        Ok(TargetColumn::Text(text))
    }
}

/// The parts of a table.
struct Finished {
    features: Vec<f64>,
    columns: Vec<FeatureColumn>,
    lines: Lines,
    targets: Vec<Option<TargetColumn>>,
}

/// A column as options can name it.
fn named_or_index(place: &Place, column: usize) -> String {
    match &place.name {
        Some(name) => name.clone(),
        None => column.to_string(),
    }
}
