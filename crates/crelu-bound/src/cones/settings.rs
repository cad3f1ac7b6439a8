use crate::error::{BoundError, BoundSetting};

/// When a search over cones ends.
///
/// | name | default | range |
/// |---|---|---|
/// | `tolerance` | 1e-3 | above 0, finite |
/// | `visits` | 1e9 | at least 1 |
/// | `bytes` | 1e9 | at least 1 |
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConeSettings {
    /// Where the proven price is within this share of the price of a neuron.
    pub tolerance: f64,
    /// After so many visits of a row by a cone; the default takes a minute or two of one core.
    pub visits: usize,
    /// Where the cones that wait take so many bytes.
    pub bytes: usize,
}

impl Default for ConeSettings {
    fn default() -> Self {
        Self {
            tolerance: 1e-3,
            visits: 1_000_000_000,
            bytes: 1_000_000_000,
        }
    }
}

/// Settings that passed [`ConeSettings::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedConeSettings(ConeSettings);

impl CheckedConeSettings {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &ConeSettings {
        &self.0
    }
}

impl ConeSettings {
    /// Sets the share of the price that may be left open.
    #[must_use]
    pub fn tolerance(mut self, share: f64) -> Self {
        self.tolerance = share;
        self
    }

    /// Sets the most visits of a row by a cone.
    #[must_use]
    pub fn visits(mut self, visits: usize) -> Self {
        self.visits = visits;
        self
    }

    /// Sets the bytes that cones may take.
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Checks the ranges; NaN is outside every one.
    ///
    /// # Errors
    /// [`BoundError::Setting`] names the first setting outside its range.
    pub fn check(self) -> Result<CheckedConeSettings, BoundError> {
        let above_zero = self.tolerance.is_finite() && self.tolerance > 0.0;
        BoundSetting::first_outside([
            (BoundSetting::Tol, above_zero),
            (BoundSetting::Visits, self.visits >= 1),
            (BoundSetting::Bytes, self.bytes >= 1),
        ])?;
        Ok(CheckedConeSettings(self))
    }
}
