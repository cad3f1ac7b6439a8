use linalg_core::SettingsError;
use serde::Serialize;

/// Ascents a sign of the largest searches.
const ASCENTS: usize = 800;
/// How far above the best network's objective the returned one may be.
const THIN: f64 = 1e-3;
/// Rows that ascents begin on, at most: fewer hide the dear neurons that noisy rows have, which are open
/// on few of them.
const SAMPLE: usize = 16_000;

/// Settings of global training.
///
/// | name | default | range |
/// |---|---|---|
/// | `ascents` | 800 | at least 1 |
/// | `thin` | 1e-3; with `max_neurons` 0 | at least 0, finite |
/// | `max_neurons` | none | at least 1 |
/// | `tol` | 1e-3 | at least 0, finite |
/// | `settle` | 1e-2, and 1e-3 in the first 3e11 flops; `thorough`: never | at least 0, finite |
/// | `thorough` | false | |
/// | `max_rounds` | 500 | at least 0 |
/// | `seed` | 0 | |
/// | `sample` | 16000 | at least 1 |
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GlobalSettings {
    /// Ascents a sign of the largest searches; none: 800.
    pub ascents: Option<usize>,
    /// How far above the best network's objective the returned one may be, relatively; none: 1e-3, or
    /// 0 if `max_neurons` is given.
    pub thin: Option<f64>,
    /// Most neurons of the returned network.
    pub max_neurons: Option<usize>,
    /// The search gap at which the run is converged.
    pub tol: f64,
    /// The run ends `settled` when, by the course of the objective over the work, at most half of
    /// this share of it is left to win; 0: never. None: 1e-2, and 1e-3 while a run has used less
    /// than 3e11 flops (`thorough`: never). From 0.02 on no search of the largest size is waited for.
    pub settle: Option<f64>,
    /// Go on until two searches of the largest size, over all rows, find nothing.
    pub thorough: bool,
    /// Most rounds.
    pub max_rounds: usize,
    /// The seed of the searches.
    pub seed: u64,
    /// Rows that the ascents of a search begin on, at most; the best of them go on over all rows,
    /// and what is found is priced on all rows before it is inserted.
    pub sample: usize,
}

impl Default for GlobalSettings {
    fn default() -> Self {
        Self {
            ascents: None,
            thin: None,
            max_neurons: None,
            tol: 1e-3,
            settle: None,
            thorough: false,
            max_rounds: 500,
            seed: 0,
            sample: SAMPLE,
        }
    }
}

impl GlobalSettings {
    /// Sets the ascents of the largest searches.
    #[must_use]
    pub fn ascents(mut self, count: impl Into<Option<usize>>) -> Self {
        self.ascents = count.into();
        self
    }

    /// Sets how far above the best objective the returned network may be.
    #[must_use]
    pub fn thin(mut self, epsilon: impl Into<Option<f64>>) -> Self {
        self.thin = epsilon.into();
        self
    }

    /// Sets the most neurons of the returned network.
    #[must_use]
    pub fn max_neurons(mut self, most: impl Into<Option<usize>>) -> Self {
        self.max_neurons = most.into();
        self
    }

    /// Sets the search gap at which the run is converged.
    #[must_use]
    pub fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Sets what may be left to win when a run ends by the course of its objective.
    #[must_use]
    pub fn settle(mut self, share: impl Into<Option<f64>>) -> Self {
        self.settle = share.into();
        self
    }

    /// Sets whether a run goes on until its largest searches find nothing.
    #[must_use]
    pub fn thorough(mut self, thorough: bool) -> Self {
        self.thorough = thorough;
        self
    }

    /// Sets the most rounds.
    #[must_use]
    pub fn max_rounds(mut self, rounds: usize) -> Self {
        self.max_rounds = rounds;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the rows that ascents begin on, at most.
    #[must_use]
    pub fn sample(mut self, rows: usize) -> Self {
        self.sample = rows;
        self
    }

    /// Ascents a sign of the largest searches: what was set, or 800.
    #[must_use]
    pub fn ascents_in_force(&self) -> usize {
        self.ascents.unwrap_or(ASCENTS)
    }

    /// How far above the best objective the returned network may be: what was set, or 1e-3, or 0
    /// where the number of neurons is bounded.
    #[must_use]
    pub fn thin_in_force(&self) -> f64 {
        self.thin.unwrap_or(match self.max_neurons {
            Some(_) => 0.0,
            None => THIN,
        })
    }

    /// Checks the ranges, and fills in what was left to the defaults.
    ///
    /// # Errors
    /// [`SettingsError`] names the first setting outside its range; NaN is outside every range.
    pub fn check(mut self) -> Result<CheckedGlobalSettings, SettingsError> {
        let not_negative = |v: f64| v.is_finite() && v >= 0.0;
        let (finite, one) = ("a finite number, at least 0", "at least 1");
        for (name, value, must_be) in [
            ("thin", self.thin, finite),
            ("tol", Some(self.tol), finite),
            ("settle", self.settle, finite),
        ] {
            let holds = value.is_none_or(not_negative);
            SettingsError::unless(holds, name, value.unwrap_or(0.0), must_be)?;
        }
        for (name, value) in [
            ("ascents", self.ascents),
            ("max_neurons", self.max_neurons),
            ("sample", Some(self.sample)),
        ] {
            SettingsError::unless(value != Some(0), name, 0.0, one)?;
        }
        self.ascents = Some(self.ascents_in_force());
        self.thin = Some(self.thin_in_force());
        Ok(CheckedGlobalSettings(self))
    }
}

/// Settings that passed [`GlobalSettings::check`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedGlobalSettings(GlobalSettings);

impl CheckedGlobalSettings {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &GlobalSettings {
        &self.0
    }

    /// The same for a first network on a part of the rows: as it is, without a limit of neurons, and not
    /// to the end.
    pub(crate) fn in_part(&self, settle: f64, rounds: usize) -> Self {
        Self(GlobalSettings {
            thin: Some(0.0),
            max_neurons: None,
            settle: Some(settle),
            thorough: false,
            max_rounds: rounds.min(self.0.max_rounds),
            ..self.0.clone()
        })
    }

    /// The same for a run whose network is not thinned at the end.
    #[must_use]
    pub fn unthinned(mut self) -> Self {
        self.0.thin = Some(0.0);
        self
    }
}
