use super::prove::Prove;
use super::{Beta, FitSettings, PatternSource};
use crate::error::{FitError, Setting};
use crate::report::TrainMode;
use crate::units::Units;
use crelu_convex::{self, Activation, ProgrammeSettings};
use crelu_core::Network;
use crelu_global::GlobalSettings;

/// Settings that passed [`FitSettings::check`].
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedFitSettings(FitSettings, Depth);

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
        &self.0
    }

    /// The same for a step of a path, whose figures nobody reads: in global mode nothing is computed
    /// beside the network.
    pub(crate) fn into_step(self) -> Self {
        Self(self.0, Depth::Step)
    }

    /// Whether it is for a step of a path.
    pub(crate) fn is_step(&self) -> bool {
        self.1 == Depth::Step
    }

    /// The same with other values of what needs no check beside the others: the penalty, and the
    /// network to start from.
    pub(crate) fn at(&self, beta: Beta, start: Option<Network>) -> Self {
        let inside = FitSettings {
            beta,
            init: start,
            ..self.0.clone()
        };
        Self(inside, self.1)
    }

    /// The same with the penalty and the network to start from in the units of the solvers.
    ///
    /// # Errors
    /// [`FitError::Setting`] where the penalty is no number there.
    pub(crate) fn in_units(&self, units: &Units) -> Result<Self, FitError> {
        let mut inside = self.0.clone();
        if let Beta::Absolute(beta) = inside.beta {
            let beta = units.beta_in(beta).ok_or(FitError::Setting {
                setting: Setting::Beta,
                problem: "beside the sizes of target and features it overflows or vanishes",
            })?;
            inside.beta = Beta::Absolute(beta);
        }
        inside.init = inside
            .init
            .map(|network| network.times_power(-units.weights_out()));
        Ok(Self(inside, self.1))
    }

    /// Those of the convex programme.
    pub(crate) fn programme(&self) -> ProgrammeSettings {
        let mut settings = self.0.programme.clone();
        settings.tol = self.0.tol_in_force();
        settings.max_iters = self.0.max_iters_in_force();
        settings.seed = self.0.seed;
        settings
    }

    /// Those of global training.
    pub(crate) fn global(&self) -> GlobalSettings {
        let mut settings = GlobalSettings::default();
        settings.ascents = self.0.ascents_in_force();
        settings.thin = self.0.thin_in_force();
        settings.max_neurons = self.0.max_neurons;
        settings.settle = self.0.settle_in_force();
        settings.thorough = self.0.thorough;
        settings.tol = self.0.tol_in_force();
        settings.max_rounds = self.0.max_iters_in_force();
        settings.seed = self.0.seed;
        settings
    }
}

const NOT_NEGATIVE: &str = "must be a finite number, at least 0";
const AT_LEAST_ONE: &str = "must be at least 1";
const OF_GLOBAL: &str = "belongs to global training; a sampled programme has no use for it";

impl FitSettings {
    /// Checks the ranges, and that nothing was set that the mode of training has no use for.
    ///
    /// # Errors
    /// [`FitError::Setting`] names the first setting outside its range; NaN is outside every range.
    pub fn check(self) -> Result<CheckedFitSettings, FitError> {
        let not_negative = |v: f64| v.is_finite() && v >= 0.0;
        let (beta_name, beta) = match self.beta {
            Beta::Absolute(v) => (Setting::Beta, v),
            Beta::Fraction(v) => (Setting::BetaFrac, v),
        };
        let global = self.train_in_force() == TrainMode::Global;
        let relu = self.activation == Activation::Relu;
        let given = match &self.patterns {
            PatternSource::Given(gates) => Some(gates.ncols()),
            PatternSource::Sampled { .. } => None,
        };
        let seconds = match self.prove {
            Prove::Seconds(seconds) => Some(seconds),
            Prove::Never | Prove::Quick => None,
        };
        for (setting, ok, problem) in [
            (beta_name, not_negative(beta), NOT_NEGATIVE),
            (
                Setting::Tol,
                self.tol.is_none_or(not_negative),
                NOT_NEGATIVE,
            ),
            (
                Setting::Thin,
                self.thin.is_none_or(not_negative),
                NOT_NEGATIVE,
            ),
            (
                Setting::Settle,
                self.settle.is_none_or(not_negative),
                NOT_NEGATIVE,
            ),
            (
                Setting::HuberDelta,
                (self.huber_delta).is_none_or(|delta| delta.is_finite() && delta > 0.0),
                "must be a finite number above 0",
            ),
            (Setting::Ascents, self.ascents != Some(0), AT_LEAST_ONE),
            (
                Setting::MaxNeurons,
                self.max_neurons != Some(0),
                AT_LEAST_ONE,
            ),
            (
                Setting::Patterns,
                !matches!(self.patterns, PatternSource::Sampled { count: 0, .. }),
                AT_LEAST_ONE,
            ),
            (
                Setting::NystromRank,
                self.programme.nystrom_rank != Some(0),
                AT_LEAST_ONE,
            ),
            (
                Setting::MemoryLimit,
                self.programme.memory_limit > 0.0,
                "must be above 0",
            ),
            (
                Setting::Prove,
                seconds.is_none_or(not_negative),
                "must be a finite number of seconds, at least 0",
            ),
            (
                Setting::Prove,
                seconds.is_none() || relu,
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
            (
                Setting::Ascents,
                global || self.ascents.is_none(),
                OF_GLOBAL,
            ),
            (Setting::Thin, global || self.thin.is_none(), OF_GLOBAL),
            // a sampled programme never settles
            (
                Setting::Settle,
                global || self.settle.is_none_or(|share| share == 0.0),
                OF_GLOBAL,
            ),
            (Setting::Thorough, global || !self.thorough, OF_GLOBAL),
            (
                Setting::MaxNeurons,
                global || self.max_neurons.is_none(),
                OF_GLOBAL,
            ),
            (Setting::Init, global || self.init.is_none(), OF_GLOBAL),
        ] {
            if !ok {
                return Err(FitError::Setting { setting, problem });
            }
        }
        let checked = CheckedFitSettings(self, Depth::Report);
        crelu_convex::check_primal(&checked.programme(), checked.0.activation)?;
        Ok(checked)
    }
}
