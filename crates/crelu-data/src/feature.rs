//! The cells of a feature column of a text table: numbers, text levels, holes.

use std::collections::HashMap;

use crate::cell::Cell;
use crate::stray::Stray;

/// What a feature column of a text table may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FeatureCells {
    /// Numbers in every filled cell, or text in every filled cell.
    #[default]
    Alike,
    /// Numbers.
    Numbers,
    /// Levels, whatever they look like.
    Levels,
}

/// What a feature column holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum FeatureColumn {
    /// Numbers; NaN is a hole.
    #[default]
    Numbers,
    /// Texts: the values are places in this list, in the order in which they were met; NaN is a
    /// hole.
    Levels(Vec<String>),
}

/// A feature column on its way into a table.
#[derive(Debug, Default)]
pub(crate) struct FeatureText {
    cells: FeatureCells,
    may_have_holes: bool,
    places: HashMap<String, u32>,
    levels: Vec<String>,
    numbers: usize,
    texts: usize,
    /// Where the first text stands: row and line.
    first: Option<(usize, u64)>,
}

/// What became of a cell.
pub(crate) enum Taken {
    /// The value that stands for it.
    As(f64),
    /// Nothing: it is not what the column holds.
    Refused,
    /// Nothing: it is a number, and the cells before are text.
    AfterText,
}

impl FeatureText {
    pub(crate) fn new(cells: FeatureCells, may_have_holes: bool) -> Self {
        Self {
            cells,
            may_have_holes,
            ..Self::default()
        }
    }

    /// Whether numbers are what it takes, and all that it has taken.
    pub(crate) fn is_plain(&self) -> bool {
        self.levels.is_empty() && self.cells != FeatureCells::Levels
    }

    /// Takes so many finite numbers.
    pub(crate) fn take_numbers(&mut self, count: usize) {
        self.numbers += count;
    }

    /// The first text, and where it stands: row and line.
    pub(crate) fn first_text(&self) -> Option<(&str, (usize, u64))> {
        Some((self.levels.first()?, self.first?))
    }

    /// How many of its cells were texts.
    pub(crate) fn texts(&self) -> usize {
        self.texts
    }

    pub(crate) fn take(&mut self, text: &str, kind: Cell, row: usize, line: u64) -> Taken {
        let is_nan = || text.parse::<f64>().is_ok_and(f64::is_nan);
        let is_hole = kind == Cell::Missing || kind == Cell::NotFinite && is_nan();
        if is_hole {
            return match self.may_have_holes {
                true => Taken::As(f64::NAN),
                false => Taken::Refused,
            };
        }
        if self.cells == FeatureCells::Levels {
            return self.level(text, row, line);
        }
        match kind {
            Cell::Number(value) if self.levels.is_empty() => {
                self.numbers += 1;
                Taken::As(value)
            }
            Cell::Number(_) => Taken::AfterText,
            Cell::Text if self.cells == FeatureCells::Alike && self.numbers == 0 => {
                self.level(text, row, line)
            }
            _ => Taken::Refused,
        }
    }

    fn level(&mut self, text: &str, row: usize, line: u64) -> Taken {
        let place = match self.places.get(text) {
            Some(place) => *place,
            None => {
                let Ok(place) = u32::try_from(self.levels.len()) else {
                    return Taken::Refused;
                };
                self.first.get_or_insert((row, line));
                self.places.insert(text.to_owned(), place);
                self.levels.push(text.to_owned());
                place
            }
        };
        self.texts += 1;
        Taken::As(f64::from(place))
    }

    /// Whether its texts are numbers in another dress (`5 kg`, `1.234,5`), too many for levels
    /// unless that was asked for.
    pub(crate) fn holds_amounts(&self) -> bool {
        self.cells == FeatureCells::Alike && are_amounts(self.levels.iter().map(String::as_str))
    }

    pub(crate) fn finish(self) -> FeatureColumn {
        match self.is_plain() {
            true => FeatureColumn::Numbers,
            false => FeatureColumn::Levels(self.levels),
        }
    }
}

/// Whether cells are numbers in another dress: `1.234,5` or `50%`, or with units (`5 kg`) where there are
/// too many different ones for labels.
pub(crate) fn are_amounts<'a>(cells: impl Iterator<Item = &'a str>) -> bool {
    /// As many values as numbers may have to be taken for classes.
    const MOST_LABELS: usize = 20;
    let mut distinct: Vec<&str> = Vec::new();
    let mut is_written = false;
    for cell in cells {
        if matches!(Stray::of(cell), Stray::Text | Stray::Truth | Stray::Missing) {
            return false;
        }
        is_written |= is_number_in_writing(cell);
        if distinct.len() <= MOST_LABELS && !distinct.contains(&cell) {
            distinct.push(cell);
        }
    }
    distinct.len() > MOST_LABELS || is_written
}

/// Whether a cell is one number with separators of thousands, a decimal comma or a sign of per cent:
/// whatever their count, such cells are no labels.
fn is_number_in_writing(cell: &str) -> bool {
    let number = cell.trim().trim_start_matches(['+', '-']);
    let digits = number.trim_end_matches('%');
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '\'');
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(is_part)
        && (digits.len() < number.len() || digits.contains([',', '\'']))
}
