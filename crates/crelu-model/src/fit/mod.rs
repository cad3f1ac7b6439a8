//! From data to a model: one path, on which the ways of training are steps.

mod beta_max;
mod carried;
pub(crate) mod fitted;
mod global;
mod global_recorder;
pub(crate) mod observer;
mod outcome;
mod point_network;
mod sampled;
mod sampled_recorder;
mod user_units;
mod way;
mod zero;

use crelu_bound::BoundError;
use linalg_core::{Control, Halt};

use self::global::Global;
use self::sampled::Sampled;
use self::user_units::{UserUnits, fit_out};
use self::way::{Given, fit_by};
use self::zero::optimal_zero_fit;
use crate::dataset::Dataset;
use crate::error::FitError;
use crate::prepared::Prepared;
use crate::report::TrainMode;
use crate::settings::CheckedFitSettings;

pub(crate) use self::carried::Carried;
pub use self::fitted::Fit;
pub use self::observer::{FitObserver, Progress};
pub(crate) use self::zero::{is_halt, zero_fit};

/// Trains on `train`, scores on `test` too if there is one.
///
/// The clock of `control` should start with the program: `seconds.total` and its limit are read
/// on it. A limit or interruption ends with the best network so far, which is at least as good as
/// the zero network.
///
/// # Errors
/// [`FitError`] where there is no model.
pub fn fit(
    train: &Dataset,
    test: Option<&Dataset>,
    settings: &CheckedFitSettings,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Result<Fit, FitError> {
    let begun = control.seconds();
    match trained(train, test, settings, control, observer) {
        // rows of weight 0 left before anything
        Ok(fit) => Ok(match train.weighing_rows() {
            Some(kept) => fit.rows_of_all(&kept),
            None => fit,
        }),
        Err(error) if is_halt(&error) => {
            let halt = control.halt().unwrap_or(Halt::Interrupted);
            zero_fit(train, test, settings, halt, begun, control)
        }
        ended => ended,
    }
}

fn trained(
    train: &Dataset,
    test: Option<&Dataset>,
    settings: &CheckedFitSettings,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Result<Fit, FitError> {
    observer.progress(Progress::Doing("preparing the data"));
    let prepared = Prepared::of(train, test, settings.get(), control)?;
    let carried = &mut Carried::default();
    fit_prepared(&prepared, carried, settings, control, observer)
}

/// A fit of prepared data, from where `carried` ended.
pub(crate) fn fit_prepared(
    prepared: &Prepared,
    carried: &mut Carried,
    settings: &CheckedFitSettings,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Result<Fit, FitError> {
    let units = prepared.learnt.units.clone();
    let settings = &settings.in_units(&units)?;
    observer.progress(Progress::Doing("setting up"));
    let mut observer = UserUnits {
        observer,
        units: units.clone(),
    };
    if prepared.zero_is_optimal {
        let mut fit = optimal_zero_fit(prepared, settings, control, &mut observer);
        fit_out(&mut fit, &units);
        return Ok(fit);
    }
    let of = Given {
        prepared,
        settings,
        control,
    };
    let mut fit = match settings.get().train_in_force() {
        TrainMode::Sampled => fit_by::<Sampled>(&of, carried, &mut observer),
        TrainMode::Global => fit_by::<Global>(&of, carried, &mut observer),
    }?;
    let proven =
        crate::proof::prove_fit(prepared, settings.get(), &mut fit, control, &mut observer);
    match proven {
        // a decomposition that does not converge, or is stopped, proves nothing; the network stands
        Ok(()) | Err(FitError::Bound(BoundError::Linalg(_)) | FitError::Linalg(_)) => {}
        Err(other) => return Err(other),
    }
    fit_out(&mut fit, &units);
    Ok(fit)
}
