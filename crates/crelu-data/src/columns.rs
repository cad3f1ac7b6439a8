//! Which columns of a file are read, and as what.

use std::error::Error;
use std::path::Path;

use crate::error::DataError;
use crate::feature::FeatureCells;
use crate::options::{Categorical, ReadOptions, TargetCells};
use crate::role::Role;

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
    /// Columns beside them, each with what it must hold.
    pub aside: Vec<(usize, TargetCells)>,
    /// What each feature may hold; empty: what [`ReadOptions::categorical`] says.
    pub cells: Vec<FeatureCells>,
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
    /// Columns beside them: the file's column, the place among those that were not dropped, what it
    /// must hold.
    pub(crate) aside: Vec<(usize, usize, TargetCells)>,
    /// What each feature may hold.
    pub(crate) cells: Vec<FeatureCells>,
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
    let aside = |&(place, cells): &(usize, TargetCells)| (column(&place), place, cells);
    let cells = match selection.cells.is_empty() {
        true => {
            let mut cells = vec![of_any(&options.categorical); selection.features.len()];
            for name in named(&options.categorical) {
                let wanted = find(path, Role::Categorical, name, left.names, left.count)?;
                let feature = selection.features.iter().position(|&at| at == wanted);
                match feature {
                    Some(feature) => cells[feature] = FeatureCells::Levels,
                    None => {
                        return Err(DataError::NoFeature {
                            path: path.to_owned(),
                            role: Role::Categorical,
                            name: name.to_owned(),
                        });
                    }
                }
            }
            cells
        }
        false => selection.cells.clone(),
    };
    Ok(Chosen {
        aside: selection.aside.iter().map(aside).collect(),
        cells,
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

/// What the features may hold that are not named.
fn of_any(categorical: &Categorical) -> FeatureCells {
    match categorical {
        Categorical::None => FeatureCells::Numbers,
        Categorical::Auto | Categorical::Columns(_) => FeatureCells::Alike,
    }
}

fn named(categorical: &Categorical) -> &[String] {
    match categorical {
        Categorical::Columns(names) => names,
        Categorical::Auto | Categorical::None => &[],
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
            None => None,
        };
        let mut aside: Vec<(usize, TargetCells)> = Vec::new();
        for wanted in &options.aside {
            let role = wanted.role;
            if file.sparse || file.target_apart && role == Role::Target {
                let path = path.to_owned();
                return Err(DataError::AsideFixed { path, role }.into());
            }
            let column = find(path, role, &wanted.name, file.names, file.count)?;
            if Some(column) == target || aside.iter().any(|(taken, _)| *taken == column) {
                return Err(DataError::TwoRoles {
                    path: path.to_owned(),
                    role,
                    name: wanted.name.clone(),
                }
                .into());
            }
            aside.push((column, wanted.cells));
        }
        // the last column that is not asked for is the target
        let is_aside = |column: usize| aside.iter().any(|(taken, _)| *taken == column);
        let target = match &options.target {
            None if !file.target_apart => (0..file.count).rev().find(|&column| !is_aside(column)),
            _ => target,
        };
        let features: Vec<usize> = (0..file.count)
            .filter(|&column| Some(column) != target && !is_aside(column))
            .collect();
        Ok(Selection {
            features,
            target,
            aside,
            cells: Vec::new(),
        })
    }
}
