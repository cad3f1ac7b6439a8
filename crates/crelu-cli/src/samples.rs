//! From data files to training and test samples.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crelu_data::{
    Aside, Categorical, FeatureCells, ReadOptions, Role, Selection, Table, TargetCells, Watch,
};
use crelu_model::{
    Coding, ColumnCoding, ColumnMatch, ColumnOrigin, Control, DataColumns, Dataset, FeatureCoding,
    FitError, LossChoice, Model, Task, TrainMode, TrainingColumns, split_rows,
};

use crate::args::{FitArgs, HeldOutArg, Missing, TableArgs};
use crate::clock::ProgramClock;
use crate::errors::Failure;
use crate::groups::Groups;
use crate::notes::{column_notes, id_note, label_notes};
use crate::origins::Origins;
use crate::progress::Teller;
use crate::rows::Rows;
use crate::source::{Source, shown};

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
    /// Where further targets stood.
    pub(crate) other_targets: Vec<ColumnOrigin>,
    /// The group of every training row, from 0, if there was a column of them.
    pub(crate) groups: Option<Vec<usize>>,
    /// Where the weights stood, if they were a column.
    pub(crate) weights: Option<ColumnOrigin>,
    /// How the columns of the file become features; none: they are the features.
    pub(crate) columns: Option<FeatureCoding>,
    /// Names of the features, where the file has them.
    pub(crate) feature_names: Option<Vec<String>>,
    /// The rows that end the training, if there are any.
    pub(crate) held_out: Option<HeldOut>,
    /// The rows of the file that are trained on, from 0.
    pub(crate) rows: Vec<usize>,
    /// The rows that are scored, of the test file or of the training file.
    pub(crate) test_rows: Option<Vec<usize>>,
    /// The file that the training rows are from.
    pub(crate) source: Source,
    /// The file of the test rows, if it is another.
    pub(crate) test_source: Option<Source>,
    /// The rows that were read, where a limit came before the others.
    pub(crate) read_in_part: Option<usize>,
    /// What a user should know of the files, a line each.
    pub(crate) notes: Vec<String>,
}

/// Rows that are read beside those of training and test.
#[derive(Debug)]
pub(crate) struct HeldOut {
    pub(crate) data: Dataset,
    /// Their rows in their file.
    rows: Vec<usize>,
    /// Their file, if it is another than that of the training.
    source: Option<Source>,
}

/// What other files must have in common with the training file.
struct Shape {
    n_columns: usize,
    names: Option<Vec<String>>,
    several: bool,
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

impl Samples {
    /// Reads what the options name.
    ///
    /// # Errors
    /// A line that names the file, the row and the column, or the option.
    pub(crate) fn read(args: &FitArgs, patience: &Patience) -> Result<Self, Failure> {
        let watch = patience.watch(&args.data);
        let impute = args.missing == Missing::Impute;
        let several = args.target.len() > 1;
        let others = args.target.iter().skip(1).map(|name| (name, Role::Target));
        let weights = args.weights.iter().map(|name| (name, Role::Weights));
        let numbers = others.chain(weights).map(|(name, role)| Aside {
            name: name.clone(),
            role,
            cells: TargetCells::Numbers,
        });
        let groups = args.search.groups.iter().map(|name| Aside {
            name: name.clone(),
            role: Role::Groups,
            cells: TargetCells::Labels,
        });
        let aside = numbers.chain(groups);
        let options = ReadOptions {
            target: args.target.first().cloned(),
            labels: args.labels.clone(),
            target_cells: match several {
                true => TargetCells::Numbers,
                false => target_cells(args.task),
            },
            aside: aside.collect(),
            holes: impute,
            watch: Some(watch.clone()),
            ..args.table.options()
        };
        if several && args.task == Some(Task::Classify) {
            return Err(Failure::of("--target", FitError::SeveralTargets));
        }
        let mut table = crelu_data::read(&args.data, &options).map_err(Failure::new)?;
        patience.teller.now("preparing the data");
        let mut notes: Vec<String> = id_note(&args.data, &table).into_iter().collect();
        let groups = Groups::take(args.search.groups.is_some(), &mut table);
        let target_index = table.target_index;
        let n_samples = table.n_samples;
        let mut read = Rows::of(&args.data, table, args.target.len().saturating_sub(1))?;
        // rows of weight 0 leave before anything is learnt
        let kept = read.weighing();
        let guessed = |rows: &Rows| match rows.targets.as_slice() {
            [one] => Task::guess(&one.select(&kept)),
            _ => Task::Regress,
        };
        let task = args.task.unwrap_or_else(|| guessed(&read));
        if task == Task::Classify {
            notes.extend(label_notes(&read, &kept));
        }
        let over = patience.is_over();
        let split = match (&args.test, args.test_frac) {
            (None, Some(share)) if !over => {
                let parts = split_rows(kept.len(), share, args.seed);
                let parts = parts.map_err(|error| match error {
                    FitError::Setting { setting, problem } => {
                        Failure::of(format_args!("--{setting}"), problem)
                    }
                    other => Failure::of("--test-frac", other),
                })?;
                let of = |part: &[usize]| part.iter().map(|&at| kept[at]).collect::<Vec<_>>();
                Some((of(&parts.0), of(&parts.1)))
            }
            _ => None,
        };
        let (rows, held_out) = match split {
            Some((train, test)) => (train, Some(test)),
            None => (kept, None),
        };
        let (rows, stops) = match args.early_stop {
            Some(HeldOutArg::Share(share)) if !over => {
                // another seed than that of the test: rows are not drawn the same way twice
                let parts = split_rows(rows.len(), share, args.seed.wrapping_add(1));
                let parts = parts.map_err(|_| {
                    let problem = "leaves no row to hold out or for training";
                    Failure::of("--early-stop", problem)
                })?;
                let of = |part: &[usize]| part.iter().map(|&at| rows[at]).collect::<Vec<_>>();
                (of(&parts.0), Some(of(&parts.1)))
            }
            _ => (rows, None),
        };
        let columns = read.learn(&rows, impute)?;
        let (train, _) = read.dataset(columns.as_ref(), &rows)?;
        let test = match &held_out {
            Some(held_out) => {
                let (test, unseen) = read.dataset(columns.as_ref(), held_out)?;
                notes.extend(read.unseen_note(&unseen));
                Some(test)
            }
            None => None,
        };
        let stops = match stops {
            Some(rows) => {
                let (data, unseen) = read.dataset(columns.as_ref(), &rows)?;
                notes.extend(read.unseen_note(&unseen));
                Some(HeldOut {
                    data,
                    rows,
                    source: None,
                })
            }
            None => None,
        };
        let feature_names = match &columns {
            Some(coding) => coding.feature_names(),
            None => read.names().map(<[String]>::to_vec),
        };
        let (n_columns, names) = (read.n_columns(), read.names().map(<[String]>::to_vec));
        let mut samples = Self {
            rows,
            test_rows: held_out,
            train,
            test,
            task,
            target_index,
            other_targets: read.other_targets,
            weights: read.weights_origin,
            columns,
            feature_names,
            groups: None,
            held_out: stops,
            source: read.source,
            test_source: None,
            read_in_part: watch.has_cut().then_some(n_samples),
            notes: Vec::new(),
        };
        // after a limit no fold follows
        if let Some(groups) = groups.as_ref().filter(|_| !watch.has_cut()) {
            let folds = args.search.folds();
            samples.groups = Some(groups.of_rows(&samples.rows, folds, &samples.source)?);
        }
        // what the target holds is a fault of the file, not of the fit
        let is_split = samples.test_rows.is_some();
        let learnt = Coding::of(samples.train.targets(), task);
        let coding = learnt.map_err(|error| {
            let of_part = samples.failure_of_part(args, &error);
            of_part.unwrap_or_else(|| samples.origins(args, is_split).failure(&error))
        })?;
        if args.certificate.is_some() && several_outputs(&coding, several, args.loss) {
            let problem = "a proven bound speaks of networks of one output: one target of numbers, or two labels (not softmax)";
            return Err(Failure::of("--certificate", problem));
        }
        if let Some(test) = &samples.test {
            let code = coding.code(test.targets());
            code.map_err(|error| samples.origins(args, is_split).failure(&error))?;
        }
        if let Some(held_out) = &samples.held_out {
            let code = coding.code(held_out.data.targets());
            code.map_err(|error| samples.held_out_origins(args).failure(&error))?;
        }
        // there is nothing to score in time where it is over
        let shape = Shape {
            n_columns,
            names,
            several,
        };
        if let Some(path) = args.test.as_ref().filter(|_| !over) {
            let labels = args.test_labels.as_deref();
            let other =
                samples.other(("--test", path, labels), args, &shape, patience, &mut notes)?;
            let code = coding.code(other.data.targets());
            samples.test = Some(other.data);
            samples.test_rows = Some(other.rows);
            samples.test_source = other.source;
            code.map_err(|error| samples.origins(args, false).failure(&error))?;
        }
        if let Some(HeldOutArg::File(path)) = &args.early_stop {
            let place = ("--early-stop", path.as_path(), None);
            let other = samples.other(place, args, &shape, patience, &mut notes)?;
            let code = coding.code(other.data.targets());
            samples.held_out = Some(other);
            code.map_err(|error| samples.held_out_origins(args).failure(&error))?;
        }
        notes.extend(samples.sparse_note(args));
        samples.notes = notes;
        Ok(samples)
    }

    /// What is wrong with the rows, where they are the first of more that there was no time to read.
    pub(crate) fn failure_of_part(&self, args: &FitArgs, error: &FitError) -> Option<Failure> {
        let rows = self.read_in_part?;
        Some(Failure::of(
            args.data.display(),
            format_args!("{error}, in the first {rows} rows: there was no time to read more"),
        ))
    }

    /// Reads rows of another file, whose columns are those of the training file.
    fn other(
        &self,
        (option, path, labels): (&'static str, &Path, Option<&Path>),
        args: &FitArgs,
        shape: &Shape,
        patience: &Patience,
        notes: &mut Vec<String>,
    ) -> Result<HeldOut, Failure> {
        let known = TrainingColumns {
            n_features: shape.n_columns,
            feature_names: shape.names.as_deref(),
            target_name: self.source.target_name.as_deref(),
            target_index: self.target_index,
            other_targets: &self.other_targets,
            weights: self.weights.as_ref(),
        };
        let mut options = ReadOptions {
            labels: labels.map(Path::to_owned),
            target_cells: match shape.several {
                true => TargetCells::Numbers,
                false => target_cells(Some(self.task)),
            },
            watch: Some(patience.watch(path)),
            ..args.table.options()
        };
        if shape.names.is_none() {
            // without names the file has the columns of the training file, in their places
            options.drop.extend(args.search.groups.clone());
        }
        let (table, matched) = read_known(path, options, &known, self.columns.as_ref())
            .map_err(|error| Failure::of(option, error))?;
        notes.extend(column_notes(path, &table, &matched));
        let mut read = Rows::of(path, table, matched.other_targets.len())?;
        let rows = read.weighing();
        let (data, unseen) = read
            .dataset(self.columns.as_ref(), &rows)
            .map_err(|error| Failure::of(option, error))?;
        notes.extend(read.unseen_note(&unseen));
        Ok(HeldOut {
            data,
            rows,
            source: Some(read.source),
        })
    }

    /// [`origins`](Self::origins) with the rows held out as the test rows.
    pub(crate) fn held_out_origins<'a>(&'a self, args: &'a FitArgs) -> Origins<'a> {
        let Some(held_out) = &self.held_out else {
            return self.origins(args, false);
        };
        Origins {
            test_source: held_out.source.as_ref(),
            test_rows: Some(&held_out.rows),
            test: Some(&held_out.data),
            option: "--early-stop",
            ..self.origins(args, false)
        }
    }

    /// A line that says how sparse rows are trained on.
    fn sparse_note(&self, args: &FitArgs) -> Option<String> {
        let rows = self.train.sparse()?;
        if args.train() == TrainMode::Sampled {
            return None;
        }
        Some(format!(
            "{}: {} entries in {} rows of {} columns: trained on as sparse rows, features {}, without a proof",
            self.source.shown(),
            rows.n_entries(),
            rows.n_rows(),
            rows.n_columns(),
            match args.no_standardize {
                true => "as they are",
                false => "scaled but not centred",
            }
        ))
    }

    /// Where the parts of this fit come from; `split`: some rows of the training file are kept for the test.
    pub(crate) fn origins<'a>(&'a self, args: &'a FitArgs, split: bool) -> Origins<'a> {
        Origins {
            source: &self.source,
            train: &self.train,
            rows: &self.rows,
            test_source: self.test_source.as_ref(),
            test_rows: self.test_rows.as_deref(),
            test: self.test.as_ref(),
            columns: self.columns.as_ref(),
            gates: args.gates.as_deref(),
            init: args.init.as_deref(),
            option: if split { "--test-frac" } else { "--test" },
        }
    }
}

/// Whether the network has more outputs than one.
fn several_outputs(coding: &Coding, several_targets: bool, loss: LossChoice) -> bool {
    match coding {
        Coding::Value => several_targets,
        Coding::Classes { labels } => labels.len() > 2 || loss == LossChoice::Softmax,
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
    model: &Model,
) -> Result<(Table, ColumnMatch), Failure> {
    let options = ReadOptions {
        labels: labels.map(Path::to_owned),
        target_cells: target_cells(Some(model.task())),
        ..table.options()
    };
    read_known(path, options, known, model.columns.as_ref())
}

/// Reads the columns of a model from a file, by name where both have names.
///
/// # Errors
/// A line that names the file and the column, or the row.
pub(crate) fn read_known(
    path: &Path,
    options: ReadOptions,
    known: &TrainingColumns<'_>,
    columns: Option<&FeatureCoding>,
) -> Result<(Table, ColumnMatch), Failure> {
    let holes = |coding: &FeatureCoding| coding.columns.iter().any(ColumnCoding::takes_holes);
    let cells_of = |column: &ColumnCoding| match column {
        ColumnCoding::Number { .. } => FeatureCells::Numbers,
        ColumnCoding::Levels { .. } => FeatureCells::Levels,
    };
    let options = ReadOptions {
        known_names: known.names(),
        n_features: Some(known.n_features),
        holes: columns.is_some_and(holes),
        categorical: Categorical::None,
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
        let (others, weights) = match options.with_target {
            true => (matched.other_targets.as_slice(), matched.weights),
            false => (&[][..], None),
        };
        let aside = others.iter().copied().chain(weights);
        Ok(Selection {
            features: matched.features.clone(),
            target: matched.target,
            aside: aside.map(|column| (column, TargetCells::Numbers)).collect(),
            cells: match columns {
                Some(coding) => coding.columns.iter().map(cells_of).collect(),
                None => vec![FeatureCells::Numbers; matched.features.len()],
            },
        })
    });
    Ok((table.map_err(Failure::new)?, matched))
}
