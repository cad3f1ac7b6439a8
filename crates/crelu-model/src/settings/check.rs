use super::prove::Prove;
use super::{Beta, FitSettings, PatternSource};
use crate::error::{FitError, Setting};
use crate::report::TrainMode;
use crate::units::Units;
use crelu_convex::{self, Activation, CheckedProgrammeSettings};
use crelu_core::Network;
use crelu_global::{CheckedGlobalSettings, GlobalSettings};
use linalg_core::SettingsError;

/// Settings that passed [`FitSettings::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedFitSettings {
    fit: FitSettings,
    /// Those of the engines, with what was left to the fit's own or to defaults.
    programme: CheckedProgrammeSettings,
    global: CheckedGlobalSettings,
    depth: Depth,
}

/// How far a fit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// To a network with all that is known about it.
    Report,
    /// To a network, on the way along a path of penalties.
    Step,
}

impl CheckedFitSettings {
    /// The values.
    #[must_use]
    pub fn get(&self) -> &FitSettings {
        &self.fit
    }

    /// Those of the convex programme.
    #[must_use]
    pub fn programme(&self) -> &CheckedProgrammeSettings {
        &self.programme
    }

    /// Those of global training.
    #[must_use]
    pub fn global(&self) -> &CheckedGlobalSettings {
        &self.global
    }

    /// The same for a step of a path, whose figures nobody reads: in global mode nothing is computed
    /// beside the network.
    pub(crate) fn into_step(self) -> Self {
        let depth = Depth::Step;
        Self { depth, ..self }
    }

    /// Whether it is for a step of a path.
    pub(crate) fn is_step(&self) -> bool {
        self.depth == Depth::Step
    }

    /// The same with other values of what needs no check beside the others: the penalty, and the
    /// network to start from.
    pub(crate) fn at(&self, beta: Beta, start: Option<Network>) -> Self {
        let mut out = self.clone();
        (out.fit.beta, out.fit.init) = (beta, start);
        out
    }

    /// The same with the penalty and the network to start from in the units of the solvers.
    ///
    /// # Errors
    /// [`FitError::Setting`] where the penalty is no number there.
    pub(crate) fn in_units(&self, units: &Units) -> Result<Self, FitError> {
        let mut out = self.clone();
        if let Beta::Absolute(beta) = out.fit.beta {
            let beta = units.beta_in(beta).ok_or(FitError::Setting {
                setting: Setting::Beta,
                problem: "beside the sizes of target and features it overflows or vanishes",
            })?;
            out.fit.beta = Beta::Absolute(beta);
        }
        out.fit.init = (out.fit.init).map(|network| network.times_power(-units.weights_out()));
        Ok(out)
    }
}

/// What may be left to win, relatively, when a sampled run ends by its network.
const SETTLE: f64 = 1e-2;
const AT_LEAST_ONE: &str = "must be at least 1";
const OF_GLOBAL: &str = "belongs to global training; a sampled programme has no use for it";

impl FitSettings {
    /// Checks the ranges, and that nothing was set that the mode of training has no use for.
    ///
    /// # Errors
    /// [`FitError::SettingRange`] names the first setting outside its range, [`FitError::Setting`] the first
    /// that does not go with the others; NaN is outside every range.
    pub fn check(self) -> Result<CheckedFitSettings, FitError> {
        let programme = self.programme_in_force()?;
        let global = self.global_in_force()?;
        let not_negative = |v: f64| v.is_finite() && v >= 0.0;
        let (setting, beta) = match self.beta {
            Beta::Absolute(v) => (Setting::Beta, v),
            Beta::Fraction(v) => (Setting::BetaFrac, v),
        };
        let seconds = match self.prove {
            Prove::Seconds(seconds) => Some(seconds),
            Prove::Never | Prove::Quick => None,
        };
        for (setting, ok, must_be) in [
            (setting, not_negative(beta), "a finite number, at least 0"),
            (
                Setting::HuberDelta,
                (self.huber_delta).is_none_or(|delta| delta.is_finite() && delta > 0.0),
                "a finite number above 0",
            ),
            (
                Setting::Prove,
                seconds.is_none_or(not_negative),
                "a finite number of seconds, at least 0",
            ),
        ] {
            if !ok {
                return Err(FitError::SettingRange { setting, must_be });
            }
        }
        for (setting, ok, problem) in self.conditions(seconds.is_some()) {
            if !ok {
                return Err(FitError::Setting { setting, problem });
            }
        }
        crelu_convex::check_primal(programme.get(), self.activation)?;
        Ok(CheckedFitSettings {
            fit: self,
            programme,
            global,
            depth: Depth::Report,
        })
    }

    /// What goes together.
    fn conditions(&self, seconds: bool) -> Vec<(Setting, bool, &'static str)> {
        let global = self.train_in_force() == TrainMode::Global;
        let relu = self.activation == Activation::Relu;
        let given = match &self.patterns {
            PatternSource::Given(gates) => Some(gates.ncols()),
            PatternSource::Sampled { .. } => None,
        };
        let no_pattern = matches!(self.patterns, PatternSource::Sampled { count: 0, .. });
        let mut all = vec![
            (Setting::Patterns, !no_pattern, AT_LEAST_ONE),
            (
                Setting::Prove,
                !seconds || relu,
                "a proven bound speaks of ReLU networks; the dual bound is the gated network's",
            ),
            (
                Setting::Train,
                !global || relu,
                "global trains ReLU networks; the features of a gated network are fixed",
            ),
            (
                Setting::Gates,
                !global || given.is_none(),
                "global generates its neurons; gates belong to --train sampled",
            ),
            (Setting::Gates, given != Some(0), "there is no gate"),
        ];
        if !global {
            let set = &self.global;
            all.extend(
                [
                    (Setting::Ascents, set.ascents.is_none()),
                    (Setting::Thin, set.thin.is_none()),
                    // a sampled programme settles by a rule of its own, which 0 turns off
                    (Setting::Settle, set.settle.is_none_or(|share| share == 0.0)),
                    (Setting::Thorough, !set.thorough),
                    (Setting::MaxNeurons, set.max_neurons.is_none()),
                    (Setting::Init, self.init.is_none()),
                ]
                .map(|(setting, ok)| (setting, ok, OF_GLOBAL)),
            );
        }
        all
    }

    /// The settings of the convex programme, its tolerance, limit and seed those of the fit.
    fn programme_in_force(&self) -> Result<CheckedProgrammeSettings, SettingsError> {
        let own = self.programme.clone().tol(self.tol_in_force());
        let settle = match self.train_in_force() {
            TrainMode::Sampled => own.settle.or(self.global.settle).or(self.tol),
            TrainMode::Global => Some(0.0),
        };
        own.settle(settle.unwrap_or(SETTLE))
            .max_iters(self.max_iters_in_force())
            .seed(self.seed)
            .check()
    }

    /// Those of global training, likewise.
    fn global_in_force(&self) -> Result<CheckedGlobalSettings, SettingsError> {
        let settings = GlobalSettings::clone(&self.global)
            .settle(self.settle_in_force())
            .tol(self.tol_in_force())
            .max_rounds(self.max_iters_in_force());
        settings.seed(self.seed).check()
    }
}
