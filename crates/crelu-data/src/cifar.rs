//! CIFAR-10's binary batches: a label byte and 3072 pixels a record.

use std::path::Path;

use crate::error::DataError;
use crate::options::ReadOptions;
use crate::source::{open, read_error, read_full};
use crate::table::{Table, TargetColumn};

const PIXELS: usize = 3072;
const LARGEST_LABEL: u8 = 9;

/// Reads a batch; the labels are skipped unread where the target is optional.
pub(crate) fn read(path: &Path, options: &ReadOptions) -> Result<Table, DataError> {
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
        if options.wants_target() {
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
    options.check_features(path, None, PIXELS)?;
    let target = options
        .wants_target()
        .then(|| TargetColumn::from_values(labels));
    Ok(Table {
        features,
        n_samples: row,
        n_features: PIXELS,
        feature_names: None,
        target,
        target_name: None,
        target_index: None,
    })
}
