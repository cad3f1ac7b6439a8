use std::collections::HashMap;

use crelu_core::{LossKind, TargetColumn};

use crate::error::FitError;

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// One of several labels.
    Classify,
    /// A number, or several.
    Regress,
}

/// Numeric targets of more distinct values than this are taken for a regression.
const MOST_CLASSES: usize = 20;

impl Task {
    /// The name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Classify => "classify",
            Self::Regress => "regress",
        }
    }

    /// What such a target is for, unless it is said: labels are classified, numbers regressed.
    #[must_use]
    pub fn of(target: &TargetColumn) -> Self {
        match target.values {
            Some(_) => Self::Regress,
            None => Self::Classify,
        }
    }

    /// Text, and whole numbers of at most twenty distinct values, are labels; all else is a
    /// regression.
    #[must_use]
    pub fn guess(target: &TargetColumn) -> Self {
        let Some(values) = &target.values else {
            return Self::Classify;
        };
        let mut distinct: Vec<f64> = Vec::new();
        for &v in values {
            if v.fract() != 0.0 {
                return if two_valued(values) {
                    Self::Classify
                } else {
                    Self::Regress
                };
            }
            if !distinct.contains(&v) {
                distinct.push(v);
                if distinct.len() > MOST_CLASSES {
                    return Self::Regress;
                }
            }
        }
        Self::Classify
    }
}

/// The first number that is not whole, its row counted from 1.
fn fraction(target: &TargetColumn) -> Option<usize> {
    let values = target.values.as_ref()?;
    Some(1 + values.iter().position(|v| v.fract() != 0.0)?)
}

fn two_valued(values: &[f64]) -> bool {
    let other = values.iter().find(|v| **v != values[0]);
    values.iter().all(|v| *v == values[0] || Some(v) == other)
}

/// How targets are turned into numbers and back: learnt on the training rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coding {
    /// As they are.
    Value,
    /// Classes, numbered in the order of their labels: by value, or by bytes if one is text.
    Classes {
        /// The labels as written in the training data, at least two.
        labels: Vec<String>,
    },
}

/// Coded targets of some rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Coded {
    /// Numbers.
    Numbers {
        /// `outputs` numbers a row, a row's together.
        values: Vec<f64>,
        /// Targets.
        outputs: usize,
    },
    /// Classes.
    Classes {
        /// The class of each row, from 0.
        class: Vec<usize>,
        /// How many there are.
        classes: usize,
    },
}

impl Coded {
    /// One target of numbers.
    #[must_use]
    pub fn numbers(values: Vec<f64>) -> Self {
        Self::Numbers { values, outputs: 1 }
    }

    /// Two classes by the signs of numbers, the negative first.
    #[must_use]
    pub fn signs(values: &[f64]) -> Self {
        Self::Classes {
            class: values.iter().map(|y| usize::from(*y > 0.0)).collect(),
            classes: 2,
        }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers { values, outputs } => values.len() / outputs.max(&1),
            Self::Classes { class, .. } => class.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Outputs of a network for them, with a loss of that kind.
    #[must_use]
    pub fn outputs(&self, kind: &LossKind) -> usize {
        match (self, kind) {
            (Self::Numbers { outputs, .. }, _) => *outputs,
            (Self::Classes { classes: 2, .. }, LossKind::Squared | LossKind::Logistic) => 1,
            (Self::Classes { classes, .. }, _) => *classes,
        }
    }

    /// What the outputs are fitted to, a row's numbers together: two classes are -1 and +1 where
    /// there is one output, else a class is 1 in its place and 0 in the others.
    #[must_use]
    pub fn targets(&self, kind: &LossKind) -> Vec<f64> {
        match self {
            Self::Numbers { values, .. } => values.clone(),
            Self::Classes { class, .. } => match self.outputs(kind) {
                1 => class.iter().map(|c| [-1.0, 1.0][*c]).collect(),
                outputs => {
                    let mut hot = vec![0.0; outputs * class.len()];
                    for (row, class) in hot.chunks_exact_mut(outputs).zip(class) {
                        row[*class] = 1.0;
                    }
                    hot
                }
            },
        }
    }
}

impl Coding {
    /// Learns the coding of a target.
    ///
    /// # Errors
    /// [`FitError::TextTarget`] for a regression on text; [`FitError::Classes`] for a
    /// classification with fewer than two classes, [`FitError::Amounts`] for one of numbers that are no
    /// labels: fractions among more than twenty values, or of which hardly any comes again.
    pub fn learn(target: &TargetColumn, task: Task) -> Result<Self, FitError> {
        match task {
            Task::Regress => numbers_of(target).map(|_| Self::Value),
            Task::Classify => {
                let mut known = HashMap::new();
                let mut labels: Vec<(&String, Option<f64>)> = Vec::new();
                for (i, text) in target.text.iter().enumerate() {
                    let value = target.values.as_ref().map(|v| v[i]);
                    known.entry(key(text, value)).or_insert_with(|| {
                        labels.push((text, value));
                    });
                }
                if labels.len() < 2 {
                    return Err(FitError::Classes {
                        classes: labels.len(),
                    });
                }
                if let Some(row) = fraction(target)
                    && (labels.len() > MOST_CLASSES || 2 * labels.len() > target.len().max(4))
                {
                    let values = labels.len();
                    return Err(FitError::Amounts { row, values });
                }
                labels.sort_by(|a, b| match (a.1, b.1) {
                    (Some(x), Some(y)) => x.total_cmp(&y),
                    _ => a.0.as_bytes().cmp(b.0.as_bytes()),
                });
                Ok(Self::Classes {
                    labels: labels.into_iter().map(|(text, _)| text.clone()).collect(),
                })
            }
        }
    }

    /// Learns the coding of one or several targets.
    ///
    /// # Errors
    /// As [`learn`](Self::learn); [`FitError::SeveralTargets`] for labels in several targets.
    pub fn of(targets: &[TargetColumn], task: Task) -> Result<Self, FitError> {
        match targets {
            [one] => Self::learn(one, task),
            _ if task == Task::Classify => Err(FitError::SeveralTargets),
            several => {
                for target in several {
                    numbers_of(target)?;
                }
                Ok(Self::Value)
            }
        }
    }

    /// The task this coding serves.
    #[must_use]
    pub fn task(&self) -> Task {
        match self {
            Self::Value => Task::Regress,
            Self::Classes { .. } => Task::Classify,
        }
    }

    /// Codes targets: classes, or values.
    ///
    /// # Errors
    /// [`FitError::UnknownLabel`] for a label that training did not see, [`FitError::TextTarget`]
    /// for text where numbers are needed.
    pub fn code(&self, targets: &[TargetColumn]) -> Result<Coded, FitError> {
        match self {
            Self::Value => {
                let columns: Result<Vec<&[f64]>, _> = targets.iter().map(numbers_of).collect();
                let columns = columns?;
                let rows = columns.first().map_or(0, |column| column.len());
                let row = |j: usize| columns.iter().map(move |column| column[j]);
                Ok(Coded::Numbers {
                    values: (0..rows).flat_map(row).collect(),
                    outputs: columns.len(),
                })
            }
            Self::Classes { labels } => {
                let [target] = targets else {
                    return Err(FitError::SeveralTargets);
                };
                let by_text: HashMap<&str, usize> = labels
                    .iter()
                    .enumerate()
                    .map(|(k, label)| (label.as_str(), k))
                    .collect();
                let number = |label: &String| label.trim().parse::<f64>().ok();
                let by_value: HashMap<u64, usize> = labels
                    .iter()
                    .enumerate()
                    .filter_map(|(k, label)| Some(((number(label)? + 0.0).to_bits(), k)))
                    .collect();
                let code = |(i, text): (usize, &String)| {
                    let value = target.values.as_ref().map(|v| (v[i] + 0.0).to_bits());
                    by_text
                        .get(text.as_str())
                        .or_else(|| by_value.get(&value?))
                        .copied()
                        .ok_or(FitError::UnknownLabel { row: i + 1 })
                };
                let class: Result<Vec<usize>, _> =
                    target.text.iter().enumerate().map(code).collect();
                Ok(Coded::Classes {
                    class: class?,
                    classes: labels.len(),
                })
            }
        }
    }
}

/// What tells labels apart: the value of numbers, of which zero has two, or the text.
fn key(text: &str, value: Option<f64>) -> Result<u64, &str> {
    value.map(|v| (v + 0.0).to_bits()).ok_or(text)
}

fn numbers_of(target: &TargetColumn) -> Result<&[f64], FitError> {
    target.values.as_deref().ok_or_else(|| {
        let text = |cell: &String| cell.trim().parse::<f64>().is_err();
        FitError::TextTarget {
            row: target.text.iter().position(text).unwrap_or(0) + 1,
        }
    })
}
