//! NumPy's archives, with the arrays `X` and `y`.

use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::array::{self, choose_columns, gather};
use crate::columns::Choose;
use crate::error::{ArrayError, DataError};
use crate::file_names::is_gzipped;
use crate::npy::{Array, read_array};
use crate::options::ReadOptions;
use crate::source::{Capped, open, open_plain, read_error};
use crate::table::Table;
use crate::watch::Watch;

/// Reads `X` (samples in its first dimension, the others are flattened) and, if it is wanted, `y`.
pub(crate) fn read(
    path: &Path,
    options: &ReadOptions,
    pick: Choose<'_>,
) -> Result<Table, DataError> {
    options.check_fixed_target(path)?;
    if is_gzipped(path) {
        let mut bytes = Vec::new();
        open(path)?
            .read_to_end(&mut bytes)
            .map_err(|error| read_error(path, error))?;
        read_archive(path, Cursor::new(bytes), options, pick)
    } else {
        read_archive(path, BufReader::new(open_plain(path)?.0), options, pick)
    }
}

fn read_archive<R: Read + Seek>(
    path: &Path,
    reader: R,
    options: &ReadOptions,
    pick: Choose<'_>,
) -> Result<Table, DataError> {
    let mut archive = ZipArchive::new(reader).map_err(|error| zip_error(path, error))?;
    let x = read_part(path, &mut archive, "X", options.watch.as_ref())?;
    let (n_samples, width) = match x.shape[..] {
        [] | [_] => {
            let (want, got) = ("2 or more", x.shape.len());
            return Err(ArrayError::Dimensions { want, got }.of(path, Some("X")));
        }
        [0, ..] => {
            return Err(DataError::NoRows {
                path: path.to_owned(),
                part: Some("X"),
            });
        }
        [n_samples, ref rest @ ..] => (n_samples, rest.iter().product()),
    };
    let chosen = choose_columns(path, Some("X"), (width, true), options, pick)?;
    let stated_rows = x.stated_rows;
    let values = x.numbers(path, Some("X"))?;
    let aside = array::asides(path, Some("X"), &values, width, &chosen)?;
    let features = gather(values, width, &chosen.features);
    array::check_features(path, Some("X"), &features, &chosen.features, options)?;
    let target = if options.with_target {
        let y = read_part(path, &mut archive, "y", None)?;
        let targets = match y.shape[..] {
            [targets] | [targets, 1] => targets,
            _ => {
                let (want, got) = ("1", y.shape.len());
                return Err(ArrayError::Dimensions { want, got }.of(path, Some("y")));
            }
        };
        if targets != stated_rows {
            let samples = stated_rows;
            return Err(ArrayError::Lengths { samples, targets }.of(path, None));
        }
        Some(y.target(n_samples, path, Some("y"))?)
    } else {
        None
    };
    Ok(array::table(features, chosen, target, aside))
}

fn read_part<R: Read + Seek>(
    path: &Path,
    archive: &mut ZipArchive<R>,
    name: &'static str,
    watch: Option<&Watch>,
) -> Result<Array, DataError> {
    let wanted = [format!("{name}.npy"), name.to_owned()];
    let Some(index) = wanted.iter().find_map(|name| archive.index_for_name(name)) else {
        let found = archive
            .file_names()
            .map(|name| name.trim_end_matches(".npy").to_owned())
            .collect();
        return Err(ArrayError::NoArray { name, found }.of(path, None));
    };
    let entry = archive
        .by_index(index)
        .map_err(|error| zip_error(path, error))?;
    let compressed = entry.compressed_size();
    let mut reader = Capped::new(entry, compressed);
    read_array(path, Some(name), &mut reader, watch).map_err(|error| match error {
        // Within an archive damage shows as a failed read: a wrong checksum, a cut stream.
        DataError::Io { path, source } => zip_error(&path, ZipError::Io(source)),
        other => other,
    })
}

fn zip_error(path: &Path, source: ZipError) -> DataError {
    ArrayError::Zip(source).of(path, None)
}
