mod choices;

use crelu_core::{Backend, DeviceHandle};
use linalg_core::SettingsError;
use serde::Serialize;

pub use choices::{FormChoice, Precision, PrimalChoice, Splitting, Switch};

/// Settings of a programme's solve.
///
/// | name | default | range |
/// |---|---|---|
/// | `tol` | 1e-3 | at least 0, finite |
/// | `max_iters` | 2000 | at least 0 |
/// | `splitting` | auto | |
/// | `primal` | auto | |
/// | `form` | auto | |
/// | `backend` | faer | |
/// | `device` | none | |
/// | `backend_reason` | none | |
/// | `nystrom_rank` | none | at least 1 |
/// | `seed` | 0 | |
/// | `precision` | auto | |
/// | `memory_limit` | 6 GiB | above 0 |
/// | `newton` | auto | |
/// | `working_set` | auto | |
/// | `check_every` | 5 | at least 0 |
/// | `settle` | none | at least 0, finite |
///
/// What is left to `auto` is chosen by the work within the memory limit; which choices go together
/// [`check_primal`](crate::check_primal) says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProgrammeSettings {
    /// The relative gap at which the run is converged.
    pub tol: f64,
    /// Most iterations, Newton steps counted among them.
    pub max_iters: usize,
    /// The splitting.
    pub splitting: Splitting,
    /// The linear solve.
    pub primal: PrimalChoice,
    /// The system it works on.
    pub form: FormChoice,
    /// The library of its products and factors.
    pub backend: Backend,
    /// The opened adapter, which [`Backend::Wgpu`] needs.
    #[serde(skip)]
    pub device: Option<DeviceHandle>,
    /// Where the machine chose the backend: why, in words. Where a device so chosen fails, the host goes on.
    #[serde(skip)]
    pub backend_reason: Option<String>,
    /// Rank of a Nystrom preconditioner; none: found by its error.
    pub nystrom_rank: Option<usize>,
    /// Seed of sketches and of the order of blocks.
    pub seed: u64,
    /// The precision.
    pub precision: Precision,
    /// Bytes that a run may use.
    pub memory_limit: f64,
    /// The Newton finish.
    pub newton: Switch,
    /// The working set.
    pub working_set: Switch,
    /// A certificate every so many iterations; 0: only at the end.
    pub check_every: usize,
    /// The run ends `settled` when the network of the sparse copies is within `tol` of the bound and, by the
    /// course of its objective over the iterations, at most half of this share of it is left to win, whatever
    /// the gap of the points inside their cones; none, or 0: never.
    pub settle: Option<f64>,
}

impl Default for ProgrammeSettings {
    fn default() -> Self {
        Self {
            tol: 1e-3,
            max_iters: 2000,
            splitting: Splitting::Auto,
            primal: PrimalChoice::Auto,
            form: FormChoice::Auto,
            backend: Backend::Faer,
            device: None,
            backend_reason: None,
            nystrom_rank: None,
            seed: 0,
            precision: Precision::Auto,
            memory_limit: 6.0 * 1024.0 * 1024.0 * 1024.0,
            newton: Switch::Auto,
            working_set: Switch::Auto,
            check_every: 5,
            settle: None,
        }
    }
}

/// Settings that passed [`ProgrammeSettings::check`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedProgrammeSettings(ProgrammeSettings);

impl CheckedProgrammeSettings {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &ProgrammeSettings {
        &self.0
    }
}

impl ProgrammeSettings {
    /// Sets the relative gap at which a run is converged.
    #[must_use]
    pub fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Sets the most iterations.
    #[must_use]
    pub fn max_iters(mut self, count: usize) -> Self {
        self.max_iters = count;
        self
    }

    /// Sets the splitting.
    #[must_use]
    pub fn splitting(mut self, splitting: Splitting) -> Self {
        self.splitting = splitting;
        self
    }

    /// Sets the linear solve.
    #[must_use]
    pub fn primal(mut self, primal: PrimalChoice) -> Self {
        self.primal = primal;
        self
    }

    /// Sets the system it works on.
    #[must_use]
    pub fn form(mut self, form: FormChoice) -> Self {
        self.form = form;
        self
    }

    /// Sets the library of its products and factors.
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Says why the machine chose the backend.
    #[must_use]
    pub fn backend_reason(mut self, why: impl Into<Option<String>>) -> Self {
        self.backend_reason = why.into();
        self
    }

    /// Sets the opened adapter.
    #[must_use]
    pub fn device(mut self, device: impl Into<Option<DeviceHandle>>) -> Self {
        self.device = device.into();
        self
    }

    /// Sets the rank of a Nystrom preconditioner.
    #[must_use]
    pub fn nystrom_rank(mut self, rank: impl Into<Option<usize>>) -> Self {
        self.nystrom_rank = rank.into();
        self
    }

    /// Sets the seed of sketches and of the order of blocks.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the precision.
    #[must_use]
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Sets the bytes that a run may use.
    #[must_use]
    pub fn memory_limit(mut self, bytes: f64) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// Sets whether there is a Newton finish.
    #[must_use]
    pub fn newton(mut self, switch: Switch) -> Self {
        self.newton = switch;
        self
    }

    /// Sets whether there is a working set.
    #[must_use]
    pub fn working_set(mut self, switch: Switch) -> Self {
        self.working_set = switch;
        self
    }

    /// Sets a certificate every so many iterations; 0: only at the end.
    #[must_use]
    pub fn check_every(mut self, iterations: usize) -> Self {
        self.check_every = iterations;
        self
    }

    /// Sets what may be left to win when a run ends by its network.
    #[must_use]
    pub fn settle(mut self, share: impl Into<Option<f64>>) -> Self {
        self.settle = share.into();
        self
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// [`SettingsError`] names the first setting outside its range; NaN is outside every range.
    pub fn check(self) -> Result<CheckedProgrammeSettings, SettingsError> {
        let not_negative = |v: f64| v.is_finite() && v >= 0.0;
        for (name, holds, value, must_be) in [
            (
                "tol",
                not_negative(self.tol),
                self.tol,
                "a finite number, at least 0",
            ),
            (
                "settle",
                self.settle.is_none_or(not_negative),
                self.settle.unwrap_or(0.0),
                "a finite number, at least 0",
            ),
            (
                "nystrom_rank",
                self.nystrom_rank != Some(0),
                0.0,
                "at least 1",
            ),
            (
                "memory_limit",
                self.memory_limit > 0.0,
                self.memory_limit,
                "above 0",
            ),
        ] {
            SettingsError::unless(holds, name, value, must_be)?;
        }
        Ok(CheckedProgrammeSettings(self))
    }
}
