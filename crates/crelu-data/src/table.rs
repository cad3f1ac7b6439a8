//! The table that every format is read into.

/// Features and target of a data file.
///
/// **Shapes** `features`: `[n_samples * n_features]`, row-major, all finite; `target`: `[n_samples]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The features, row-major.
    pub features: Vec<f64>,
    /// Rows, at least 1.
    pub n_samples: usize,
    /// Columns without the target, at least 1.
    pub n_features: usize,
    /// Names of the feature columns, where the file has a header.
    pub feature_names: Option<Vec<String>>,
    /// The target; `None` where it was optional.
    pub target: Option<TargetColumn>,
    /// Name of the target column, where the file has a header.
    pub target_name: Option<String>,
    /// Index of the target column in the file, counted from 0, in formats where it is one of the columns.
    pub target_index: Option<usize>,
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
    /// Labels, without surrounding spaces; at least one is not a number.
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
