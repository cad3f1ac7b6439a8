//! The table that every format is read into.

use crate::encoding::Encoding;
use crate::feature::FeatureColumn;
use crate::lines::Lines;
use crate::place::Place;
use crate::separator::Separator;

/// Features and target of a data file.
///
/// **Shapes** `features`: `[n_samples * n_features]`, row-major, all finite but for holes, which are NaN,
/// where they were allowed; `target`: `[n_samples]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The features, row-major; empty where `sparse` has them.
    pub features: Vec<f64>,
    /// The features of a file that is too large and too empty for all of them.
    pub sparse: Option<SparseFeatures>,
    /// Rows, at least 1.
    pub n_samples: usize,
    /// Columns without the target, at least 1.
    pub n_features: usize,
    /// Names of the feature columns, where the file has a header.
    pub feature_names: Option<Vec<String>>,
    /// The target; `None` where it was not wanted.
    pub target: Option<TargetColumn>,
    /// Name of the target column, where the file has a header.
    pub target_name: Option<String>,
    /// What each feature column holds.
    pub columns: Vec<FeatureColumn>,
    /// The columns that were read beside features and target, in the order asked for.
    pub aside: Vec<AsideColumn>,
    /// Place of the target column among those of the file that were not dropped, counted from 0, in
    /// formats where it is one of the columns.
    pub target_index: Option<usize>,
    /// Where in the file all this stands.
    pub layout: Layout,
}

/// The entries of rows of which most are zero.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseFeatures {
    /// Where each row begins among the entries, and where the last ends: `n_samples + 1` numbers.
    pub starts: Vec<usize>,
    /// The feature of each entry, counted from 0, ascending in a row.
    pub columns: Vec<u32>,
    /// Their values, finite.
    pub values: Vec<f64>,
}

/// A column that was read beside features and target.
#[derive(Debug, Clone, PartialEq)]
pub struct AsideColumn {
    /// Its name, where the file has a header.
    pub name: Option<String>,
    /// Its place among the columns of the file that were not dropped, counted from 0.
    pub index: usize,
    /// The file's column, counted from 0.
    pub column: usize,
    /// Its cells.
    pub cells: TargetColumn,
}

/// How a file is laid out: for messages about its content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// How a text table is written; `None` in other formats.
    pub text: Option<TextLayout>,
    /// Names of the columns that were not dropped, where the file has a header.
    pub names: Option<Vec<String>>,
    /// The file's column of each feature, counted from 0.
    pub columns: Vec<usize>,
    /// The file's column of the target, counted from 0.
    pub target_column: Option<usize>,
    /// Lines of the rows, in text formats.
    pub lines: Lines,
}

/// How a text table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLayout {
    /// Whether its first line names the columns.
    pub header: bool,
    /// What divides its lines; `None`: nothing does.
    pub separator: Option<Separator>,
    /// Whether fractions are written with a comma.
    pub decimal_comma: bool,
    /// How the text is encoded.
    pub encoding: Encoding,
}

impl Layout {
    /// The place of row `row`, counted from 0.
    pub fn row_place(&self, row: usize) -> Place {
        Place::row(row).on_line(self.lines.of(row))
    }

    /// The place of feature `feature` of row `row`, both counted from 0.
    pub fn feature_place(&self, row: usize, feature: usize, name: Option<&str>) -> Place {
        Place {
            column: self.columns.get(feature).map(|column| column + 1),
            ..self.row_place(row)
        }
        .named(name)
    }

    /// The place of the cell of the file's column `column` called `name` in row `row`, all counted from 0.
    pub fn cell_place(&self, row: usize, column: usize, name: Option<&str>) -> Place {
        Place {
            column: Some(column + 1),
            ..self.row_place(row)
        }
        .named(name)
    }

    /// The place of the cell of a target called `name` in row `row`, counted from 0.
    pub fn target_place(&self, row: usize, name: Option<&str>) -> Place {
        Place {
            column: self.target_column.map(|column| column + 1),
            ..self.row_place(row)
        }
        .named(name)
    }
}

/// A target column.
#[derive(Debug, Clone, PartialEq)]
pub enum TargetColumn {
    /// Every cell is a finite number.
    Numbers {
        /// The values.
        values: Vec<f64>,
        /// The same cells as written in the data, without surrounding spaces; of binary formats the
        /// shortest decimal text of the value (`1`, not `1.0`).
        text: Vec<String>,
    },
    /// Labels, without surrounding spaces; at least one is not a finite number.
    Text(Vec<String>),
}

impl TargetColumn {
    /// The cells as written in the data, one a sample.
    pub fn text(&self) -> &[String] {
        match self {
            Self::Numbers { text, .. } | Self::Text(text) => text,
        }
    }

    /// The values, if every cell is a number.
    pub fn values(&self) -> Option<&[f64]> {
        match self {
            Self::Numbers { values, .. } => Some(values),
            Self::Text(_) => None,
        }
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.text().len()
    }

    /// Whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// Numbers from a binary format, with their shortest decimal text.
    pub(crate) fn from_values(values: Vec<f64>) -> Self {
        let text = values.iter().map(|&value| shortest_text(value)).collect();
        Self::Numbers { values, text }
    }
}

/// The shortest decimal text that reads back as `value`, in scientific notation where that is shorter to read.
pub(crate) fn shortest_text(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 {
        "0".to_owned()
    } else if (1e-5..1e16).contains(&magnitude) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}
