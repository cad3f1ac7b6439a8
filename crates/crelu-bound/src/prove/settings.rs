use crate::error::{BoundError, BoundSetting};

/// Settings of [`prove`](crate::prove).
///
/// | name | default | range |
/// |---|---|---|
/// | `seconds` | none | at least 0, finite |
/// | `flops` | 5e11 | at least 0 |
/// | `memory` | 6 GiB | above 0 |
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProofSettings {
    /// Seconds for bounds beyond the quick one, which is then made whatever it costs. None: only what
    /// is cheap.
    pub seconds: Option<f64>,
    /// Without `seconds`: the quick bound is left out beyond so many flops; the default is about half a
    /// minute of one core.
    pub flops: f64,
    /// Bytes that may be used.
    pub memory: f64,
}

impl Default for ProofSettings {
    fn default() -> Self {
        Self {
            seconds: None,
            flops: 5e11,
            memory: 6.0 * 1024.0 * 1024.0 * 1024.0,
        }
    }
}

/// Settings that passed [`ProofSettings::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedProofSettings(ProofSettings);

impl CheckedProofSettings {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &ProofSettings {
        &self.0
    }
}

impl ProofSettings {
    /// Sets the seconds for bounds beyond the quick one.
    #[must_use]
    pub fn seconds(mut self, seconds: impl Into<Option<f64>>) -> Self {
        self.seconds = seconds.into();
        self
    }

    /// Sets the most flops of a quick bound that was not asked for.
    #[must_use]
    pub fn flops(mut self, flops: f64) -> Self {
        self.flops = flops;
        self
    }

    /// Sets the bytes that may be used.
    #[must_use]
    pub fn memory(mut self, bytes: f64) -> Self {
        self.memory = bytes;
        self
    }

    /// Checks the ranges; NaN is outside every one.
    ///
    /// # Errors
    /// [`BoundError::Setting`] names the first setting outside its range.
    pub fn check(self) -> Result<CheckedProofSettings, BoundError> {
        let at_least_zero = |v: f64| v.is_finite() && v >= 0.0;
        BoundSetting::first_outside([
            (
                BoundSetting::Seconds,
                self.seconds.is_none_or(at_least_zero),
            ),
            (BoundSetting::Flops, self.flops >= 0.0),
            (BoundSetting::Memory, self.memory > 0.0),
        ])?;
        Ok(CheckedProofSettings(self))
    }
}
