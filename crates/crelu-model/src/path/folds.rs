use std::collections::HashMap;
use std::fmt;

use super::settings::PathSettings;
use super::splits::{Split, given, grouped, stratified};
use crate::coding::Task;
use crate::dataset::Dataset;
use crate::error::{FitError, Subject};

/// Why there are fewer folds than were asked for, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FewFolds {
    /// There are so few rows.
    Rows(usize),
    /// A class has so few rows.
    Class {
        /// Its label as written.
        label: String,
        /// Its rows.
        rows: usize,
    },
    /// There are so few groups.
    Groups(usize),
    /// All rows of a class are held out together, so that no network learns it.
    Apart {
        /// Its label as written.
        label: String,
    },
}

impl fmt::Display for FewFolds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: &usize, thing: &str| match count {
            1 => format!("1 {thing}"),
            _ => format!("{count} {thing}s"),
        };
        match self {
            Self::Rows(rows) => write!(f, "the data have {}", of(rows, "row")),
            Self::Class { label, rows } => {
                write!(f, "class '{label}' has {}", of(rows, "row"))
            }
            Self::Groups(groups) => write!(f, "the data have {}", of(groups, "group")),
            Self::Apart { label } => write!(
                f,
                "all rows of class '{label}' are in groups that are held out together"
            ),
        }
    }
}

/// The folds of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Folds {
    /// None: there can be no folds.
    pub(super) splits: Vec<Split>,
    /// Why there are fewer than were asked for.
    pub(super) why: Option<FewFolds>,
}

impl Folds {
    /// Those that the settings ask for, as far as the rows allow.
    ///
    /// # Errors
    /// [`FitError`] for groups or splits that are not those of the rows.
    pub(super) fn of(
        train: &Dataset,
        task: Task,
        plan: &PathSettings,
        seed: u64,
    ) -> Result<Self, FitError> {
        let n = train.n_samples();
        if let Some(splits) = &plan.splits {
            given(splits, n)?;
            return Ok(Self {
                splits: splits.clone(),
                why: None,
            });
        }
        let (classes, labels) = match task {
            Task::Classify => classes(train),
            Task::Regress => (vec![0; n], Vec::new()),
        };
        let mut most = (plan.folds.min(n), FewFolds::Rows(n));
        for (class, &label) in labels.iter().enumerate() {
            let rows = classes.iter().filter(|of| **of == class).count();
            if rows < most.0 {
                let label = label.to_owned();
                most = (rows, FewFolds::Class { label, rows });
            }
        }
        if let Some(groups) = &plan.groups {
            if groups.len() != n {
                return Err(FitError::Shape {
                    what: Subject::Groups,
                    want: n,
                    got: groups.len(),
                });
            }
            let mut distinct = groups.clone();
            distinct.sort_unstable();
            distinct.dedup();
            if distinct.len() < most.0 {
                most = (distinct.len(), FewFolds::Groups(distinct.len()));
            }
        }
        let (count, why) = most;
        if count < 2 {
            return Ok(Self {
                splits: Vec::new(),
                why: Some(why),
            });
        }
        let splits = match &plan.groups {
            Some(groups) => grouped(&classes, groups, count, seed),
            None => stratified(&classes, count, seed),
        };
        for (class, &label) in labels.iter().enumerate() {
            let is_learnt = |split: &Split| split.train.iter().any(|&row| classes[row] == class);
            if !splits.iter().all(is_learnt) {
                let label = label.to_owned();
                return Ok(Self {
                    splits: Vec::new(),
                    why: Some(FewFolds::Apart { label }),
                });
            }
        }
        Ok(Self {
            splits,
            why: (count < plan.folds).then_some(why),
        })
    }
}

/// The class of every row, from 0, and the classes' labels.
fn classes(train: &Dataset) -> (Vec<usize>, Vec<&str>) {
    let target = train.target();
    let mut known: HashMap<Result<u64, &str>, usize> = HashMap::new();
    let mut labels = Vec::new();
    let of_row = target.text.iter().enumerate().map(|(row, label)| {
        let label = label.as_str();
        // numbers that are equal are one label; zero has two representations
        let value = target
            .values
            .as_ref()
            .map(|values| (values[row] + 0.0).to_bits());
        *known.entry(value.ok_or(label)).or_insert_with(|| {
            labels.push(label);
            labels.len() - 1
        })
    });
    let of_row = of_row.collect();
    (of_row, labels)
}
