//! From what is wrong with a fit to the file or the option that is at fault.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::path::Path;

use crelu_data::Excerpt;
use crelu_model::{Dataset, FeatureCoding, FitError, Subject, TargetColumn};

use crate::errors::Failure;
use crate::source::Source;

/// Where the parts of a fit come from, to say which of them is at fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origins<'a> {
    /// The training file.
    pub(crate) source: &'a Source,
    /// The training rows.
    pub(crate) train: &'a Dataset,
    /// Their rows in the file.
    pub(crate) rows: &'a [usize],
    /// The test file, if it is another.
    pub(crate) test_source: Option<&'a Source>,
    /// Their rows in their file.
    pub(crate) test_rows: Option<&'a [usize]>,
    /// The test rows.
    pub(crate) test: Option<&'a Dataset>,
    /// How the columns of the files became features; none: they are the features.
    pub(crate) columns: Option<&'a FeatureCoding>,
    /// The gates, if they are given.
    pub(crate) gates: Option<&'a Path>,
    /// The model to start from, if one is given.
    pub(crate) init: Option<&'a Path>,
    /// The option that the test rows come by.
    pub(crate) option: &'static str,
}

impl Origins<'_> {
    /// The line for a fit that failed.
    pub(crate) fn failure(&self, error: &FitError) -> Failure {
        let data = self.source.shown();
        let (test_source, test) = (self.test_source.unwrap_or(self.source), self.test);
        let test_row = |row: usize| {
            let rows = self.test_rows.and_then(|rows| rows.get(row));
            rows.copied().unwrap_or(row)
        };
        let in_test = |row: usize| test_source.target(test_row(row));
        let column_of = |feature: usize| self.columns.map_or(feature, |it| it.column_of(feature));
        match error {
            FitError::Classes { .. } => Failure::of(data, ClassProblem(*self)),
            FitError::UnknownLabel { row } => {
                let label = test.and_then(|test| test.target().text.get(row - 1));
                Failure::of(
                    format_args!(
                        "{}: {}",
                        self.option,
                        test_source.shown()
                    ),
                    format_args!(
                        "{}: '{}' is no label of the training data, which are {}: correct it, or leave its row out",
                        in_test(row - 1),
                        Excerpt(label.map_or("", String::as_str)),
                        Listed(&Class::of(self.train.target()))
                    ),
                )
            }
            FitError::TextTarget { row } => {
                let (place, source, rows) = match self.train.target().values {
                    None => {
                        let at = self.rows.get(row - 1).copied().unwrap_or(row - 1);
                        (self.source.target(at), self.source, Some(self.train))
                    }
                    Some(_) => (in_test(row - 1), test_source, test),
                };
                let cell = rows.and_then(|rows| rows.target().text.get(row - 1));
                Failure::of(
                    source.shown(),
                    format_args!(
                        "{place}: '{}' is not a number; --task regress needs numbers",
                        Excerpt(cell.map_or("", String::as_str))
                    ),
                )
            }
            FitError::Shape { what: Subject::GateRows, want, got } => self.gates(
                format_args!("{got} rows, {want} are needed (one a feature, the bias last; the bias may be left out)"),
            ),
            FitError::Shape { what: what @ (Subject::StartInputs | Subject::StartOutputs), want, got } => {
                let kind = if *what == Subject::StartInputs { "inputs with the bias" } else { "outputs" };
                Failure::at(
                    "--init",
                    self.init.unwrap_or(Path::new("")),
                    format_args!("its network has {got} {kind}, {want} are needed for {data}"),
                )
            }
            FitError::Range { what: Subject::Beta } | FitError::NotFinite { what: Subject::Beta } => {
                Failure::of("--beta", "times the weight of all rows it is beyond the largest number: give a smaller one")
            }
            FitError::TestRange { row, column, target, value } => {
                let place = match column {
                    Some(column) => test_source.feature(test_row(*row), column_of(*column)),
                    None => test_source.target_of(test_row(*row), *target),
                };
                Failure::of(
                    test_source.shown(),
                    format_args!("{place}: {value:e} is too far from the training data: correct the cell, or leave its row out"),
                )
            }
            FitError::FeatureRange { column, problem } => {
                Failure::of(data, format_args!("{}: {problem}", self.source.column(column_of(*column))))
            }
            FitError::TargetRange { target, problem } => {
                Failure::of(data, format_args!("{}: {problem}", self.source.target_column(*target)))
            }
            FitError::Amounts { row, values } => {
                let cell = self.train.target().text.get(row - 1);
                let at = self.rows.get(row - 1).copied().unwrap_or(row - 1);
                Failure::of(
                    data,
                    format_args!(
                        "{}: '{}' is no whole number, and the target has {values} different values: amounts are no classes; --task regress, or give labels",
                        self.source.target(at),
                        Excerpt(cell.map_or("", String::as_str))
                    ),
                )
            }
            FitError::NotFinite { what: Subject::Gates } => self.gates("a value is not finite"),
            FitError::NoPattern => self.gates("no gate sees any row of the data"),
            FitError::NotFinite { what } => Failure::of(
                data,
                format_args!("the {what} overflow in preprocessing: values too large"),
            ),
            FitError::Memory { needed, limit } => Failure::of(
                "--memory-limit",
                format_args!(
                    "{} are needed by the leanest method, the limit is {}",
                    Bytes(*needed),
                    Bytes(*limit)
                ),
            ),
            FitError::LossTask { problem, loss } => Failure::of("--loss", format_args!("{loss} {problem}")),
            FitError::ClassWeight { label, problem } => Failure::of(
                "--class-weight",
                format_args!("'{}': {problem}", Excerpt(label)),
            ),
            FitError::Setting { setting, problem } => Failure::of(format_args!("--{setting}"), problem),
            FitError::SettingRange { setting, must_be } => Failure::of(
                format_args!("--{setting}"),
                format_args!("must be {must_be}"),
            ),
            other => Failure::of(data, other),
        }
    }

    fn gates(&self, problem: impl Display) -> Failure {
        match self.gates {
            Some(path) => Failure::at("--gates", path, problem),
            None => Failure::of("--patterns", problem),
        }
    }
}

/// A label of a target.
struct Class<'a> {
    label: &'a str,
}

impl<'a> Class<'a> {
    /// The labels of a target in the order in which they come; numbers that are equal are one.
    fn of(target: &'a TargetColumn) -> Vec<Self> {
        let mut classes: Vec<Self> = Vec::new();
        let mut known: HashMap<Result<u64, &str>, usize> = HashMap::new();
        for (row, label) in target.text.iter().enumerate() {
            // zero has two representations
            let value = target
                .values
                .as_ref()
                .map(|values| (values[row] + 0.0).to_bits());
            let at = *known
                .entry(value.ok_or(label.as_str()))
                .or_insert(classes.len());
            if at == classes.len() {
                classes.push(Self { label });
            }
        }
        classes
    }
}

/// The first of several labels: `'cat', 'dog'`.
struct Listed<'a>(&'a [Class<'a>]);

impl Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 5;
        for (i, class) in self.0.iter().take(MOST).enumerate() {
            write!(
                f,
                "{}'{}'",
                if i == 0 { "" } else { ", " },
                Excerpt(class.label)
            )?;
        }
        match self.0.len() {
            count if count > MOST => write!(f, ", ... {count} in all"),
            _ => Ok(()),
        }
    }
}

/// Why a target has too few classes.
struct ClassProblem<'a>(Origins<'a>);

impl Display for ClassProblem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origins = self.0;
        let classes = Class::of(origins.train.target());
        let name = match origins
            .source
            .target_name
            .as_deref()
            .filter(|name| !name.is_empty())
        {
            Some(name) => format!("the target '{}'", Excerpt(name)),
            None => "the target".to_owned(),
        };
        let only = classes.first().map_or("", |class| class.label);
        match origins.option {
            "--test-frac" => write!(
                f,
                "the rows that --test-frac leaves for training hold 1 class, '{}': two are needed",
                Excerpt(only)
            ),
            _ => write!(
                f,
                "{name} holds 1 class, '{}': two are needed",
                Excerpt(only)
            ),
        }
    }
}

/// A number of bytes, readable.
struct Bytes(u64);

impl Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "shown to three digits")]
        let bytes = self.0 as f64;
        match bytes {
            b if b >= 1e9 => write!(f, "{:.1} GiB", b / f64::from(1 << 30)),
            b if b >= 1e6 => write!(f, "{:.1} MiB", b / f64::from(1 << 20)),
            b => write!(f, "{b} bytes"),
        }
    }
}
