//! From data files to training and test samples.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crelu_data::{
    Excerpt, Layout, Place, ReadOptions, Selection, Table, TargetCells, Watch, is_standard_input,
};
use crelu_model::{
    Coding, ColumnMatch, Control, DataColumns, Dataset, FitError, TargetColumn, Task,
    TrainingColumns,
};

use crate::args::{FitArgs, TableArgs};
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
    /// Index of the target column, in formats where it is one of the columns.
    pub(crate) target_index: Option<usize>,
    /// Names of the features, where the file has them.
    pub(crate) feature_names: Option<Vec<String>>,
    /// The rows of the file that are trained on, from 0.
    pub(crate) rows: Vec<usize>,
    /// The file that the training rows are from.
    pub(crate) source: Source,
    /// The file of the test rows, if it is another.
    pub(crate) test_source: Option<Source>,
    /// The rows that were read, where a limit came before the others.
    pub(crate) read_in_part: Option<usize>,
    /// What a user should know of the files, a line each.
    pub(crate) notes: Vec<String>,
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
        let name = shown(path);
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

/// Where rows stand, for messages.
#[derive(Debug)]
pub(crate) struct Source {
    /// The file.
    pub(crate) path: PathBuf,
    /// How it is laid out.
    pub(crate) layout: Layout,
    /// Name of the target column, where the file has names.
    pub(crate) target_name: Option<String>,
    /// Names of the features, where the file has names.
    feature_names: Option<Vec<String>>,
}

impl Source {
    fn of(path: &Path, table: &Table) -> Self {
        Self {
            path: path.to_owned(),
            layout: table.layout.clone(),
            target_name: table.target_name.clone(),
            feature_names: table.feature_names.clone(),
        }
    }

    /// The file as messages name it.
    pub(crate) fn shown(&self) -> String {
        shown(&self.path)
    }

    /// The place of the target's cell in row `row`, counted from 0.
    pub(crate) fn target(&self, row: usize) -> Place {
        self.layout.target_place(row, self.target_name.as_deref())
    }

    /// The place of feature `feature` in row `row`, both counted from 0.
    pub(crate) fn feature(&self, row: usize, feature: usize) -> Place {
        self.layout
            .feature_place(row, feature, self.feature_name(feature))
    }

    fn feature_name(&self, feature: usize) -> Option<&str> {
        let name = self.feature_names.as_deref()?.get(feature)?;
        Some(name.as_str())
    }

    /// The column of a feature, of the target where there is none: `column 3 (bmi)`.
    pub(crate) fn column(&self, feature: Option<usize>) -> String {
        let (column, name) = match feature {
            Some(feature) => (
                Some(self.layout.columns.get(feature).copied().unwrap_or(feature)),
                self.feature_name(feature),
            ),
            None => (self.layout.target_column, self.target_name.as_deref()),
        };
        let name = name.filter(|name| !name.is_empty());
        let name = name.map_or_else(String::new, |name| format!(" ({})", Excerpt(name)));
        match column {
            Some(column) => format!("column {}{name}", column + 1),
            None => format!("the target{name}"),
        }
    }
}

/// A data file as messages name it.
pub(crate) fn shown(path: &Path) -> String {
    if is_standard_input(path) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
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
            target_cells: target_cells(args.task),
            watch: Some(watch.clone()),
            ..args.table.options()
        };
        let table = crelu_data::read(&args.data, &options).map_err(Failure::new)?;
        let mut notes: Vec<String> = id_note(&args.data, &table).into_iter().collect();
        let source = Source::of(&args.data, &table);
        let (names, target_index) = (table.feature_names.clone(), table.target_index);
        let (n_samples, n_features) = (table.n_samples, table.n_features);
        let data = dataset(table).map_err(|error| Failure::of(source.shown(), error))?;
        let task = args.task.unwrap_or_else(|| Task::guess(data.target()));
        let mut samples = Self {
            rows: (0..data.n_samples()).collect(),
            train: data,
            test: None,
            task,
            target_index,
            feature_names: names,
            source,
            test_source: None,
            read_in_part: watch.has_cut().then_some(n_samples),
            notes: Vec::new(),
        };
        // what the target holds is a fault of the file, not of the split or of the fit
        let learnt = Coding::of(samples.train.targets(), task);
        let coding = learnt.map_err(|error| samples.origins(args, false).failure(&error))?;
        match (&args.test, args.test_frac) {
            // there is nothing to score in time
            _ if patience.is_over() => {}
            (Some(path), _) => {
                let known = TrainingColumns {
                    n_features,
                    feature_names: samples.feature_names.as_deref(),
                    target_name: samples.source.target_name.as_deref(),
                    target_index,
                };
                let options = ReadOptions {
                    labels: args.test_labels.clone(),
                    target_cells: target_cells(Some(task)),
                    watch: Some(patience.watch(path)),
                    ..args.table.options()
                };
                let (table, matched) = read_known(path, options, &known)
                    .map_err(|error| Failure::of("--test", error))?;
                notes.extend(column_notes(path, &table, &matched));
                let source = Source::of(path, &table);
                let test = dataset(table).map_err(|error| Failure::at("--test", path, error))?;
                let code = coding.code(test.targets());
                (samples.test, samples.test_source) = (Some(test), Some(source));
                code.map_err(|error| samples.origins(args, false).failure(&error))?;
            }
            (None, Some(share)) => {
                let (train, test) = samples
                    .train
                    .split_rows(share, args.seed)
                    .map_err(|error| samples.origins(args, true).failure(&error))?;
                samples.test = Some(samples.train.select(&test));
                samples.train = samples.train.select(&train);
                samples.rows = train;
            }
            (None, None) => {}
        }
        samples.notes = notes;
        Ok(samples)
    }

    /// Where the parts of this fit come from; `split`: some rows of the training file are kept for the test.
    pub(crate) fn origins<'a>(&'a self, args: &'a FitArgs, split: bool) -> Origins<'a> {
        Origins {
            source: &self.source,
            train: &self.train,
            rows: &self.rows,
            test_source: self.test_source.as_ref(),
            test: self.test.as_ref(),
            gates: args.gates.as_deref(),
            split,
        }
    }
}

/// What the cells of a target may be for a task.
fn target_cells(task: Option<Task>) -> TargetCells {
    match task {
        None => TargetCells::Alike,
        Some(Task::Classify) => TargetCells::Labels,
        Some(Task::Regress) => TargetCells::Numbers,
    }
}

/// Reads a file whose target is that of a model, for a test or a proof.
///
/// # Errors
/// A line that names the file and the place.
pub(crate) fn read_target(
    path: &Path,
    labels: Option<&Path>,
    table: &TableArgs,
    known: &TrainingColumns<'_>,
    task: Task,
) -> Result<(Table, ColumnMatch), Failure> {
    let options = ReadOptions {
        labels: labels.map(Path::to_owned),
        target_cells: target_cells(Some(task)),
        ..table.options()
    };
    read_known(path, options, known)
}

/// Reads the columns of a model from a file, by name where both have names.
///
/// # Errors
/// A line that names the file and the column, or the row.
pub(crate) fn read_known(
    path: &Path,
    options: ReadOptions,
    known: &TrainingColumns<'_>,
) -> Result<(Table, ColumnMatch), Failure> {
    let options = ReadOptions {
        known_names: known.names(),
        n_features: Some(known.n_features),
        ..options
    };
    let mut matched = ColumnMatch::default();
    let table = crelu_data::read_selected(path, &options, |file| {
        matched = known.find(&DataColumns {
            names: file.names,
            count: file.count,
            target_apart: file.target_apart,
            sparse: file.sparse,
            needs_target: options.with_target,
        })?;
        Ok(Selection {
            features: matched.features.clone(),
            target: matched.target,
        })
    });
    Ok((table.map_err(Failure::new)?, matched))
}

/// What was done about columns whose names are not those of training.
pub(crate) fn column_notes(path: &Path, table: &Table, matched: &ColumnMatch) -> Vec<String> {
    const MOST: usize = 8;
    let name = |column: usize| {
        let names = table.layout.names.as_deref().unwrap_or_default();
        match names.get(column).filter(|name| !name.is_empty()) {
            Some(name) => format!("'{}'", Excerpt(name)),
            None => format!("number {} (no name)", column + 1),
        }
    };
    let mut notes = Vec::new();
    let ignored = &matched.ignored;
    if !ignored.is_empty() {
        let mut list: Vec<String> = ignored
            .iter()
            .take(MOST)
            .map(|&column| name(column))
            .collect();
        if ignored.len() > MOST {
            list.push(format!("... {} in all", ignored.len()));
        }
        notes.push(format!(
            "{}: ignored, since the model does not know {}: column{} {}",
            shown(path),
            if ignored.len() == 1 { "it" } else { "them" },
            if ignored.len() == 1 { "" } else { "s" },
            list.join(", ")
        ));
    }
    for (known, column) in &matched.renamed {
        notes.push(format!(
            "{}: column {} is taken for '{}' of the training data",
            shown(path),
            name(*column),
            Excerpt(known)
        ));
    }
    notes
}

/// A line for a first column that counts its rows.
fn id_note(path: &Path, table: &Table) -> Option<String> {
    /// Fewer rows ascend by chance.
    const FEWEST: usize = 5;
    let layout = &table.layout;
    let is_table = layout.text.is_some() || layout.target_column.is_some();
    let first = layout.columns.iter().position(|&column| column == 0)?;
    if !is_table || table.n_features < 2 || table.n_samples < FEWEST {
        return None;
    }
    let column = || table.features.iter().skip(first).step_by(table.n_features);
    let ascends = column().zip(column().skip(1)).all(|(a, b)| a < b);
    if !ascends || column().any(|value| value.fract() != 0.0) {
        return None;
    }
    let name = table
        .feature_names
        .as_ref()
        .map(|names| names[first].as_str());
    let (shown_name, drop) = match name.filter(|name| !name.is_empty()) {
        Some(name) if !name.contains(',') => {
            (format!(" ({})", Excerpt(name)), Excerpt(name).to_string())
        }
        Some(name) => (format!(" ({})", Excerpt(name)), "0".to_owned()),
        None => (String::new(), "0".to_owned()),
    };
    Some(format!(
        "{}: column 1{shown_name} holds ascending whole numbers; if it is an id, leave it out: --drop {drop}",
        shown(path)
    ))
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
