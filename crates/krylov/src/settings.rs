use linalg_core::SettingsError;

/// When to stop.
///
/// | name | default | range |
/// |---|---|---|
/// | `tol` | 1e-8 | at least 0 |
/// | `max_iters` | 1000 | at least 0 |
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CgSettings {
    /// Residual norm relative to that of the right-hand side; 0: as far as the precision goes.
    pub tol: f64,
    /// Most products with the operator, the checks of the true residual left out.
    pub max_iters: usize,
}

impl Default for CgSettings {
    fn default() -> Self {
        Self {
            tol: 1e-8,
            max_iters: 1000,
        }
    }
}

/// Settings that passed [`CgSettings::check`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckedCgSettings(CgSettings);

impl CheckedCgSettings {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &CgSettings {
        &self.0
    }
}

impl CgSettings {
    /// Sets the tolerance.
    #[must_use]
    pub fn tol(mut self, value: f64) -> Self {
        self.tol = value;
        self
    }

    /// Sets the iteration limit.
    #[must_use]
    pub fn max_iters(mut self, value: usize) -> Self {
        self.max_iters = value;
        self
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting outside its range; NaN is outside every range.
    pub fn check(self) -> Result<CheckedCgSettings, SettingsError> {
        let holds = self.tol.is_finite() && self.tol >= 0.0;
        SettingsError::unless(holds, "tol", self.tol, "finite and at least 0")?;
        Ok(CheckedCgSettings(self))
    }
}
