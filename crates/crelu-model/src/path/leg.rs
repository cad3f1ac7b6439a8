use linalg_core::Control;

use crate::dataset::Dataset;
use crate::error::FitError;
use crate::fit::{Carried, Fit, FitObserver, fit_prepared};
use crate::prepared::Prepared;
use crate::report::TrainMode;
use crate::settings::{Beta, CheckedFitSettings, FitSettings, Prove};
use crelu_convex::WarmStart;
use crelu_core::Network;

/// Gap, and what may be left to win, of a step: `J` is within about 1 % of that of a fit of its own.
const STEP_TOL: f64 = 1e-2;
const STEP_SETTLE: f64 = 1e-2;
/// Ascents a sign of all of a step's searches, the smallest there are: with a hundred a path costs a quarter
/// more, and its `J` is lower by a thousandth at most.
const STEP_ASCENTS: usize = 50;

/// Fits of the same rows at one penalty after the other: their set-up is made once, and each starts
/// from where the last ended.
pub(super) struct Leg {
    prepared: Prepared,
    carried: Carried,
    /// The last network, on preprocessed inputs.
    network: Option<Network>,
}

/// Where a fit of a leg ended, for another to start from.
#[derive(Clone)]
pub(super) struct Place {
    network: Option<Network>,
    warm: Option<WarmStart>,
}

impl Leg {
    pub(super) fn new(
        train: &Dataset,
        test: Option<&Dataset>,
        settings: &CheckedFitSettings,
        control: &Control<'_>,
    ) -> Result<Self, FitError> {
        Ok(Self {
            prepared: Prepared::of(train, test, settings.get(), control)?,
            carried: Carried::default(),
            network: settings.get().init.clone(),
        })
    }

    /// Whether the zero network is optimal for every penalty.
    pub(super) fn zero_is_optimal(&self) -> bool {
        self.prepared.zero_is_optimal
    }

    /// A fit at another penalty.
    pub(super) fn fit(
        &mut self,
        beta: Beta,
        settings: &CheckedFitSettings,
        control: &Control<'_>,
        observer: &mut dyn FitObserver,
    ) -> Result<Fit, FitError> {
        let start = self.network.take();
        let settings = settings.at(beta, start);
        let (prepared, carried) = (&self.prepared, &mut self.carried);
        let fit = fit_prepared(prepared, carried, &settings, control, observer)?;
        if settings.get().train_in_force() == TrainMode::Global {
            self.network = Some(fit.model.network.clone());
        }
        Ok(fit)
    }

    /// Where the last fit ended.
    pub(super) fn place(&self) -> Place {
        Place {
            network: self.network.clone(),
            warm: self.carried.warm.clone(),
        }
    }

    /// Starts the next fit there.
    pub(super) fn go_back(&mut self, place: Place) {
        self.network = place.network;
        self.carried.warm = place.warm;
    }
}

/// The settings of a step on all rows: its network is thinned as that of a fit is, since its neurons are
/// looked at.
pub(super) fn step(settings: &FitSettings, prove: bool) -> Result<CheckedFitSettings, FitError> {
    let is_asked = prove && settings.prove != Prove::Never;
    let prove = if is_asked { Prove::Quick } else { Prove::Never };
    loose(settings, prove).map(CheckedFitSettings::into_step)
}

/// The settings of a step of a fold: a network that is only scored need not be small, unless it is told
/// to be.
pub(super) fn fold_step(settings: &FitSettings) -> Result<CheckedFitSettings, FitError> {
    let is_global = settings.train_in_force() == TrainMode::Global;
    let is_told =
        settings.global.max_neurons.is_some() || settings.global.thin_in_force() > STEP_TOL;
    let mut settings = settings.clone();
    if is_global && !is_told {
        settings = settings.thin(0.0);
    }
    // what a model to start from learnt of the rows that are held out must not be in the scores
    settings.init = None;
    loose(&settings, Prove::Never).map(CheckedFitSettings::into_step)
}

fn loose(settings: &FitSettings, prove: Prove) -> Result<CheckedFitSettings, FitError> {
    let mut out = settings.clone();
    out.prove = prove;
    out.tol = Some(settings.tol_in_force().max(STEP_TOL));
    if settings.train_in_force() == TrainMode::Global {
        let share = settings.settle_in_force().unwrap_or(0.0).max(STEP_SETTLE);
        let ascents = settings.global.ascents_in_force().min(STEP_ASCENTS);
        out = out.settle(share).thorough(false).ascents(ascents);
    }
    out.check()
}
