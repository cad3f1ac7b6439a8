//! From data files to training and test samples.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crelu_data::{ReadOptions, Table, Watch};
use crelu_model::{Coding, Control, Dataset, FitError, TargetColumn, Task};

use crate::args::FitArgs;
use crate::clock::ProgramClock;
use crate::errors::{Failure, Origins};
use crate::progress::Teller;

/// What a fit learns from and is scored on.
#[derive(Debug)]
pub(crate) struct Samples {
    /// The training rows.
    pub(crate) train: Dataset,
    /// The test rows, if there are any.
    pub(crate) test: Option<Dataset>,
    /// What is predicted.
    pub(crate) task: Task,
    /// Name of the target column, where the file has names.
    pub(crate) target_name: Option<String>,
    /// Index of the target column, in formats where it is one of the columns.
    pub(crate) target_index: Option<usize>,
    /// Names of the features, where the file has them.
    pub(crate) feature_names: Option<Vec<String>>,
    /// The rows of the file that are trained on, from 0.
    pub(crate) rows: Vec<usize>,
    /// The rows that were read, where a limit came before the others.
    pub(crate) read_in_part: Option<usize>,
}

/// How long reading may go on, and whom it tells how far it is.
pub(crate) struct Patience {
    pub(crate) clock: ProgramClock,
    pub(crate) limit: Option<f64>,
    pub(crate) interrupted: Arc<AtomicBool>,
    pub(crate) teller: Teller,
}

/// Bytes between two messages.
const MESSAGE_EVERY: u64 = 16 << 20;

impl Patience {
    fn is_over(&self) -> bool {
        let control = Control::with_clock(&self.clock).deadline(self.limit);
        control.interrupt(&*self.interrupted).halt().is_some()
    }

    /// Whether to go on reading `path`, asked with the bytes that were read.
    fn watch(&self, path: &Path) -> Watch {
        let (clock, limit, teller) = (self.clock, self.limit, self.teller.clone());
        let interrupted = Arc::clone(&self.interrupted);
        let name = path.display().to_string();
        let told = AtomicU64::new(0);
        Watch::new(move |bytes| {
            let part = bytes / MESSAGE_EVERY;
            if told.swap(part, Ordering::Relaxed) != part {
                teller.now(&format!("reading {name}: {} MB", bytes / 1_000_000));
            }
            let control = Control::with_clock(&clock).deadline(limit);
            control.interrupt(&*interrupted).halt().is_none()
        })
    }
}

impl Samples {
    /// Reads what the options name.
    ///
    /// # Errors
    /// A line that names the file, the row and the column, or the option.
    pub(crate) fn read(args: &FitArgs, patience: &Patience) -> Result<Self, Failure> {
        let watch = patience.watch(&args.data);
        let options = ReadOptions {
            target: args.target.clone(),
            labels: args.labels.clone(),
            watch: Some(watch.clone()),
            ..ReadOptions::default()
        };
        let table = crelu_data::read(&args.data, &options).map_err(Failure::new)?;
        let read_in_part = watch.has_cut().then_some(table.n_samples);
        let names = table.feature_names.clone();
        let (target_name, target_index) = (table.target_name.clone(), table.target_index);
        let n_features = table.n_features;
        let data = dataset(table).map_err(|error| Failure::of(args.data.display(), error))?;
        let task = args.task.unwrap_or_else(|| Task::guess(data.target()));

        let mut rows: Vec<usize> = (0..data.n_samples()).collect();
        let (train, test) = match (&args.test, args.test_frac) {
            // there is nothing to score in time
            _ if patience.is_over() => (data, None),
            (Some(path), _) => {
                let options = ReadOptions {
                    labels: args.test_labels.clone(),
                    n_features: Some(n_features),
                    watch: Some(patience.watch(path)),
                    ..options
                };
                let test = read_test(path, &options, names.as_deref())?;
                (data, Some(test))
            }
            (None, Some(share)) => {
                let origins = |split| Origins {
                    split,
                    ..origins(args, &data)
                };
                // a class too many is a fault of the file, not of the split
                Coding::learn(data.target(), task)
                    .map_err(|error| origins(false).failure(&error))?;
                let (train, test) = data
                    .split_rows(share, args.seed)
                    .map_err(|error| origins(true).failure(&error))?;
                rows.clone_from(&train);
                (data.select(&train), Some(data.select(&test)))
            }
            (None, None) => (data, None),
        };
        Ok(Self {
            train,
            test,
            task,
            target_name,
            target_index,
            feature_names: names,
            rows,
            read_in_part,
        })
    }
}

/// Where the parts of this fit come from.
pub(crate) fn origins<'a>(args: &'a FitArgs, train: &Dataset) -> Origins<'a> {
    Origins {
        data: &args.data,
        test: args.test.as_deref(),
        gates: args.gates.as_deref(),
        text_target: train.target().values.is_none(),
        split: args.test_frac.is_some(),
    }
}

fn read_test(
    path: &Path,
    options: &ReadOptions,
    names: Option<&[String]>,
) -> Result<Dataset, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::of("--test", error);
    let table = crelu_data::read(path, options).map_err(|error| failed(&error))?;
    check_order(path, names, table.feature_names.as_deref())?;
    dataset(table).map_err(|error| Failure::at("--test", path, error))
}

/// Refuses a file that has the columns of the training data in another order.
///
/// # Errors
/// A line that names the file and the first column that is elsewhere.
pub(crate) fn check_order(
    path: &Path,
    want: Option<&[String]>,
    got: Option<&[String]>,
) -> Result<(), Failure> {
    let (Some(want), Some(got)) = (want, got) else {
        return Ok(());
    };
    let sorted = |names: &[String]| {
        let mut names = names.to_vec();
        names.sort();
        names
    };
    // other names may be other words for the same columns: that is the user's knowledge
    let moved = want.iter().zip(got).position(|(a, b)| a != b);
    match moved {
        Some(at) if sorted(want) == sorted(got) => Err(Failure::of(
            path.display(),
            format_args!(
                "the features stand in another order than in training: '{}' where '{}' was",
                got[at], want[at]
            ),
        )),
        _ => Ok(()),
    }
}

/// A table as the library takes it.
///
/// # Errors
/// [`FitError`] where it holds nothing to learn from.
pub(crate) fn dataset(table: Table) -> Result<Dataset, FitError> {
    let target = match table.target {
        Some(crelu_data::TargetColumn::Numbers { values, text }) => TargetColumn {
            text,
            values: Some(values),
        },
        Some(crelu_data::TargetColumn::Text(text)) => TargetColumn::labels(text),
        None => TargetColumn::labels(Vec::new()),
    };
    Dataset::from_rows(&table.features, table.n_samples, table.n_features, target)
}
