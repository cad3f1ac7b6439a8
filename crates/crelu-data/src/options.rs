//! What a reader is told besides the file's path.

use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::role::Role;
use crate::watch::Watch;

/// How to read a data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// The target column of a text table or an NPY file: a name of the header or an index counted from 0;
    /// `None`: the last column. A name wins over an index.
    pub target: Option<String>,
    /// Columns to be left out, each a name or an index as for the target, counted with all columns.
    pub drop: Vec<String>,
    /// The labels of IDX images, themselves IDX, gzipped where the name ends in `.gz`.
    pub labels: Option<PathBuf>,
    /// Whether the first line of a text table names the columns.
    pub header: Header,
    /// Names that columns may have, to know a header by.
    pub known_names: Vec<String>,
    /// Whether the target is read; a target that is not is skipped, whatever it holds.
    pub with_target: bool,
    /// What the target must hold.
    pub target_cells: TargetCells,
    /// The features that a sparse file may have at most. `None`: whatever the file has.
    pub n_features: Option<usize>,
    /// Columns that are read beside features and target: further targets, weights, groups.
    pub aside: Vec<Aside>,
    /// Which feature columns of a text table may be text.
    pub categorical: Categorical,
    /// Whether features may have holes; they are NaN in the table then.
    pub holes: bool,
    /// Whether to go on, asked while a text file is read; `None`: to its end.
    pub watch: Option<Watch>,
}

impl Default for ReadOptions {
    /// Training data: the target is the last column.
    fn default() -> Self {
        Self {
            target: None,
            drop: Vec::new(),
            labels: None,
            header: Header::Auto,
            known_names: Vec::new(),
            with_target: true,
            target_cells: TargetCells::Alike,
            n_features: None,
            aside: Vec::new(),
            categorical: Categorical::Auto,
            holes: false,
            watch: None,
        }
    }
}

/// Whether the first line of a text table names its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Header {
    /// It is found out.
    #[default]
    Auto,
    /// It does.
    Yes,
    /// It is data.
    No,
}

/// A column that is neither a feature nor the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// Its name, or its index counted from 0, as for the target.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// What it must hold.
    pub cells: TargetCells,
}

/// Which feature columns of a text table may be text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Categorical {
    /// Those without a number.
    #[default]
    Auto,
    /// None.
    None,
    /// These, whatever they hold, each a name or an index as for the target; and those without a
    /// number.
    Columns(Vec<String>),
}

/// What the cells of a text table's target may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TargetCells {
    /// All numbers, or none of them.
    #[default]
    Alike,
    /// Labels, numbers among them.
    Labels,
    /// Numbers.
    Numbers,
}

impl ReadOptions {
    /// Refuses a choice of target where the format has only one.
    pub(crate) fn check_fixed_target(&self, path: &Path) -> Result<(), DataError> {
        match &self.target {
            Some(target) if self.with_target => Err(DataError::TargetFixed {
                path: path.to_owned(),
                target: target.clone(),
            }),
            _ => Ok(()),
        }
    }
}
