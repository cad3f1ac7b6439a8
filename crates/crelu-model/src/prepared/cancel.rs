//! Whether the targets of equal rows cancel.

use linalg_core::DenseRows;

use super::range::largest;
use crate::coding::Coded;
use crate::dataset::Dataset;
use crate::standardise::{ROUNDING, Standardisation};
use crate::targets::Targets;
use crate::units::Units;

/// Whether the slopes of the loss at the zero network cancel over equal rows, in every output.
pub(super) fn zero_is_optimal(
    cancel: &dyn Fn(&[f64], &[f64]) -> bool,
    targets: &Targets,
    train: &Dataset,
    units: &Units,
) -> bool {
    let k = targets.outputs();
    let theta = targets.loss().theta(&vec![0.0; targets.n_samples() * k]);
    (0..k).all(|at| {
        let slopes: Vec<f64> = theta.iter().skip(at).step_by(k).copied().collect();
        let values = train.targets().get(at).and_then(|t| t.values.as_ref());
        let slack = |(j, slope): (usize, &f64)| {
            // of the numbers as they were read, and of the centre
            let read = match (targets.coded(), values) {
                (Coded::Numbers { .. }, Some(values)) => crelu_core::power::scaled(
                    values[j].abs() + units.centre[at].abs(),
                    -units.target,
                ),
                _ => slope.abs(),
            };
            ROUNDING * targets.loss().weight(j) * read
        };
        let slack: Vec<f64> = slopes.iter().enumerate().map(slack).collect();
        cancel(&slopes, &slack)
    })
}

/// The rounding of the preprocessed feature `k`: that of the numbers it comes from, as large as the
/// largest of them.
pub(super) fn rounding(
    k: usize,
    train: &Dataset,
    standardisation: Option<&Standardisation>,
    inputs: &DenseRows<f64>,
) -> f64 {
    let row = match (standardisation, k < train.n_features()) {
        (Some(_), true) => train.features().row(k),
        _ => inputs.matrix().row(k),
    };
    let largest = largest(row.iter());
    match standardisation {
        Some(s) if k < train.n_features() && s.scale[k] > 0.0 => ROUNDING * largest / s.scale[k],
        Some(_) if k < train.n_features() => 0.0,
        _ => ROUNDING * largest,
    }
}
