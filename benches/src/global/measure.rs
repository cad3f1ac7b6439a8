//! Rows of the record: one network of one kind on one set at one penalty.

use crelu_model::global::{GlobalSettings, Neurons, merge};
use crelu_model::{Clock, Control, FitSettings, LossChoice, Network, TrainMode, fit};
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
        let settings = GlobalSettings::default().seed(seed);
        let settings = settings.thorough(self != Self::Default);
        match self {
            Self::Best => settings.thin(0.0),
            Self::Wide => settings.thin(0.0).ascents(WIDE),
            Self::Default => settings,
            Self::AtMost(_, most) => settings.thin(0.0).max_neurons(most),
        }
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
        n_outputs: 1,
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
    let settings = FitSettings::default()
        .loss(LossChoice::Squared)
        .train(TrainMode::Sampled);
    let settings = settings.task(raw.task).beta(case.beta);
    let clock = Stopwatch::start();
    let settings = settings.check().map_err(|e| e.to_string())?;
    let control = Control::with_clock(&clock);
    let fit = fit(&raw.data, None, &settings, &control, &mut ()).map_err(|e| e.to_string())?;
    let report = fit.report;
    Ok(json!({
        "set": case.set, "fraction": case.fraction, "beta": case.beta, "status": report.status.name(),
        "objective": report.objective_network, "dual_bound": report.dual_bound,
        "neurons": report.neurons, "patterns": report.patterns, "seconds": clock.seconds(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::number;

    #[test]
    fn global_row_is_what_fit_returns() {
        let case = Case::load("wine class 0", 0.1).unwrap();
        let row = global(&case, Variant::Default, 3).unwrap();
        let (_, raw) = sets::raw("wine class 0").unwrap();
        let settings = FitSettings::default()
            .loss(LossChoice::Squared)
            .train(TrainMode::Global)
            .task(raw.task);
        let settings = settings.beta(case.beta).seed(3).check().unwrap();
        let fit = fit(&raw.data, None, &settings, &Control::default(), &mut ()).unwrap();
        let report = fit.report;
        let apart = number(&row, "objective") / report.objective_network - 1.0;
        assert!(apart.abs() < 1e-12, "{apart}");
        assert_eq!(row["neurons"], report.neurons);
        assert_eq!(row["status"], report.status.name());
        let gap = number(&row, "search_gap") - report.global().unwrap().search_gap.unwrap();
        assert!(gap.abs() < 1e-12, "{gap}");
        assert!(number(&row, "flops") > 0.0);
    }

    #[test]
    fn ordinary_row_counts_merged_neurons_no_higher() {
        let case = Case::load("wine class 0", 0.1).unwrap();
        let row = ordinary(&case, 500, 0).unwrap();
        let (kept, merged) = (number(&row, "kept"), number(&row, "merged"));
        assert!(merged <= kept && merged > 0.0, "{merged} of {kept}");
        // what is dropped is below 1e-3 of the largest, of 100 neurons
        let raised = number(&row, "merged_objective") / number(&row, "polished") - 1.0;
        assert!(raised < 1e-2, "{raised}");
    }

    #[test]
    fn sampled_row_lies_above_its_bound() {
        let case = Case::load("wine class 0", 0.1).unwrap();
        let row = sampled(&case).unwrap();
        let (objective, bound) = (number(&row, "objective"), number(&row, "dual_bound"));
        assert!(
            bound <= objective && bound > 0.99 * objective,
            "{bound} {objective}"
        );
    }
}
