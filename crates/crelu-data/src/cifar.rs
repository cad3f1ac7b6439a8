//! CIFAR-10's binary batches: a label byte and 3072 pixels a record.

use std::path::Path;

use crelu_core::TargetColumn;

use crate::array::{Pieces, asides, choose_columns, gather, table};
use crate::columns::Choose;
use crate::error::{ArrayError, DataError};
use crate::options::ReadOptions;
use crate::source::{open, read_error, read_full};
use crate::table::Table;

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
    let mut pieces = Pieces::new(options.watch.as_ref());
    while pieces.goes_on_after(if row == 0 { 0 } else { record.len() }) {
        match read_full(&mut reader, &mut record).map_err(|error| read_error(path, error))? {
            0 => break,
            count if count < record.len() => {
                return Err(ArrayError::CutRecord { record: row + 1 }.of(path, None));
            }
            _ => {}
        }
        row += 1;
        let [label, pixels @ ..] = &record;
        if options.with_target {
            if *label > LARGEST_LABEL {
                return Err(ArrayError::CifarLabel { row, label: *label }.of(path, None));
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
    let chosen = choose_columns(path, None, (PIXELS, true), options, pick)?;
    let aside = asides(path, None, &features, PIXELS, &chosen)?;
    let features = gather(features, PIXELS, &chosen.features);
    let target = options.with_target.then(|| TargetColumn::numbers(labels));
    Ok(table(features, chosen, target, aside))
}
