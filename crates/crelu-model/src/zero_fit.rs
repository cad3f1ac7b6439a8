use admm::{AdmmError, PrimalError, Status};
use faer::Mat;
use linalg_core::{Control, Halt, LinalgError};

use crate::dataset::Dataset;
use crate::error::FitError;
use crate::fit::Fit;
use crate::network::Network;
use crate::prepared::Prepared;
use crate::programme::Activation;
use crate::report::{
    GlobalTraining, LossName, PrimalUsed, Report, Seconds, TrainMode, Training, Work,
};
use crate::settings::{Beta, CheckedFitSettings, PatternSource};

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
    let s = settings.get();
    let prepared = Prepared::targets_only(train, s)?;
    let d = train.n_features() + usize::from(s.bias);
    let network = Network {
        hidden: Mat::zeros(d, 0),
        output: Vec::new(),
        gates: (s.activation == Activation::Gated).then(|| Mat::zeros(d, 0)),
    };
    let train_score = prepared.zero_score(train)?;
    let objective = train_score.loss;
    let beta = match s.beta {
        Beta::Absolute(beta) => beta,
        Beta::Fraction(_) => f64::NAN,
    };
    let is_global = s.train_in_force() == TrainMode::Global;
    let total = control.seconds();
    let report = Report {
        status: match halt {
            Halt::TimeLimit => Status::TimeLimit,
            Halt::Interrupted => Status::Interrupted,
        },
        n: train.n_samples(),
        d,
        outputs: 1,
        patterns: match &s.patterns {
            PatternSource::Given(gates) if !is_global => gates.ncols(),
            _ => 0,
        },
        neurons: 0,
        beta,
        loss: LossName::Squared,
        activation: s.activation,
        training: match is_global {
            false => Training::Sampled,
            true => Training::Global(GlobalTraining {
                best_objective: objective,
                max_price: None,
                ascents: None,
                search_gap: None,
                frontier: Vec::new(),
            }),
        },
        seed: s.seed,
        version: env!("CARGO_PKG_VERSION"),
        primal: PrimalUsed::none("stopped before there was anything to solve"),
        objective_network: objective,
        objective_convex: objective,
        dual_bound: 0.0,
        gap: crate::programme::relative_gap(objective, 0.0),
        cone_violation: 0.0,
        programme_gap: crate::programme::relative_gap(objective, 0.0),
        path: None,
        cv: None,
        proven_bound: None,
        proven_gap: None,
        proof: None,
        iterations: 0,
        work: is_global.then(Work::default),
        seconds: Seconds {
            total,
            read: begun.min(total),
            setup: (total - begun).max(0.0),
            ..Seconds::default()
        },
        train: train_score,
        test: test.map(|test| prepared.zero_score(test)).transpose()?,
        history: Vec::new(),
        settings: prepared.settings_map(settings, beta, f64::NAN, control),
    };
    let model_beta = if beta.is_finite() { beta } else { 0.0 };
    let gap = report.gap;
    Ok(Fit {
        model: prepared.model(network, s.bias, model_beta, objective, gap),
        report,
        certificate: None,
    })
}
