use linalg_core::Control;

use super::carried::Carried;
use super::fitted::Fit;
use super::observer::{FitObserver, Progress};
use super::outcome::Outcome;
use crate::error::{FitError, Subject};
use crate::prepared::Prepared;
use crate::report::Seconds;
use crate::settings::{Beta, CheckedFitSettings};

/// A way of training: from prepared data and a penalty to a network and what is known of it.
pub(super) trait Way: Sized {
    /// What does not depend on the penalty: made, or as the last fit left it.
    fn set_up(of: &Given<'_>, carried: &mut Carried) -> Result<Self, FitError>;

    /// The penalty of the mean objective that its shares are of.
    fn beta_max(&self) -> f64;

    /// Patterns; none where neurons are generated.
    fn patterns(&self) -> Option<usize>;

    fn train(
        self,
        of: &Given<'_>,
        at: &Penalty,
        carried: &mut Carried,
        observer: &mut dyn FitObserver,
    ) -> Result<Outcome, FitError>;
}

/// What every way is given.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) settings: &'a CheckedFitSettings,
    pub(super) control: &'a Control<'a>,
}

/// The penalty of a fit, of the mean objective.
pub(super) struct Penalty {
    pub(super) beta: f64,
    pub(super) beta_max: f64,
    /// That of the sum.
    pub(super) beta_sum: f64,
    /// Whether the caller had enough when told.
    pub(super) stop: bool,
}

/// A fit of prepared data, in units.
pub(super) fn fit_by<W: Way>(
    of: &Given<'_>,
    carried: &mut Carried,
    observer: &mut dyn FitObserver,
) -> Result<Fit, FitError> {
    let Given {
        prepared,
        settings,
        control,
    } = *of;
    let way = W::set_up(of, carried)?;
    let beta_max = way.beta_max();
    let beta = match settings.get().beta {
        Beta::Absolute(beta) => beta,
        Beta::Fraction(fraction) => fraction * beta_max,
    };
    let beta_sum = beta * prepared.loss().mass();
    if !beta_sum.is_finite() {
        return Err(FitError::Range {
            what: Subject::Beta,
        });
    }
    let (n, d) = (prepared.learnt.n(), prepared.width());
    let stop = !observer.progress(Progress::Prepared {
        n,
        d,
        patterns: way.patterns(),
        beta,
    });
    let at = Penalty {
        beta,
        beta_max,
        beta_sum,
        stop,
    };
    let outcome = way.train(of, &at, carried, observer)?;
    let sparse = prepared.describe_sparse();
    Ok(outcome.fit(&prepared.learnt, (n, d), sparse, settings, control))
}

impl Given<'_> {
    /// The phases until now, when the training begins: reading and preparing.
    pub(super) fn begun(&self) -> Seconds {
        let begun = self.prepared.begun;
        Seconds {
            read: begun,
            setup: self.control.seconds() - begun,
            ..Seconds::default()
        }
    }
}
