//! The rows of a text table on their way into it.

use std::path::Path;

use ::csv::ByteRecord;
use crelu_core::TargetColumn;

use crate::cell::{Cell, classify, classify_as, is_blank};
use crate::columns::Chosen;
use crate::csv_records::Record;
use crate::decimal::{self, Comma, Decimal};
use crate::error::DataError;
use crate::feature::{FeatureColumn, FeatureText, Taken, are_amounts};
use crate::lines::Lines;
use crate::options::TargetCells;
use crate::place::Place;
use crate::refusal::{Of, refusal};
use crate::stray::Stray;

/// What a column of the file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnRole {
    Skipped,
    Feature(usize),
    /// The target, 0, or a column beside it.
    Target(usize),
}

pub(crate) fn roles(width: usize, chosen: &Chosen, with_target: bool) -> Vec<ColumnRole> {
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
pub(crate) fn ragged(
    path: &Path,
    row: usize,
    want: usize,
    first_line: u64,
    record: &Record,
) -> DataError {
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
pub(crate) struct Rows<'a> {
    pub(crate) path: &'a Path,
    pub(crate) width: usize,
    pub(crate) first_line: u64,
    pub(crate) names: Option<&'a [String]>,
    pub(crate) sample: &'a [Record],
    pub(crate) roles: Vec<ColumnRole>,
    pub(crate) n_features: usize,
    pub(crate) decimal: Decimal,
    pub(crate) features: Vec<f64>,
    pub(crate) lines: Lines,
    pub(crate) n_samples: usize,
    /// The target, whether it is read or not, and the columns beside it.
    pub(crate) targets: Vec<TargetText>,
    pub(crate) columns: Vec<FeatureText>,
}

/// The cells of the target, and of each kind the first row and how many there are.
#[derive(Default)]
pub(crate) struct TargetText {
    pub(crate) wanted: TargetCells,
    pub(crate) text: Vec<String>,
    pub(crate) values: Vec<f64>,
    pub(crate) numbers: Met,
    pub(crate) texts: Met,
    pub(crate) not_finite: Met,
}

/// How often something was met, and where first.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Met {
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

    pub(crate) fn push(&mut self, record: &Record) -> Result<(), DataError> {
        let (cells, row) = (&record.cells, self.n_samples);
        let ends_in_separator =
            cells.len() == self.width + 1 && cells.get(self.width).is_some_and(is_blank);
        if cells.len() != self.width && !ends_in_separator {
            return Err(ragged(self.path, row, self.width, self.first_line, record));
        }
        if self.is_header_again(cells) {
            return Err(DataError::HeaderAgain {
                path: self.path.to_owned(),
                place: Box::new(Place::row(row).on_line(Some(record.line))),
            });
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

    /// Whether a row holds the names again, as where files were joined.
    fn is_header_again(&self, cells: &ByteRecord) -> bool {
        let Some(names) = self.names else {
            return false;
        };
        let same = |(cell, name): (&[u8], &String)| cell.trim_ascii() == name.as_bytes();
        let is_text = |name: &String| classify(name) == Cell::Text;
        cells.iter().zip(names).all(same) && names.iter().any(is_text)
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
        // holes may fill the first rows
        let texts = texts.max(self.columns[feature].texts());
        let first = self.columns[feature].first_text();
        let Some((cell, (row, first_line))) = first else {
            return self.refusal(text, Cell::Text, column, line);
        };
        if texts <= numbers {
            let place = self.place(row, column, Some(first_line));
            return refusal(self.path, cell, Cell::Text, place, Of::Feature);
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
        refusal(self.path, text, kind, place, Of::Feature)
    }

    pub(crate) fn push_target(
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
            return Err(refusal(
                self.path,
                text,
                kind,
                self.place(row, column, Some(line)),
                Of::Other,
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
    pub(crate) fn finish(
        mut self,
        read: &[Option<usize>],
        features: &[usize],
    ) -> Result<Finished, DataError> {
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
            return Ok(TargetColumn {
                text,
                values: Some(values),
            });
        }
        let place = |row: usize| self.place(row, column, self.lines.of(row));
        if texts.count == 0 && wanted != TargetCells::Labels {
            let row = not_finite.first;
            return Err(DataError::NotFinite {
                path: self.path.to_owned(),
                place: Box::new(place(row)),
                cell: text[row].clone(),
                is_feature: false,
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
        Ok(TargetColumn::labels(text))
    }
}

/// The parts of a table.
pub(crate) struct Finished {
    pub(crate) features: Vec<f64>,
    pub(crate) columns: Vec<FeatureColumn>,
    pub(crate) lines: Lines,
    pub(crate) targets: Vec<Option<TargetColumn>>,
}

/// A column as options can name it.
fn named_or_index(place: &Place, column: usize) -> String {
    match &place.name {
        Some(name) => name.clone(),
        None => column.to_string(),
    }
}
