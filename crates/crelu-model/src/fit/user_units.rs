use serde_json::{Value, json};

use super::fitted::Fit;
use super::observer::{FitObserver, Progress};
use crate::report::{HistoryEntry, Report, Score, Training};
use crate::units::Units;

/// Tells a caller what was solved in the caller's units.
pub(crate) struct UserUnits<'a> {
    pub(crate) observer: &'a mut dyn FitObserver,
    pub(crate) units: Units,
}

impl FitObserver for UserUnits<'_> {
    fn progress(&mut self, progress: Progress<'_>) -> bool {
        let units = &self.units;
        let entry;
        let progress = match progress {
            Progress::Prepared {
                n,
                d,
                patterns,
                beta,
            } => Progress::Prepared {
                n,
                d,
                patterns,
                beta: units.beta_out(beta),
            },
            Progress::Check(inside) => {
                entry = entry_out(inside, units);
                Progress::Check(&entry)
            }
            Progress::Proven { bound, gap } => Progress::Proven {
                bound: units.objective_out(bound),
                gap,
            },
            other => other,
        };
        self.observer.progress(progress)
    }
}

/// A fit in the user's units: the model, the report, the bound that the certificate states.
pub(crate) fn fit_out(fit: &mut Fit, units: &Units) {
    let model = &mut fit.model;
    model.network = model.network.times_power(units.weights_out());
    model.output_bias.clone_from(&units.centre);
    model.beta = units.beta_out(model.beta);
    model.objective = units.objective_out(model.objective);
    if let Some(certificate) = &mut fit.certificate {
        certificate.units = units.into();
    }
    report_out(&mut fit.report, units);
}

fn report_out(report: &mut Report, units: &Units) {
    let out = |objective: &mut f64| *objective = units.objective_out(*objective);
    out(&mut report.objective_network);
    out(&mut report.objective_convex);
    out(&mut report.dual_bound);
    report.proven_bound.iter_mut().for_each(out);
    report.beta = units.beta_out(report.beta);
    if let Training::Global(global) = &mut report.training {
        out(&mut global.best_objective);
        for point in &mut global.frontier {
            out(&mut point.objective);
        }
    }
    report.train = score_out(report.train, units);
    report.test = report.test.map(|score| score_out(score, units));
    for entry in &mut report.history {
        *entry = entry_out(entry, units);
    }
    for key in ["beta", "beta_max"] {
        if let Some(beta) = report.settings.get(key).and_then(Value::as_f64) {
            let beta = json!(units.beta_out(beta));
            report.settings.insert(key.to_owned(), beta);
        }
    }
}

fn score_out(score: Score, units: &Units) -> Score {
    Score {
        loss: units.objective_out(score.loss),
        ..score
    }
}

fn entry_out(entry: &HistoryEntry, units: &Units) -> HistoryEntry {
    let out = |objective: f64| units.objective_out(objective);
    HistoryEntry {
        objective_network: out(entry.objective_network),
        dual_bound: entry.dual_bound.map(out),
        proven_bound: entry.proven_bound.map(out),
        train_loss: out(entry.train_loss),
        test_loss: entry.test_loss.map(out),
        ..*entry
    }
}
