//! From the columns of a table to features: numbers with holes filled, text as one column a level.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::error::FitError;
use crate::standardise::median;

/// Columns of a table as they were read.
///
/// **Shapes** `values`: `[n_samples * n_columns]`, row-major; NaN is a hole, and of a column of text
/// a value is a place in its list.
#[derive(Debug, Clone, Copy)]
pub struct RawColumns<'a> {
    /// The values.
    pub values: &'a [f64],
    /// Columns.
    pub n_columns: usize,
    /// The texts of each column of text.
    pub texts: &'a [Option<Vec<String>>],
}

impl RawColumns<'_> {
    /// Rows.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.values.len() / self.n_columns.max(1)
    }

    fn text(&self, column: usize, value: f64) -> Option<&str> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in a list, or NaN, which is no place"
        )]
        let place = (!value.is_nan()).then_some(value as usize)?;
        let texts = self.texts.get(column)?.as_ref()?;
        texts.get(place).map(String::as_str)
    }
}

/// How one column becomes features; learnt on the training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnCoding {
    /// As it is; holes get the median, where they are filled.
    Number {
        /// The median of the training rows; none: holes are refused.
        median: Option<f64>,
        /// Whether training had holes: then a second column is 1 in theirs and 0 elsewhere.
        holes: bool,
    },
    /// A column a level, 1 where it stands and 0 elsewhere.
    Levels {
        /// The levels, sorted by their bytes; the empty one stands for holes.
        levels: Vec<String>,
        /// Whether holes are accepted.
        holes: bool,
    },
}

impl ColumnCoding {
    /// Features that come of it.
    #[must_use]
    pub fn n_features(&self) -> usize {
        match self {
            Self::Number { holes, .. } => 1 + usize::from(*holes),
            Self::Levels { levels, .. } => levels.len(),
        }
    }

    /// Whether a cell may be a hole.
    #[must_use]
    pub fn takes_holes(&self) -> bool {
        match self {
            Self::Number { median, .. } => median.is_some(),
            Self::Levels { holes, .. } => *holes,
        }
    }
}

/// How the columns of a table become features; learnt on the training rows.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureCoding {
    /// The names of the columns, if the training data had any.
    pub names: Option<Vec<String>>,
    /// One a column.
    pub columns: Vec<ColumnCoding>,
}

/// A level that training did not have, and in how many rows it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The column, from 0.
    pub column: usize,
    /// The level.
    pub level: String,
    /// Rows.
    pub rows: usize,
}

/// Features of rows, and what of the table was not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// `[n_samples * n_features]`, row-major.
    pub features: Vec<f64>,
    /// Levels that training did not have, by column and bytes: all zeros.
    pub unseen: Vec<Unseen>,
}

/// This many levels are accepted of few rows.
const LEVELS: usize = 50;
/// And one for so many of more rows.
const ROWS_A_LEVEL: usize = 10;

impl FeatureCoding {
    /// Learns the coding from the training rows of a table.
    ///
    /// **Shapes** `rows`: the training rows; `weights`: one for each of them.
    ///
    /// # Errors
    /// [`FitError::Levels`] for a column of text with more than `max(50, n / 10)` levels,
    /// [`FitError::NoValue`] for a column without any value.
    pub fn learn(
        raw: &RawColumns<'_>,
        names: Option<&[String]>,
        rows: &[usize],
        weights: Option<&[f64]>,
        impute: bool,
    ) -> Result<Self, FitError> {
        let most = LEVELS.max(rows.len() / ROWS_A_LEVEL);
        let column = |c: usize| {
            let value = |row: usize| raw.values[row * raw.n_columns + c];
            let holes = rows.iter().any(|&row| value(row).is_nan());
            if raw.texts.get(c).is_some_and(Option::is_some) {
                let mut levels: Vec<&str> = (rows.iter())
                    .filter_map(|&row| raw.text(c, value(row)))
                    .collect();
                levels.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
                levels.dedup();
                if levels.len() > most {
                    return Err(FitError::Levels {
                        column: c,
                        levels: levels.len(),
                        most,
                    });
                }
                let hole = (holes && impute).then_some("");
                let levels = hole.into_iter().chain(levels).map(str::to_owned);
                return Ok(ColumnCoding::Levels {
                    levels: levels.collect(),
                    holes: impute,
                });
            }
            if !impute {
                return Ok(ColumnCoding::Number {
                    median: None,
                    holes: false,
                });
            }
            let filled = (0..rows.len()).filter(|&at| !value(rows[at]).is_nan());
            let at: Vec<usize> = filled.collect();
            if at.is_empty() {
                return Err(FitError::NoValue { column: c });
            }
            let values: Vec<f64> = at.iter().map(|&at| value(rows[at])).collect();
            let weights: Option<Vec<f64>> =
                weights.map(|weights| at.iter().map(|&at| weights[at]).collect());
            Ok(ColumnCoding::Number {
                median: Some(median(&values, weights.as_deref())),
                holes,
            })
        };
        let columns: Result<Vec<ColumnCoding>, _> = (0..raw.n_columns).map(column).collect();
        Ok(Self {
            names: names.map(<[String]>::to_vec),
            columns: columns?,
        })
    }

    /// Whether the columns are the features.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let plain = |column: &ColumnCoding| match column {
            ColumnCoding::Number { median, holes } => median.is_none() && !holes,
            ColumnCoding::Levels { .. } => false,
        };
        self.columns.iter().all(plain)
    }

    /// Features.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.columns.iter().map(ColumnCoding::n_features).sum()
    }

    /// The column that a feature comes from; the last for one that there is not.
    #[must_use]
    pub fn column_of(&self, feature: usize) -> usize {
        let mut end = 0;
        let ends = self.columns.iter().map(|column| {
            end += column.n_features();
            end
        });
        let last = self.columns.len().saturating_sub(1);
        ends.take_while(|end| *end <= feature).count().min(last)
    }

    /// The names of the features: `size`, `size (missing)`, `colour=red`.
    #[must_use]
    pub fn feature_names(&self) -> Option<Vec<String>> {
        let names = self.names.as_ref()?;
        let of = |(name, column): (&String, &ColumnCoding)| match column {
            ColumnCoding::Number { holes, .. } => {
                let missing = holes.then(|| format!("{name} (missing)"));
                std::iter::once(name.clone()).chain(missing).collect()
            }
            ColumnCoding::Levels { levels, .. } => {
                let of = |level: &String| format!("{name}={level}");
                levels.iter().map(of).collect::<Vec<String>>()
            }
        };
        Some(names.iter().zip(&self.columns).flat_map(of).collect())
    }

    /// The features of rows whose columns are those of training, in their order.
    ///
    /// # Errors
    /// [`FitError::Hole`] for a hole where there may be none.
    ///
    /// # Panics
    /// If there are other columns.
    pub fn encode(&self, raw: &RawColumns<'_>) -> Result<Encoded, FitError> {
        assert_eq!(raw.n_columns, self.columns.len(), "columns: as in training");
        let width = self.n_features();
        let mut features = vec![0.0; raw.n_samples() * width];
        let mut unseen: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        let known: Vec<HashMap<&str, usize>> = (self.columns.iter())
            .map(|column| match column {
                ColumnCoding::Number { .. } => HashMap::new(),
                ColumnCoding::Levels { levels, .. } => {
                    levels.iter().map(String::as_str).zip(0..).collect()
                }
            })
            .collect();
        let rows = raw.values.chunks_exact(raw.n_columns);
        for (row, (values, out)) in rows.zip(features.chunks_exact_mut(width)).enumerate() {
            let mut at = 0;
            for (c, (column, &value)) in self.columns.iter().zip(values).enumerate() {
                if value.is_nan() && !column.takes_holes() {
                    return Err(FitError::Hole { row, column: c });
                }
                match column {
                    ColumnCoding::Number { median, holes } => {
                        out[at] = match (value.is_nan(), median) {
                            (true, Some(median)) => *median,
                            _ => value,
                        };
                        if *holes {
                            out[at + 1] = f64::from(value.is_nan());
                        }
                    }
                    ColumnCoding::Levels { .. } => {
                        let level = raw.text(c, value).unwrap_or_default();
                        match known[c].get(level) {
                            Some(place) => out[at + place] = 1.0,
                            None if value.is_nan() => {}
                            None => *unseen.entry((c, level)).or_default() += 1,
                        }
                    }
                }
                at += column.n_features();
            }
        }
        let unseen = unseen.into_iter().map(|((column, level), rows)| Unseen {
            column,
            level: level.to_owned(),
            rows,
        });
        Ok(Encoded {
            features,
            unseen: unseen.collect(),
        })
    }
}
