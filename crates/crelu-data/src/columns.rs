//! Which columns of a file are read, and as what.

use std::error::Error;
use std::path::Path;

use crate::error::DataError;
use crate::options::ReadOptions;

/// The columns of a file, in its order, without those that are dropped.
#[derive(Debug, Clone, Copy)]
pub struct FileColumns<'a> {
    /// Their names, where the file has a header.
    pub names: Option<&'a [String]>,
    /// How many there are.
    pub count: usize,
    /// Whether the format keeps the target apart: then none of them is it.
    pub target_apart: bool,
    /// Whether the format leaves zeros out, so that columns at the end may be missing.
    pub sparse: bool,
}

/// What is read of [`FileColumns`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// The column of each feature, in the order of the table to be made. In a sparse file a column that
    /// is not there is zeros.
    pub features: Vec<usize>,
    /// The target's column, read if [`ReadOptions::with_target`] says so.
    pub target: Option<usize>,
}

/// Chooses columns.
pub(crate) type Choose<'a> =
    &'a mut dyn FnMut(&FileColumns<'_>) -> Result<Selection, Box<dyn Error + Send + Sync>>;

/// The columns of a file that are left when some are dropped, and what they are read as.
pub(crate) struct Chosen {
    /// The file's column of each feature.
    pub(crate) features: Vec<usize>,
    /// The file's column of the target.
    pub(crate) target: Option<usize>,
    /// The target's place among the columns that were not dropped.
    pub(crate) target_place: Option<usize>,
    /// Names of the columns that were not dropped.
    pub(crate) names: Option<Vec<String>>,
}

/// Applies `options` and `choose` to the columns of a file.
pub(crate) fn choose(
    path: &Path,
    options: &ReadOptions,
    file: &FileColumns<'_>,
    choose: Choose<'_>,
) -> Result<Chosen, DataError> {
    let kept = kept(path, options, file)?;
    let names: Option<Vec<String>> = file
        .names
        .map(|names| kept.iter().map(|&column| names[column].clone()).collect());
    let left = FileColumns {
        names: names.as_deref(),
        count: kept.len(),
        ..*file
    };
    let selection = choose(&left).map_err(|source| match source.downcast::<DataError>() {
        Ok(error) => *error,
        Err(source) => DataError::Columns {
            path: path.to_owned(),
            source,
        },
    })?;
    let column = |&place: &usize| kept.get(place).copied().unwrap_or(place);
    Ok(Chosen {
        features: selection.features.iter().map(column).collect(),
        target: selection.target.as_ref().map(column),
        target_place: selection.target,
        names,
    })
}

/// The columns that [`ReadOptions::drop`] leaves.
fn kept(
    path: &Path,
    options: &ReadOptions,
    file: &FileColumns<'_>,
) -> Result<Vec<usize>, DataError> {
    let mut dropped = vec![false; file.count];
    for name in options.drop.iter().map(|name| name.trim()) {
        if file.sparse {
            return Err(DataError::DropSparse {
                path: path.to_owned(),
            });
        }
        let column = find(path, Role::Drop, name, file.names, file.count)?;
        dropped[column] = true;
    }
    Ok((0..file.count).filter(|&column| !dropped[column]).collect())
}

/// What a column is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The target.
    Target,
    /// To be left out.
    Drop,
}

impl Role {
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Target => "--target",
            Self::Drop => "--drop",
        }
    }
}

/// The column of a training file that `name` means: by name first, then by index.
pub(crate) fn find(
    path: &Path,
    role: Role,
    name: &str,
    names: Option<&[String]>,
    count: usize,
) -> Result<usize, DataError> {
    let name = name.trim();
    let path = || path.to_owned();
    if let Some(names) = names {
        let mut same = (0..names.len()).filter(|&column| names[column] == name);
        match (same.next(), same.next()) {
            (Some(first), Some(second)) => {
                return Err(DataError::TwoColumns {
                    path: path(),
                    role,
                    name: name.to_owned(),
                    first,
                    second,
                });
            }
            (Some(column), None) => return Ok(column),
            (None, _) => {}
        }
    }
    match (name.parse::<usize>(), names) {
        (Ok(index), _) if index < count => Ok(index),
        (Ok(index), _) => Err(DataError::ColumnIndex {
            path: path(),
            role,
            index,
            columns: count,
        }),
        (Err(_), Some(names)) => Err(DataError::NoColumn {
            path: path(),
            role,
            name: name.to_owned(),
            alike: names.iter().find(|other| alike(other, name)).cloned(),
            columns: names.to_vec(),
        }),
        (Err(_), None) => Err(DataError::NoNames {
            path: path(),
            role,
            name: name.to_owned(),
        }),
    }
}

/// Whether two names differ only in case, blanks, quotes and signs.
fn alike(a: &str, b: &str) -> bool {
    let letters = |name: &str| -> String {
        let kept = name.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect()
    };
    let (a, b) = (letters(a), letters(b));
    !a.is_empty() && a == b
}

/// The columns of training data: the target as `options` name it, by default the last, and all others.
pub(crate) fn of_training<'a>(
    path: &'a Path,
    options: &'a ReadOptions,
) -> impl FnMut(&FileColumns<'_>) -> Result<Selection, Box<dyn Error + Send + Sync>> + use<'a> {
    move |file| {
        let target = match &options.target {
            _ if file.target_apart => None,
            Some(name) => Some(find(path, Role::Target, name, file.names, file.count)?),
            None => file.count.checked_sub(1),
        };
        let features: Vec<usize> = (0..file.count)
            .filter(|&column| Some(column) != target)
            .collect();
        Ok(Selection { features, target })
    }
}
