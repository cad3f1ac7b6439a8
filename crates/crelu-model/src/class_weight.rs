use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::coding::{Coded, Coding};
use crate::dataset::WEIGHTS;
use crate::error::FitError;

/// Weights of the classes in the loss; they multiply those of the rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ClassWeight {
    /// All are 1.
    #[default]
    Equal,
    /// Such that every class weighs the same, and all rows together as much as without.
    Balanced,
    /// Those of some labels; the others are 1.
    Labels(Vec<(String, f64)>),
}

impl Serialize for ClassWeight {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl ClassWeight {
    /// As in reports: null, "balanced", or an object of labels and weights.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Equal => Value::Null,
            Self::Balanced => json!("balanced"),
            Self::Labels(given) => (given.iter())
                .map(|(label, weight)| (label.clone(), json!(weight)))
                .collect(),
        }
    }

    /// Back from [`to_json`](Self::to_json).
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Equal),
            Value::String(text) if text == "balanced" => Some(Self::Balanced),
            Value::Object(given) => (given.iter())
                .map(|(label, weight)| Some((label.clone(), weight.as_f64()?)))
                .collect::<Option<_>>()
                .map(Self::Labels),
            _ => None,
        }
    }

    /// The weights of rows in the loss, from those that the rows have; none: all are 1.
    ///
    /// # Errors
    /// [`FitError::ClassWeight`] for a label that is not there, a weight that is not above 0, or
    /// targets that are no labels.
    pub(crate) fn of_rows(
        &self,
        coding: &Coding,
        coded: &Coded,
        rows: Option<&[f64]>,
    ) -> Result<Option<Vec<f64>>, FitError> {
        let refuse = |label: &str, problem| {
            Err(FitError::ClassWeight {
                label: label.to_owned(),
                problem,
            })
        };
        let given = match self {
            Self::Equal => return Ok(rows.map(<[f64]>::to_vec)),
            Self::Balanced => None,
            Self::Labels(given) => Some(given),
        };
        let (Coding::Classes { labels }, Coded::Classes { class, classes }) = (coding, coded)
        else {
            let label = given.and_then(|given| given.first());
            return refuse(
                label.map_or("balanced", |(label, _)| label),
                "the target is numbers, which have no classes",
            );
        };
        let of_row = |j: usize| rows.map_or(1.0, |rows| rows[j]);
        let of_class: Vec<f64> = match given {
            None => {
                let mut mass = vec![0.0; *classes];
                for (j, class) in class.iter().enumerate() {
                    mass[*class] += of_row(j);
                }
                let total: f64 = mass.iter().sum();
                #[expect(clippy::cast_precision_loss, reason = "a count of classes")]
                let share = total / *classes as f64;
                mass.iter().map(|mass| share / mass).collect()
            }
            Some(given) => {
                let mut of_class = vec![1.0; *classes];
                for (label, weight) in given {
                    let number = |text: &str| text.trim().parse::<f64>().ok();
                    let is = |known: &String| {
                        known == label || number(known).is_some() && number(known) == number(label)
                    };
                    let Some(class) = labels.iter().position(is) else {
                        return refuse(label, "the target has no such label");
                    };
                    if !(weight.is_finite() && *weight > 0.0) {
                        return refuse(label, "must be a finite number above 0");
                    }
                    of_class[class] = *weight;
                }
                of_class
            }
        };
        let weight = |(j, class): (usize, &usize)| of_row(j) * of_class[*class];
        let weights: Vec<f64> = class.iter().enumerate().map(weight).collect();
        let largest = weights.iter().fold(0.0, |most: f64, w| most.max(*w));
        if !WEIGHTS.contains(&largest) {
            let dearest = |most: usize, k: usize| {
                if of_class[k] > of_class[most] {
                    k
                } else {
                    most
                }
            };
            let label = &labels[(0..*classes).fold(0, dearest)];
            return refuse(
                label,
                "so large or small a weight overflows: scale all of them",
            );
        }
        Ok(Some(weights))
    }
}
