//! CIFAR-10's binary batches: a label byte and 3072 pixels a record.

use std::path::Path;

use crate::columns::{Choose, FileColumns, choose};
use crate::error::DataError;
use crate::npy::gather;
use crate::options::ReadOptions;
use crate::source::{open, read_error, read_full};
use crate::table::{Layout, Table, TargetColumn};

const PIXELS: usize = 3072;
const LARGEST_LABEL: u8 = 9;

/// Reads a batch; the labels are skipped unread where the target is optional.
pub(crate) fn read(
    path: &Path,
    options: &ReadOptions,
    pick: Choose<'_>,
) -> Result<Table, DataError> {
    options.check_fixed_target(path)?;
    let mut reader = open(path)?;
    let mut features = Vec::new();
    let mut labels = Vec::new();
    let mut record = [0; 1 + PIXELS];
    let mut row = 0;
    loop {
        match read_full(&mut reader, &mut record).map_err(|error| read_error(path, error))? {
            0 => break,
            count if count < record.len() => {
                return Err(DataError::CutRecord {
                    path: path.to_owned(),
                    record: row + 1,
                });
            }
            _ => {}
        }
        row += 1;
        let [label, pixels @ ..] = &record;
        if options.with_target {
            if *label > LARGEST_LABEL {
                return Err(DataError::CifarLabel {
                    path: path.to_owned(),
                    row,
                    label: *label,
                });
            }
            labels.push(f64::from(*label));
        }
        features.extend(pixels.iter().map(|&pixel| f64::from(pixel)));
    }
    if row == 0 {
        return Err(DataError::NoRows {
            path: path.to_owned(),
            part: None,
        });
    }
    let columns = FileColumns {
        names: None,
        count: PIXELS,
        target_apart: true,
        sparse: false,
    };
    let chosen = choose(path, options, &columns, pick)?;
    if chosen.features.is_empty() {
        return Err(DataError::NoFeatures {
            path: path.to_owned(),
            part: None,
        });
    }
    let features = gather(features, PIXELS, &chosen.features);
    let target = options
        .with_target
        .then(|| TargetColumn::from_values(labels));
    Ok(Table {
        features,
        n_samples: row,
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
