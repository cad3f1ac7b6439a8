use linalg_core::SettingsError;

use crate::penalty::PenaltyRule;

/// Settings of the iteration.
///
/// | name | default | range |
/// |---|---|---|
/// | `relaxation` | 1.6 | (0, 2) |
/// | `tol` | 1e-6 | at least 0 |
/// | `max_iters` | 2000 | at least 0 |
/// | `anderson` | 6 | 0 (off) to 20 |
/// | `anderson_every` | 6 | at least 1 |
/// | `penalty_rule` | calibrated | |
/// | `penalty_first` | 5 | at least 1 |
/// | `penalty_growth` | 2 | above 1 |
/// | `penalty_band` | 1.5 | at least 1 |
/// | `inner_tol` | 1e-2 | (0, 1) |
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AdmmSettings {
    /// Over-relaxation of the step.
    pub relaxation: f64,
    /// Tolerance of both relative residuals for [`least_squares`](crate::least_squares); a
    /// [`Monitor`](crate::Monitor) given to [`solve`](crate::solve) decides by itself.
    pub tol: f64,
    /// Most iterations.
    pub max_iters: usize,
    /// Memory of the Anderson acceleration; 0 turns it off.
    pub anderson: usize,
    /// An accelerated step every so many iterations.
    pub anderson_every: usize,
    /// How `rho` follows the iteration.
    pub penalty_rule: PenaltyRule,
    /// The iteration at which `rho` is first reconsidered.
    pub penalty_first: usize,
    /// The iterations of later reconsiderations grow by this factor.
    pub penalty_growth: f64,
    /// `rho` stays for a factor inside `[1 / band, band]`.
    pub penalty_band: f64,
    /// First tolerance of an inexact primal step, on its error relative to the step; it falls as
    /// [`InnerSchedule`](crate::InnerSchedule) says.
    pub inner_tol: f64,
}

impl Default for AdmmSettings {
    fn default() -> Self {
        Self {
            relaxation: 1.6,
            tol: 1e-6,
            max_iters: 2000,
            anderson: 6,
            anderson_every: 6,
            penalty_rule: PenaltyRule::Calibrated,
            penalty_first: 5,
            penalty_growth: 2.0,
            penalty_band: 1.5,
            inner_tol: 1e-2,
        }
    }
}

/// Settings that passed [`AdmmSettings::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedAdmmSettings(AdmmSettings);

impl CheckedAdmmSettings {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &AdmmSettings {
        &self.0
    }
}

impl AdmmSettings {
    /// Sets the over-relaxation.
    #[must_use]
    pub fn relaxation(mut self, value: f64) -> Self {
        self.relaxation = value;
        self
    }

    /// Sets the tolerance of the residuals.
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

    /// Sets the memory of the Anderson acceleration, 0 for none.
    #[must_use]
    pub fn anderson(mut self, memory: usize) -> Self {
        self.anderson = memory;
        self
    }

    /// Sets after how many iterations a step is accelerated.
    #[must_use]
    pub fn anderson_every(mut self, iterations: usize) -> Self {
        self.anderson_every = iterations;
        self
    }

    /// Sets the first tolerance of an inexact primal step.
    #[must_use]
    pub fn inner_tol(mut self, value: f64) -> Self {
        self.inner_tol = value;
        self
    }

    /// Sets the rule for `rho`.
    #[must_use]
    pub fn penalty_rule(mut self, rule: PenaltyRule) -> Self {
        self.penalty_rule = rule;
        self
    }

    /// Sets when `rho` is reconsidered: at `first`, then at iterations that grow by `growth`,
    /// if the change is outside `[1 / band, band]`.
    #[must_use]
    pub fn penalty_schedule(mut self, first: usize, growth: f64, band: f64) -> Self {
        self.penalty_first = first;
        self.penalty_growth = growth;
        self.penalty_band = band;
        self
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`SettingsError`] names the first setting outside its range; NaN is outside every range.
    pub fn check(self) -> Result<CheckedAdmmSettings, SettingsError> {
        #[expect(clippy::cast_precision_loss, reason = "only for the message")]
        let count = |value: usize| value as f64;
        let Self {
            relaxation,
            tol,
            max_iters: _,
            anderson,
            anderson_every,
            penalty_rule: _,
            penalty_first,
            penalty_growth,
            penalty_band,
            inner_tol,
        } = self;
        let is_share = inner_tol > 0.0 && inner_tol < 1.0;
        for (name, value, holds, must_be) in [
            (
                "relaxation",
                relaxation,
                relaxation > 0.0 && relaxation < 2.0,
                "in (0, 2)",
            ),
            (
                "tol",
                tol,
                tol.is_finite() && tol >= 0.0,
                "finite and at least 0",
            ),
            ("anderson", count(anderson), anderson <= 20, "at most 20"),
            (
                "anderson_every",
                count(anderson_every),
                anderson_every >= 1,
                "at least 1",
            ),
            (
                "penalty_first",
                count(penalty_first),
                penalty_first >= 1,
                "at least 1",
            ),
            (
                "penalty_growth",
                penalty_growth,
                penalty_growth.is_finite() && penalty_growth > 1.0,
                "above 1",
            ),
            (
                "penalty_band",
                penalty_band,
                penalty_band.is_finite() && penalty_band >= 1.0,
                "at least 1",
            ),
            ("inner_tol", inner_tol, is_share, "in (0, 1)"),
        ] {
            SettingsError::unless(holds, name, value, must_be)?;
        }
        Ok(CheckedAdmmSettings(self))
    }
}
