use std::path::{Path, PathBuf};

use crelu_data::ReadOptions;
use crelu_model::{Dataset, TargetColumn, split_rows};

use crate::images::SOURCE;
use crate::sets;

/// Share of the rows held out where a set has no rows for the test.
const HELD_OUT: f64 = 0.25;

/// Rows to train on and rows held out.
pub(crate) struct Parts {
    pub(crate) train: Dataset,
    pub(crate) test: Dataset,
}

/// A set with its labels, in two parts; `seed`: which rows are held out.
pub(crate) fn parts(set: &str, seed: u64) -> Result<Parts, String> {
    if set == "Fashion-MNIST" {
        return Ok(Parts {
            train: idx("train")?,
            test: idx("t10k")?,
        });
    }
    let all = labelled(set)?;
    let (train, test) = split_rows(all.n_samples(), HELD_OUT, seed).map_err(|e| e.to_string())?;
    Ok(Parts {
        train: all.select(&train),
        test: all.select(&test),
    })
}

/// The rows that [`parts`] holds out of a table of `data`.
pub(crate) fn held_out(set: &str, seed: u64) -> Result<Vec<usize>, String> {
    let all = labelled(set)?;
    let split = split_rows(all.n_samples(), HELD_OUT, seed);
    split.map(|(_, test)| test).map_err(|e| e.to_string())
}

/// The file of a table with all its classes.
pub(crate) fn file(set: &str) -> Option<PathBuf> {
    let name = match set {
        "digits" => "digits.csv.gz",
        "wine" => "wine.csv",
        "breast cancer" => "breast_cancer.csv",
        _ => return None,
    };
    Some(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../data")
            .join(name),
    )
}

fn labelled(set: &str) -> Result<Dataset, String> {
    let Some(file) = file(set) else {
        return sets::raw(set).map(|(_, raw)| raw.data);
    };
    read(&file, &ReadOptions::default())
}

fn idx(part: &str) -> Result<Dataset, String> {
    let options = ReadOptions {
        labels: Some(Path::new(SOURCE).join(format!("{part}-labels-idx1-ubyte.gz"))),
        ..ReadOptions::default()
    };
    read(
        &Path::new(SOURCE).join(format!("{part}-images-idx3-ubyte.gz")),
        &options,
    )
}

fn read(file: &Path, options: &ReadOptions) -> Result<Dataset, String> {
    let read = crelu_data::read(file, options).map_err(|e| e.to_string())?;
    let Some(values) = read.target.as_ref().and_then(|it| it.values.clone()) else {
        return Err(format!("{}: the labels are not numeric", file.display()));
    };
    let target = TargetColumn::numbers(values);
    Dataset::from_rows(&read.features, read.n_samples, read.n_features, target)
        .map_err(|e| format!("{}: {e}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_out_the_rows_that_are_named() {
        let parts = parts("wine", 3).unwrap();
        let held_out = held_out("wine", 3).unwrap();
        assert_eq!(held_out.len(), parts.test.n_samples());
        assert_eq!(parts.train.n_samples() + held_out.len(), 178);
    }
}
