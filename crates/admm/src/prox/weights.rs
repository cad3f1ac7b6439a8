use linalg_core::{Real, SettingsError};

/// The weight of a penalty: one for all of its parts, or one each.
#[derive(Debug, Clone)]
pub(super) enum Weights<T> {
    Same(T),
    Each(Vec<T>),
}

impl<T: Real> Weights<T> {
    pub(super) fn same(weight: T) -> Result<Self, SettingsError> {
        check(weight)?;
        Ok(Self::Same(weight))
    }

    pub(super) fn each(weights: Vec<T>) -> Result<Self, SettingsError> {
        weights.iter().try_for_each(|weight| check(*weight))?;
        Ok(Self::Each(weights))
    }

    pub(super) fn of(&self, part: usize) -> T {
        match self {
            Self::Same(weight) => *weight,
            Self::Each(weights) => weights[part],
        }
    }

    /// Twice the mean threshold of the parts that are not zero over their mean size; none where
    /// all are zero.
    pub(super) fn shrinkage(&self, rho: T, sizes: impl Iterator<Item = f64>) -> Option<f64> {
        let (mut total, mut thresholds, mut count) = (0.0, 0.0, 0.0);
        for (part, size) in sizes.enumerate().filter(|(_, size)| *size > 0.0) {
            total += size;
            thresholds += (self.of(part) / rho).wide();
            count += 1.0;
        }
        let threshold = match self {
            Self::Same(weight) => (*weight / rho).wide(),
            Self::Each(_) => thresholds / count,
        };
        (count > 0.0 && total > 0.0).then(|| 2.0 * threshold / (total / count))
    }
}

/// A weight of 0 leaves its part free.
fn check<T: Real>(weight: T) -> Result<(), SettingsError> {
    let value = weight.wide();
    let holds = value.is_finite() && value >= 0.0;
    SettingsError::unless(holds, "weight", value, "finite and at least 0")
}
