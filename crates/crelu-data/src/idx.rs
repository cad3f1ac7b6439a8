//! IDX, the format of MNIST: images in one file, labels in another.

use std::io::Read;
use std::path::Path;

use crelu_core::TargetColumn;

use crate::array::{self, Pieces, check_finite, choose_columns, gather};
use crate::columns::{Choose, Selection};
use crate::error::{ArrayError, DataError};
use crate::options::ReadOptions;
use crate::source::{at_end, open, open_bytes, read_error, read_full};
use crate::table::Table;
use crate::watch::Watch;

/// Reads images and their labels from memory: data embedded in a program. The names stand in
/// errors for the files' paths, and say by a `.gz` that the bytes are compressed.
///
/// **Shapes** [`Table::features`]: [n_samples * n_features], row-major, 0 to 255 as stored.
///
/// # Errors
/// [`DataError`]: bytes that are no IDX file or are cut, another number of labels than of images.
pub fn read_idx_bytes(
    (images_name, images): (&Path, &[u8]),
    (labels_name, labels): (&Path, &[u8]),
) -> Result<Table, DataError> {
    let array = read_array(images_name, &mut open_bytes(images_name, images), None)?;
    let labels = read_array(labels_name, &mut open_bytes(labels_name, labels), None)?;
    table(
        images_name,
        array,
        Some((labels_name, labels)),
        &ReadOptions::default(),
        &mut |file| {
            Ok(Selection {
                features: (0..file.count).collect(),
                ..Selection::default()
            })
        },
    )
}

/// Reads images, flattened to rows, and, if they are wanted, their labels.
pub(crate) fn read(
    path: &Path,
    options: &ReadOptions,
    pick: Choose<'_>,
) -> Result<Table, DataError> {
    options.check_fixed_target(path)?;
    let labels = match &options.labels {
        _ if !options.with_target => None,
        None => {
            return Err(DataError::LabelsMissing {
                path: path.to_owned(),
            });
        }
        labels => labels.as_deref(),
    };
    let images = read_array(path, &mut open(path)?, options.watch.as_ref())?;
    let labels = labels
        .map(|labels| Ok((labels, read_array(labels, &mut open(labels)?, None)?)))
        .transpose()?;
    table(path, images, labels, options, pick)
}

fn table(
    path: &Path,
    images: Array,
    labels: Option<(&Path, Array)>,
    options: &ReadOptions,
    pick: Choose<'_>,
) -> Result<Table, DataError> {
    let (n_samples, width) = match images.shape[..] {
        [] | [_] => {
            let (want, got) = ("2 or more", images.shape.len());
            return Err(ArrayError::Dimensions { want, got }.of(path, None));
        }
        [0, ..] => {
            return Err(DataError::NoRows {
                path: path.to_owned(),
                part: None,
            });
        }
        [n_samples, ref rest @ ..] => (n_samples, rest.iter().product()),
    };
    let chosen = choose_columns(path, None, (width, true), options, pick)?;
    let aside = array::asides(path, None, &images.values, width, &chosen)?;
    let features = gather(images.values, width, &chosen.features);
    array::check_features(path, None, &features, &chosen.features, options)?;
    let target = labels
        .map(|(labels, array)| target(path, labels, array, images.stated_rows))
        .transpose()?
        .map(|labels| TargetColumn::numbers(labels[..n_samples].to_vec()));
    Ok(array::table(features, chosen, target, aside))
}

fn target(path: &Path, labels: &Path, array: Array, want: usize) -> Result<Vec<f64>, DataError> {
    let got = match array.shape[..] {
        [got] | [got, 1] => got,
        _ => {
            let (want, got) = ("1", array.shape.len());
            return Err(ArrayError::Dimensions { want, got }.of(labels, None));
        }
    };
    if got != want {
        return Err(DataError::LabelCount {
            path: path.to_owned(),
            labels: labels.to_owned(),
            want,
            got,
        });
    }
    check_finite(labels, None, &array.values, &[0])?;
    Ok(array.values)
}

struct Array {
    shape: Vec<usize>,
    /// The rows that the header states: more than there are where a watch ended the reading.
    stated_rows: usize,
    values: Vec<f64>,
}

/// Reads an array, or, where `watch` says so, its first rows.
fn read_array(
    path: &Path,
    reader: &mut dyn Read,
    watch: Option<&Watch>,
) -> Result<Array, DataError> {
    let failed = |error| read_error(path, error);
    let mut word = || {
        let mut bytes = [0; 4];
        match read_full(reader, &mut bytes).map_err(failed)? {
            4 => Ok(u32::from_be_bytes(bytes)),
            _ => Err(ArrayError::CutHeader.of(path, None)),
        }
    };
    let magic = word()?;
    let [0, 0, kind, dimensions] = magic.to_be_bytes() else {
        return Err(ArrayError::IdxMagic { magic }.of(path, None));
    };
    let Some((size, value)) = element(kind).filter(|_| dimensions > 0) else {
        return Err(ArrayError::IdxMagic { magic }.of(path, None));
    };
    let mut shape = Vec::with_capacity(usize::from(dimensions));
    for _ in 0..dimensions {
        let length = usize::try_from(word()?);
        shape.push(length.map_err(|_| ArrayError::Shape.of(path, None))?);
    }
    let want = shape
        .iter()
        .try_fold(1_usize, |total, &length| total.checked_mul(length));
    let Some(want) = want.filter(|want| want.checked_mul(size).is_some()) else {
        return Err(ArrayError::Shape.of(path, None));
    };
    let (stated_rows, width) = (shape[0], want.checked_div(shape[0]).unwrap_or(0));
    let mut pieces = Pieces::new(watch);
    let mut values = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    while values.len() < want {
        let take = buffer.len().min((want - values.len()) * size);
        let filled = read_full(reader, &mut buffer[..take]).map_err(failed)?;
        values.extend(buffer[..filled].chunks_exact(size).map(value));
        if filled < take {
            let got = values.len();
            return Err(ArrayError::Truncated { want, got }.of(path, None));
        }
        if values.len() >= width.max(1) && values.len() < want && !pieces.goes_on_after(filled) {
            shape[0] = values.len() / width;
            values.truncate(shape[0] * width);
            return Ok(Array {
                shape,
                stated_rows,
                values,
            });
        }
    }
    if !at_end(reader).map_err(failed)? {
        return Err(ArrayError::Trailing { want }.of(path, None));
    }
    Ok(Array {
        shape,
        stated_rows,
        values,
    })
}

/// The value of an element.
type Decode = fn(&[u8]) -> f64;

/// Size of an element in bytes, and its value: all are big-endian.
fn element(kind: u8) -> Option<(usize, Decode)> {
    Some(match kind {
        0x08 => (1, |b| f64::from(b[0])),
        0x09 => (1, |b| f64::from(i8::from_be_bytes([b[0]]))),
        0x0b => (2, |b| f64::from(i16::from_be_bytes([b[0], b[1]]))),
        0x0c => (4, |b| {
            f64::from(i32::from_be_bytes([b[0], b[1], b[2], b[3]]))
        }),
        0x0d => (4, |b| {
            f64::from(f32::from_be_bytes([b[0], b[1], b[2], b[3]]))
        }),
        0x0e => (8, |b| {
            f64::from_be_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])
        }),
        _ => return None,
    })
}
