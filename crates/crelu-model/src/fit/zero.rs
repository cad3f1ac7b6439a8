use admm::{AdmmError, PrimalError, Status};
use linalg_core::{Control, Halt, LinalgError};

use super::fitted::Fit;
use super::observer::{FitObserver, Progress};
use super::outcome::Outcome;
use super::user_units::fit_out;
use crate::dataset::Dataset;
use crate::error::FitError;
use crate::prepared::{Learnt, Prepared};
use crate::report::{
    FrontierEntry, GlobalTraining, HistoryEntry, PrimalUsed, Score, Seconds, TrainMode, Training,
    Work,
};
use crate::settings::{Beta, CheckedFitSettings, PatternSource};
use crelu_convex::relative_gap;
use crelu_core::Network;
use serde_json::Value;

/// Whether an error is no fault: a part that had to be complete was stopped by the control.
pub(crate) fn is_halt(error: &FitError) -> bool {
    matches!(
        error,
        FitError::Linalg(LinalgError::Halted)
            | FitError::Preconditioner(precond_nystrom::PrecondError::Linalg(LinalgError::Halted))
            | FitError::Admm(AdmmError::Primal(PrimalError::Linalg(LinalgError::Halted)))
    )
}

/// The fit of a run that was stopped before it had a network: the zero network.
///
/// Its figures are exact, whatever was not reached is zero; a `beta` that was to be a share of one
/// that was not reached is NaN in the report, null in its file, and 0 in the model.
pub(crate) fn zero_fit(
    train: &Dataset,
    test: Option<&Dataset>,
    settings: &CheckedFitSettings,
    halt: Halt,
    begun: f64,
    control: &Control<'_>,
) -> Result<Fit, FitError> {
    let learnt = Learnt::of_targets(train, settings.get())?;
    let units = learnt.units.clone();
    let settings = &settings.in_units(&units)?;
    let s = settings.get();
    let zero = Zero {
        status: match halt {
            Halt::TimeLimit => Status::TimeLimit,
            Halt::Interrupted => Status::Interrupted,
        },
        n: learnt.n(),
        d: train.n_features() + usize::from(s.bias),
        beta: match s.beta {
            Beta::Absolute(beta) => beta,
            Beta::Fraction(_) => f64::NAN,
        },
        beta_max: f64::NAN,
        optimal: false,
        train: learnt.zero_score(),
        test: test.map(|test| learnt.zero_score_of(test)).transpose()?,
        reason: "stopped before there was anything to solve",
    };
    let mut fit = zero.fit(&learnt, None, settings, begun, control);
    fit_out(&mut fit, &units);
    Ok(fit)
}

/// The zero network where the targets of equal rows cancel: it is optimal among all networks, for
/// every penalty, and its objective is every bound. `beta_max` is 0 there, and so is a share of it.
pub(crate) fn optimal_zero_fit(
    prepared: &Prepared,
    settings: &CheckedFitSettings,
    control: &Control<'_>,
    observer: &mut dyn FitObserver,
) -> Fit {
    let s = settings.get();
    let (d, n) = (prepared.width(), prepared.learnt.n());
    let beta = match s.beta {
        Beta::Absolute(beta) => beta,
        Beta::Fraction(_) => 0.0,
    };
    observer.progress(Progress::Prepared {
        n,
        d,
        patterns: (s.train_in_force() == TrainMode::Sampled).then_some(0),
        beta,
    });
    let zero = Network::zero(d, prepared.outputs(), s.activation);
    let (train, test) = prepared.scores(&zero, &prepared.outputs_of(&zero));
    let zero = Zero {
        status: Status::Converged,
        n,
        d,
        beta,
        beta_max: 0.0,
        optimal: true,
        train,
        test,
        reason: "no solve: the targets of equal rows cancel, and the zero network is optimal for every penalty",
    };
    let sparse = prepared.describe_sparse();
    let fit = zero.fit(&prepared.learnt, sparse, settings, prepared.begun, control);
    for entry in &fit.report.history {
        observer.progress(Progress::Check(entry));
    }
    fit
}

/// What differs between the fits that are the zero network.
struct Zero {
    status: Status,
    n: usize,
    d: usize,
    beta: f64,
    beta_max: f64,
    /// Whether its objective is a bound.
    optimal: bool,
    train: Score,
    test: Option<Score>,
    reason: &'static str,
}

impl Zero {
    fn fit(
        self,
        learnt: &Learnt,
        sparse: Option<Value>,
        settings: &CheckedFitSettings,
        begun: f64,
        control: &Control<'_>,
    ) -> Fit {
        let s = settings.get();
        let is_global = s.train_in_force() == TrainMode::Global;
        let objective = self.train.loss;
        let bound = if self.optimal { objective } else { 0.0 };
        let total = control.seconds();
        let search_gap = (is_global && self.optimal).then_some(0.0);
        let history = self.optimal.then(|| HistoryEntry {
            dual_bound: Some(bound),
            gap: Some(relative_gap(objective, bound)),
            search_gap,
            ..HistoryEntry::of((0, total), objective, 0, self.train, self.test)
        });
        let zero = FrontierEntry {
            neurons: 0,
            objective,
        };
        let outcome = Outcome {
            status: self.status,
            network: Network::zero(self.d, learnt.outputs(), s.activation),
            patterns: match &s.patterns {
                PatternSource::Given(gates) if !is_global => gates.ncols(),
                _ => 0,
            },
            beta: self.beta,
            beta_max: self.beta_max,
            training: match is_global {
                false => Training::Sampled,
                true => Training::Global(GlobalTraining {
                    best_objective: objective,
                    max_price: None,
                    ascents: None,
                    search_gap,
                    frontier: if self.optimal { vec![zero] } else { Vec::new() },
                }),
            },
            primal: PrimalUsed::none(self.reason),
            objective,
            convex: objective,
            dual_bound: bound,
            cone_violation: 0.0,
            iterations: 0,
            work: is_global.then(Work::default),
            seconds: Seconds {
                read: begun.min(total),
                setup: (total - begun).max(0.0),
                ..Seconds::default()
            },
            history: history.into_iter().collect(),
            train: self.train,
            test: self.test,
        };
        outcome.fit(learnt, (self.n, self.d), sparse, settings, control)
    }
}
