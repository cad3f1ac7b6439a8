//! The one way in: a path, and what is known about the target.

use std::path::Path;

use crate::error::DataError;
use crate::format::Format;
use crate::options::ReadOptions;
use crate::table::Table;
use crate::{cifar, csv, idx, libsvm, npy, npz};

/// Reads a data file in the format that its name stands for.
///
/// **Shapes** [`Table::features`]: [n_samples * n_features], row-major, all finite, neither of them 0.
/// Pixels are 0 to 255 as stored.
///
/// # Errors
/// [`DataError`] says what is wrong and where: a file that cannot be opened or is cut, rows of unequal
/// length, cells that are missing or not finite numbers, a target that is not there, another number of
/// features than `options` needs.
///
/// **Cost** time in proportion to the file; memory for the table, twice it while a Fortran-order NPY
/// array or a LIBSVM file is turned into rows. Nothing is allocated on a header's word alone.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Table, DataError> {
    let format = Format::of(path)?;
    if let Some(labels) = &options.labels
        && format != Format::Idx
        && options.wants_target()
    {
        return Err(DataError::LabelsUnused {
            path: path.to_owned(),
            labels: labels.clone(),
        });
    }
    match format {
        Format::Csv => csv::read(path, None, options),
        Format::Tsv => csv::read(path, Some(b'\t'), options),
        Format::Npy => npy::read(path, options),
        Format::Npz => npz::read(path, options),
        Format::Libsvm => libsvm::read(path, options),
        Format::Idx => idx::read(path, options),
        Format::Cifar => cifar::read(path, options),
    }
}
