//! The file that rows are from.

use std::path::{Path, PathBuf};

use crelu_data::{Excerpt, Layout, Place, Table, is_standard_input};

/// Where rows stand, for messages.
#[derive(Debug)]
pub(crate) struct Source {
    /// The file.
    pub(crate) path: PathBuf,
    /// How it is laid out.
    pub(crate) layout: Layout,
    /// Name of the target column, where the file has names.
    pub(crate) target_name: Option<String>,
    /// Columns of the file, and their names, of further targets.
    other_targets: Vec<(usize, Option<String>)>,
    /// Names of the features, where the file has names.
    feature_names: Option<Vec<String>>,
}

impl Source {
    pub(crate) fn of(path: &Path, table: &Table) -> Self {
        Self {
            path: path.to_owned(),
            layout: table.layout.clone(),
            target_name: table.target_name.clone(),
            other_targets: (table.aside.iter())
                .map(|column| (column.column, column.name.clone()))
                .collect(),
            feature_names: table.feature_names.clone(),
        }
    }

    /// The file as messages name it.
    pub(crate) fn shown(&self) -> String {
        shown(&self.path)
    }

    /// The place of the target's cell in row `row`, counted from 0.
    pub(crate) fn target(&self, row: usize) -> Place {
        self.layout.target_place(row, self.target_name.as_deref())
    }

    /// The place of the cell of one of several targets in row `row`, both counted from 0.
    pub(crate) fn target_of(&self, row: usize, target: usize) -> Place {
        match target
            .checked_sub(1)
            .and_then(|k| self.other_targets.get(k))
        {
            Some((column, name)) => self.layout.cell_place(row, *column, name.as_deref()),
            None => self.target(row),
        }
    }

    /// The place of feature `feature` in row `row`, both counted from 0.
    pub(crate) fn feature(&self, row: usize, feature: usize) -> Place {
        self.layout
            .feature_place(row, feature, self.feature_name(feature))
    }

    fn feature_name(&self, feature: usize) -> Option<&str> {
        let name = self.feature_names.as_deref()?.get(feature)?;
        Some(name.as_str())
    }

    /// The column of a feature: `column 3 (bmi)`.
    pub(crate) fn column(&self, feature: usize) -> String {
        let column = self.layout.columns.get(feature).copied();
        Self::named(Some(column.unwrap_or(feature)), self.feature_name(feature))
    }

    /// The column of one of several targets.
    pub(crate) fn target_column(&self, target: usize) -> String {
        match target
            .checked_sub(1)
            .and_then(|k| self.other_targets.get(k))
        {
            Some((column, name)) => Self::named(Some(*column), name.as_deref()),
            None => Self::named(self.layout.target_column, self.target_name.as_deref()),
        }
    }

    fn named(column: Option<usize>, name: Option<&str>) -> String {
        let name = name.filter(|name| !name.is_empty());
        let name = name.map_or_else(String::new, |name| format!(" ({})", Excerpt(name)));
        match column {
            Some(column) => format!("column {}{name}", column + 1),
            None => format!("the target{name}"),
        }
    }
}

/// A data file as messages name it.
pub(crate) fn shown(path: &Path) -> String {
    if is_standard_input(path) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}
