//! NumPy's archives, with the arrays `X` and `y`.

use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::columns::{Choose, FileColumns, choose};
use crate::error::DataError;
use crate::format::is_gzipped;
use crate::npy::{Array, check_finite, gather, read_array};
use crate::options::ReadOptions;
use crate::source::{Capped, open, open_plain, read_error};
use crate::table::{Layout, Table};

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
    let x = array(path, &mut archive, "X")?;
    let (n_samples, width) = match x.shape[..] {
        [] | [_] => {
            return Err(DataError::Dimensions {
                path: path.to_owned(),
                part: Some("X"),
                want: "2 or more",
                got: x.shape.len(),
            });
        }
        [0, ..] => {
            return Err(DataError::NoRows {
                path: path.to_owned(),
                part: Some("X"),
            });
        }
        [n_samples, ref rest @ ..] => (n_samples, rest.iter().product()),
    };
    let columns = FileColumns {
        names: None,
        count: width,
        target_apart: true,
        sparse: false,
    };
    let chosen = choose(path, options, &columns, pick)?;
    if chosen.features.is_empty() {
        return Err(DataError::NoFeatures {
            path: path.to_owned(),
            part: Some("X"),
        });
    }
    let features = gather(x.numbers(path, Some("X"))?, width, &chosen.features);
    check_finite(path, Some("X"), &features, &chosen.features)?;
    let target = if options.with_target {
        let y = array(path, &mut archive, "y")?;
        let targets = match y.shape[..] {
            [targets] | [targets, 1] => targets,
            _ => {
                return Err(DataError::Dimensions {
                    path: path.to_owned(),
                    part: Some("y"),
                    want: "1",
                    got: y.shape.len(),
                });
            }
        };
        if targets != n_samples {
            return Err(DataError::Lengths {
                path: path.to_owned(),
                samples: n_samples,
                targets,
            });
        }
        Some(y.target(path, Some("y"))?)
    } else {
        None
    };
    Ok(Table {
        features,
        n_samples,
        n_features: chosen.features.len(),
        feature_names: None,
        target,
        target_name: None,
        target_index: None,
        layout: Layout {
            columns: chosen.features,
            ..Layout::default()
        },
    })
}

fn array<R: Read + Seek>(
    path: &Path,
    archive: &mut ZipArchive<R>,
    name: &'static str,
) -> Result<Array, DataError> {
    let wanted = [format!("{name}.npy"), name.to_owned()];
    let Some(index) = wanted.iter().find_map(|name| archive.index_for_name(name)) else {
        let found = archive
            .file_names()
            .map(|name| name.trim_end_matches(".npy").to_owned())
            .collect();
        return Err(DataError::NoArray {
            path: path.to_owned(),
            name,
            found,
        });
    };
    let entry = archive
        .by_index(index)
        .map_err(|error| zip_error(path, error))?;
    let compressed = entry.compressed_size();
    read_array(path, Some(name), &mut Capped::new(entry, compressed)).map_err(|error| match error {
        // Within an archive damage shows as a failed read: a wrong checksum, a cut stream.
        DataError::Io { path, source } => DataError::Zip {
            path,
            source: ZipError::Io(source),
        },
        other => other,
    })
}

fn zip_error(path: &Path, source: ZipError) -> DataError {
    DataError::Zip {
        path: path.to_owned(),
        source,
    }
}
