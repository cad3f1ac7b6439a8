use crate::dataset::TargetColumn;
use crate::error::FitError;

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// One of two labels.
    Classify,
    /// A number.
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

fn two_valued(values: &[f64]) -> bool {
    let other = values.iter().find(|v| **v != values[0]);
    values.iter().all(|v| *v == values[0] || Some(v) == other)
}

/// How a target is turned into numbers and back: learnt on the training rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coding {
    /// As it is.
    Value,
    /// `labels[0]` is -1, `labels[1]` is +1: the larger by value, or by bytes if either is text.
    TwoClass {
        /// The labels as written in the training data, the smaller first.
        labels: [String; 2],
    },
}

impl Coding {
    /// Learns the coding of a target.
    ///
    /// # Errors
    /// [`FitError::TextTarget`] for a regression on text; [`FitError::Classes`] for a
    /// classification with another number of classes than two.
    pub fn learn(target: &TargetColumn, task: Task) -> Result<Self, FitError> {
        match task {
            Task::Regress => match &target.values {
                Some(_) => Ok(Self::Value),
                None => {
                    let text = |cell: &String| cell.trim().parse::<f64>().is_err();
                    let row = target.text.iter().position(text).unwrap_or(0) + 1;
                    Err(FitError::TextTarget { row })
                }
            },
            Task::Classify => {
                let mut labels: Vec<(&String, Option<f64>)> = Vec::new();
                for (i, text) in target.text.iter().enumerate() {
                    let value = target.values.as_ref().map(|v| v[i]);
                    let known = |(t, v): &(&String, Option<f64>)| {
                        if value.is_some() {
                            *v == value
                        } else {
                            *t == text
                        }
                    };
                    if !labels.iter().any(known) {
                        labels.push((text, value));
                    }
                }
                if labels.len() != 2 {
                    return Err(FitError::Classes {
                        classes: labels.len(),
                    });
                }
                labels.sort_by(|a, b| match (a.1, b.1) {
                    (Some(x), Some(y)) => x.total_cmp(&y),
                    _ => a.0.as_bytes().cmp(b.0.as_bytes()),
                });
                Ok(Self::TwoClass {
                    labels: [labels[0].0.clone(), labels[1].0.clone()],
                })
            }
        }
    }

    /// The task this coding serves.
    #[must_use]
    pub fn task(&self) -> Task {
        match self {
            Self::Value => Task::Regress,
            Self::TwoClass { .. } => Task::Classify,
        }
    }

    /// Codes a target: `-1`, `+1`, or its values.
    ///
    /// # Errors
    /// [`FitError::UnknownLabel`] for a label that training did not see, [`FitError::TextTarget`]
    /// for text where numbers are needed.
    pub fn code(&self, target: &TargetColumn) -> Result<Vec<f64>, FitError> {
        match self {
            Self::Value => target.values.clone().ok_or_else(|| {
                let text = |cell: &String| cell.trim().parse::<f64>().is_err();
                FitError::TextTarget {
                    row: target.text.iter().position(text).unwrap_or(0) + 1,
                }
            }),
            Self::TwoClass { labels } => {
                let numbers: Vec<Option<f64>> =
                    labels.iter().map(|l| l.trim().parse().ok()).collect();
                let code = |(i, text): (usize, &String)| {
                    let value = target.values.as_ref().map(|v| v[i]);
                    let is =
                        |k: usize| *text == labels[k] || value.is_some() && value == numbers[k];
                    match (is(0), is(1)) {
                        (true, _) => Ok(-1.0),
                        (_, true) => Ok(1.0),
                        _ => Err(FitError::UnknownLabel { row: i + 1 }),
                    }
                };
                target.text.iter().enumerate().map(code).collect()
            }
        }
    }
}
