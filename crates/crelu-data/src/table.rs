//! The table that every format is read into.

use crelu_core::TargetColumn;

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
