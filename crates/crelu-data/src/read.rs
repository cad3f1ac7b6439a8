//! The ways in: a path, and what is known about its columns.

use std::error::Error;
use std::path::Path;

use crate::columns::{Choose, FileColumns, Selection, of_training};
use crate::error::DataError;
use crate::format::Format;
use crate::options::ReadOptions;
use crate::table::Table;
use crate::{cifar, csv, idx, libsvm, npy, npz};

/// Reads training data in the format that the file's name stands for: the target that `options` name, by
/// default the last column, and every other column that is not dropped as a feature.
///
/// **Shapes** [`Table::features`]: [n_samples * n_features], row-major, all finite, neither of them 0.
/// Pixels are 0 to 255 as stored.
///
/// # Errors
/// [`DataError`] says what is wrong and where: a file that cannot be opened or is cut, rows of unequal
/// length, cells that are missing or not finite numbers, a column that is not there.
///
/// **Cost** time in proportion to the file; memory for the table, twice it while an array or a LIBSVM
/// file is turned into rows. Nothing is allocated on a header's word alone.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Table, DataError> {
    read_with(path, options, &mut of_training(path, options))
}

/// Reads the columns that `choose` selects, in the order it gives: data for a model that is there
/// already. Columns that are not selected are skipped unread.
///
/// # Errors
/// As [`read`]; what `choose` says is said of the file.
pub fn read_selected<F>(
    path: &Path,
    options: &ReadOptions,
    mut choose: F,
) -> Result<Table, DataError>
where
    F: FnMut(&FileColumns<'_>) -> Result<Selection, Box<dyn Error + Send + Sync>>,
{
    read_with(path, options, &mut choose)
}

fn read_with(path: &Path, options: &ReadOptions, choose: Choose<'_>) -> Result<Table, DataError> {
    let format = Format::of(path)?;
    if let Some(labels) = &options.labels
        && format != Format::Idx
        && options.with_target
    {
        return Err(DataError::LabelsUnused {
            path: path.to_owned(),
            labels: labels.clone(),
        });
    }
    match format {
        Format::Table => csv::read(path, options, choose),
        Format::Npy => npy::read(path, options, choose),
        Format::Npz => npz::read(path, options, choose),
        Format::Libsvm => libsvm::read(path, options, choose),
        Format::Idx => idx::read(path, options, choose),
        Format::Cifar => cifar::read(path, options, choose),
    }
}
