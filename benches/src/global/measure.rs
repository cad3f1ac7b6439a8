//! Rows of the record: one network of one kind on one set at one penalty.

use crelu_model::global::{GlobalSettings, Neurons, merge};
use crelu_model::{Clock, Control, FitSettings, Network, fit};
use serde_json::{Value, json};

use super::adam::{adam, kept};
use super::case::{Case, problem, row_space};
use super::train::global_row;
use crate::sets;
use crate::stopwatch::Stopwatch;

/// Ascents a sign of the widest searches.
const WIDE: usize = 10_000;
/// Seconds after which a generated network is returned as it is.
const LIMIT: f64 = 300.0;

/// How the neurons are generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// The best network.
    Best,
    /// The same with ten thousand ascents a sign in the last searches.
    Wide,
    /// `fit` without options.
    Default,
    /// At most so many neurons, with what part of Adam's that is.
    AtMost(&'static str, usize),
}

impl Variant {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Wide => "wide",
            Self::Default => "default",
            Self::AtMost(part, _) => part,
        }
    }

    fn settings(self, seed: u64) -> GlobalSettings {
        let mut settings = GlobalSettings::default();
        settings.seed = seed;
        match self {
            Self::Best => settings.thin = 0.0,
            Self::Wide => {
                settings.thin = 0.0;
                settings.ascents = WIDE;
            }
            Self::Default => {}
            Self::AtMost(_, most) => {
                settings.thin = 0.0;
                settings.max_neurons = Some(most);
            }
        }
        settings
    }
}

/// Names of rows.
pub(crate) fn global_key(place: &str, variant: &str, seed: u64) -> String {
    format!("global|{place}|{variant}|{seed}")
}

pub(crate) fn adam_key(place: &str, seed: u64) -> String {
    format!("adam|{place}|{seed}")
}

pub(crate) fn sampled_key(place: &str) -> String {
    format!("sampled|{place}")
}

/// A network whose neurons are generated.
pub(crate) fn global(case: &Case, variant: Variant, seed: u64) -> Result<Value, String> {
    let mut row = global_row(case, &variant.settings(seed), LIMIT)?;
    if let Variant::AtMost(_, most) = variant {
        row["max_neurons"] = json!(most);
    }
    Ok(row)
}

/// A run of Adam, and the neurons it keeps: as they are, and with those of one pattern and sign
/// added up, which raises no `J`.
pub(crate) fn ordinary(case: &Case, steps: usize, seed: u64) -> Result<Value, String> {
    let run = adam(&case.inputs, &case.target, case.beta, steps, seed);
    let kept = kept(&run.network);
    let space = row_space(&case.inputs)?;
    let problem = problem(&space, &case.target, case.beta)?;
    let mut merged = Neurons::from_network(&Network {
        hidden: space.reduce(kept.hidden.as_ref()),
        output: kept.output.clone(),
        gates: None,
    });
    merge(&problem, &mut merged);
    Ok(json!({
        "set": case.set, "fraction": case.fraction, "beta": case.beta, "seed": seed, "steps": steps,
        "adam": run.adam, "polished": run.polished, "kept": kept.output.len(), "merged": merged.len(),
        "merged_objective": merged.objective(&problem) / case.count(),
        "seconds": run.seconds, "polish_seconds": run.polish_seconds, "flops": run.flops,
        "course": run.course,
    }))
}

/// The optimum over a hundred sampled patterns.
pub(crate) fn sampled(case: &Case) -> Result<Value, String> {
    let (_, raw) = sets::raw(&case.set)?;
    let settings = FitSettings::default().task(raw.task).beta(case.beta);
    let clock = Stopwatch::start();
    let settings = settings.check().map_err(|e| e.to_string())?;
    let control = Control::with_clock(&clock);
    let fit = fit(&raw.data, None, &settings, &control, &mut ()).map_err(|e| e.to_string())?;
    let report = fit.report;
    Ok(json!({
        "set": case.set, "fraction": case.fraction, "beta": case.beta, "status": report.status,
        "objective": report.objective_network, "dual_bound": report.dual_bound,
        "neurons": report.neurons, "patterns": report.patterns, "seconds": clock.seconds(),
    }))
}
