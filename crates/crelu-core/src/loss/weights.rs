use crate::error::LossError;

/// Weights of rows, and their sum.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    each: Option<Vec<f64>>,
    mass: f64,
    largest: f64,
}

impl Weights {
    pub(super) fn new(n_samples: usize, weights: Option<Vec<f64>>) -> Result<Self, LossError> {
        #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
        let count = n_samples as f64;
        let Some(each) = weights else {
            return Ok(Self {
                each: None,
                mass: count,
                largest: 1.0,
            });
        };
        if each.len() != n_samples {
            return Err(LossError::Shape {
                what: "weights",
                got: each.len(),
                want: n_samples,
            });
        }
        let bad = each.iter().position(|w| !(w.is_finite() && *w >= 0.0));
        if let Some(row) = bad {
            return Err(LossError::Value {
                what: "weight",
                row,
                value: each[row],
                want: "not a number from 0",
            });
        }
        let mass: f64 = each.iter().sum();
        if mass <= 0.0 || !mass.is_finite() {
            return Err(LossError::NoWeight);
        }
        Ok(Self {
            largest: each.iter().copied().fold(0.0, f64::max),
            each: Some(each),
            mass,
        })
    }

    pub(super) fn of(&self, row: usize) -> f64 {
        self.each.as_ref().map_or(1.0, |each| each[row])
    }

    /// Those of some rows, unless all are 1.
    pub(super) fn of_rows(&self, rows: core::ops::Range<usize>) -> Option<&[f64]> {
        self.each.as_ref().map(|each| &each[rows])
    }

    pub(super) fn mass(&self) -> f64 {
        self.mass
    }

    pub(super) fn largest(&self) -> f64 {
        self.largest
    }
}

/// A target of `K` numbers a row that are all finite.
pub(super) fn finite(target: &[f64], outputs: usize) -> Result<(), LossError> {
    if outputs == 0 || target.is_empty() || !target.len().is_multiple_of(outputs) {
        return Err(LossError::Shape {
            what: "target",
            got: target.len(),
            want: outputs * target.len().div_ceil(outputs.max(1)),
        });
    }
    match target.iter().position(|y| !y.is_finite()) {
        Some(at) => Err(LossError::Value {
            what: "target",
            row: at / outputs,
            value: target[at],
            want: "not a finite number",
        }),
        None => Ok(()),
    }
}
