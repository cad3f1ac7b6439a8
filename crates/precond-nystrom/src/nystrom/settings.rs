use linalg_core::SettingsError;

use crate::nystrom::TestMatrix;

/// How a matrix of given rank is sketched.
///
/// | field | default | range |
/// |---|---|---|
/// | `rank` | 50 | any; at most the side is used |
/// | `test_matrix` | `Gaussian` | |
/// | `seed` | 0 | any |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NystromSettings {
    /// Columns of the sketch: that many products with the operator.
    pub rank: usize,
    /// The random matrix that is multiplied.
    pub test_matrix: TestMatrix,
    /// Seed of the random matrix.
    pub seed: u64,
}

impl Default for NystromSettings {
    fn default() -> Self {
        Self {
            rank: 50,
            test_matrix: TestMatrix::default(),
            seed: 0,
        }
    }
}

impl NystromSettings {
    /// Sets the rank.
    #[must_use]
    pub fn rank(mut self, rank: usize) -> Self {
        self.rank = rank;
        self
    }

    /// Sets the random matrix.
    #[must_use]
    pub fn test_matrix(mut self, test_matrix: TestMatrix) -> Self {
        self.test_matrix = test_matrix;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting outside its range.
    pub fn check(self) -> Result<CheckedNystromSettings, SettingsError> {
        self.test_matrix.check()?;
        Ok(CheckedNystromSettings(self))
    }
}

/// Settings that passed [`NystromSettings::check`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedNystromSettings(NystromSettings);

impl CheckedNystromSettings {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &NystromSettings {
        &self.0
    }
}
