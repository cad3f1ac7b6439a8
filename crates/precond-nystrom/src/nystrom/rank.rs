use linalg_core::{Control, LinearOperator, Real, SettingsError};

use crate::error::{PrecondError, positive};
use crate::nystrom::error_norm::approximation_error;
use crate::nystrom::sketch::Sketch;
use crate::nystrom::{Nystrom, TestMatrix};

/// How the rank is found: doubled until what the approximation misses is small beside the shift.
///
/// | field | default | range |
/// |---|---|---|
/// | `start` | 16 | at least 1 |
/// | `max` | 512 | at least 1; at most the side is used |
/// | `factor` | 10 | finite, above 0 |
/// | `test_matrix` | `Gaussian` | |
/// | `seed` | 0 | any |
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AdaptiveRank {
    /// The first rank tried.
    pub start: usize,
    /// The largest rank tried: a limit of memory.
    pub max: usize,
    /// The error allowed, as a multiple of the shift: the condition number is then at most
    /// about `2 factor + 2`.
    pub factor: f64,
    /// The random matrix that is multiplied.
    pub test_matrix: TestMatrix,
    /// Seed of the random matrix and of the error's estimate.
    pub seed: u64,
}

impl Default for AdaptiveRank {
    fn default() -> Self {
        Self {
            start: 16,
            max: 512,
            factor: 10.0,
            test_matrix: TestMatrix::default(),
            seed: 0,
        }
    }
}

impl AdaptiveRank {
    /// Sets the largest rank.
    #[must_use]
    pub fn max(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// Sets the first rank.
    #[must_use]
    pub fn start(mut self, start: usize) -> Self {
        self.start = start;
        self
    }

    /// Sets the error allowed, as a multiple of the shift.
    #[must_use]
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
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
    /// [`SettingsError`] names the first setting outside its range; NaN is outside every range.
    pub fn check(self) -> Result<CheckedAdaptiveRank, SettingsError> {
        for (name, value) in [("start", self.start), ("max", self.max)] {
            SettingsError::unless(value > 0, name, 0.0, "at least 1")?;
        }
        positive("factor", self.factor)?;
        self.test_matrix.check()?;
        Ok(CheckedAdaptiveRank(self))
    }
}

/// Settings that passed [`AdaptiveRank::check`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckedAdaptiveRank(AdaptiveRank);

impl CheckedAdaptiveRank {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &AdaptiveRank {
        &self.0
    }
}

/// How the search for a rank ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RankStatus {
    /// The estimated error is within what is allowed.
    Reached,
    /// The largest rank was not enough.
    Capped,
}

/// What the search for a rank found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankReport {
    /// How it ended.
    pub status: RankStatus,
    /// Columns of the last sketch.
    pub width: usize,
    /// The estimate of `|A - U diag(lambda) U'|_2` for it, from below.
    pub error: f64,
}

impl<T: Real> Nystrom<T> {
    /// Sketches `A` with a rank found by an a posteriori estimate of the error; the columns of a
    /// smaller sketch are kept in the next.
    ///
    /// **Cost** that of [`new`](Self::new) for the last rank, about as much again for the
    /// decompositions of the smaller ones, and the estimates.
    /// **Source** Frangella, Tropp & Udell 2023, adaptive rank selection by a posteriori error
    /// monitoring; their bound is `cond <= (lambda_l + shift + |error|) / shift`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn adaptive(
        op: &dyn LinearOperator<T>,
        settings: &CheckedAdaptiveRank,
        shift: T,
        control: &Control<'_>,
    ) -> Result<(Self, RankReport), PrecondError> {
        let settings = settings.get();
        positive("shift", shift.wide())?;
        let allowed = settings.factor * shift.wide();
        let most = settings.max.min(op.cols());
        let mut sketch = Sketch::new(op, settings.test_matrix, settings.seed)?;
        let mut width = settings.start.min(most);
        loop {
            sketch.widen(op, width, control)?;
            let found = Self::of_sketch(&sketch, shift, control)?;
            // another stream than the sketch's: its subspace is what the sketch explains
            let error = approximation_error(op, &found, settings.seed ^ PROBE_STREAM, control)?;
            let status = if error <= allowed {
                RankStatus::Reached
            } else if width >= most {
                RankStatus::Capped
            } else {
                width = (2 * width).min(most);
                continue;
            };
            let report = RankReport {
                status,
                width,
                error,
            };
            return Ok((found, report));
        }
    }
}

/// Tells the seed of the probes from that of the sketch.
const PROBE_STREAM: u64 = 0x9e37_79b9_7f4a_7c15;
