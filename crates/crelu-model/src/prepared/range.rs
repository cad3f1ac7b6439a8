//! Which numbers can be solved, and the units in which they are.

use crelu_core::LossKind;
use linalg_core::DenseRows;

use super::labels::Labels;
use crate::coding::Coded;
use crate::dataset::Dataset;
use crate::error::{FitError, OutOfRange};
use crate::settings::FitSettings;
use crate::standardise;
use crate::targets::Targets;
use crate::units::Units;

/// The centres of the targets and the units in which their squares and the products of the inputs
/// are numbers. Labels have no units.
///
/// **Shapes** `sizes`: the size of each input's largest value; without, only those of the targets, or of
/// standardised inputs.
pub(super) fn units(
    labels: &Labels,
    sizes: Option<&[f64]>,
    s: &FitSettings,
) -> Result<Units, FitError> {
    let Labels {
        kind,
        coded,
        weights,
        ..
    } = labels;
    let weights = weights.as_deref();
    let mut units = Units {
        centre: vec![0.0; coded.outputs(kind)],
        ..Units::default()
    };
    if let Coded::Numbers { values, outputs } = coded {
        if s.center {
            units.centre = (0..*outputs)
                .map(|k| {
                    let column: Vec<f64> =
                        values.iter().skip(k).step_by(*outputs).copied().collect();
                    match kind {
                        LossKind::Huber { .. } => standardise::median(&column, weights),
                        _ => standardise::mean(&column, weights),
                    }
                })
                .collect();
        }
        let centres = units.centre.iter().cycle();
        let centred: Vec<f64> = values.iter().zip(centres).map(|(y, c)| y - c).collect();
        units.target = Units::unit(centred.iter());
        if !units.holds_target() || centred.iter().any(|y| !y.is_finite()) {
            let of = |k: usize| largest(centred.iter().skip(k).step_by(*outputs));
            let largest_of = |most: usize, k: usize| if of(k) > of(most) { k } else { most };
            let target = (0..*outputs).fold(0, largest_of);
            let size = of(target).min(f64::MAX);
            let problem = OutOfRange::Target { size };
            return Err(FitError::TargetRange { target, problem });
        }
    }
    let Some(sizes) = sizes else {
        return Ok(units);
    };
    units.feature = Units::unit(sizes.iter());
    let d = sizes.len() - usize::from(s.bias);
    let sizes = sizes[..d].iter().copied().enumerate();
    let (column, size) = sizes.fold((0, 0.0), |most, at| if at.1 > most.1 { at } else { most });
    let vanish = s.bias && size > 0.0 && size < f64::EPSILON;
    if vanish || !units.holds_features() {
        let problem = OutOfRange::Feature { size };
        return Err(FitError::FeatureRange { column, problem });
    }
    Ok(units)
}

pub(super) fn largest<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    values.fold(0.0, |most: f64, v| most.max(v.abs()))
}

/// A test row may lie this many times beyond the training rows: squares of more overflow.
pub(super) const MOST_BEYOND: f64 = 1e150;

pub(super) fn test_in_range(
    inputs: &DenseRows<f64>,
    targets: &Targets,
    test: &Dataset,
) -> Result<(), FitError> {
    let target = targets.coded().targets(targets.kind());
    let outputs = targets.outputs();
    for row in 0..inputs.n_rows() {
        let far = |x: &f64| x.is_nan() || x.abs() > MOST_BEYOND;
        if let Some(column) = inputs.row(row).iter().position(far) {
            let value = test.value(row, column);
            return Err(FitError::TestRange {
                row,
                column: Some(column),
                target: 0,
                value,
            });
        }
        if let Some(k) = target[row * outputs..(row + 1) * outputs]
            .iter()
            .position(far)
        {
            let values = test.targets().get(k).and_then(|t| t.values.as_ref());
            let value = values.map_or(f64::NAN, |values| values[row]);
            return Err(FitError::TestRange {
                row,
                column: None,
                target: k,
                value,
            });
        }
    }
    Ok(())
}
