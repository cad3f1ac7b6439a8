use serde_json::Value;

use super::cells::line;
use super::heldout::{FOLDS, METHODS, key};
use super::machines::machines;
use super::sets::SETS;
use crate::store::{Store, number};

/// What the folds of a method say together.
struct Mean {
    score: f64,
    /// Of the mean, from the spread of the folds.
    error: f64,
    neurons: f64,
    seconds: f64,
    penalties: Vec<f64>,
}

/// The table of held-out scores, and where the generated networks are worse.
pub(crate) fn page(store: &Store) -> String {
    let mut out = machines(store, "heldout|");
    out.push_str(
        "\n\n| set | score | global | neurons | s a fit | Adam | neurons | s a fit | linear | 100 sampled gates | neurons | s a fit |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut words = String::new();
    for set in SETS {
        let rows: Vec<&Value> = (0..FOLDS)
            .filter_map(|fold| store.get(&key(set, fold)))
            .collect();
        if rows.len() < FOLDS {
            continue;
        }
        let means = METHODS.map(|method| mean(&rows, method));
        let [global, adam, linear, sampled] = &means;
        let classify = rows[0]["task"] == "classify";
        let show = |mean: &Mean| {
            let scale = if classify { 100.0 } else { 1.0 };
            let digits = if classify { 1 } else { 3 };
            format!(
                "{:.digits$} +- {:.digits$}",
                scale * mean.score,
                scale * mean.error
            )
        };
        let network = |mean: &Mean| {
            [
                show(mean),
                format!("{:.0}", mean.neurons),
                format!("{:.2}", mean.seconds),
            ]
        };
        let name = if classify { "accuracy, %" } else { "r2" };
        let mut cells = vec![set.to_owned(), name.to_owned()];
        cells.extend(network(global));
        cells.extend(network(adam));
        cells.push(show(linear));
        cells.extend(network(sampled));
        line(&mut out, &cells);
        words.push_str(&worse(set, &means, &show));
    }
    out.push('\n');
    out.push_str(&words);
    out
}

/// In words: what scores higher than the generated network, and whether by more than the errors.
fn worse(set: &str, means: &[Mean; 4], show: &dyn Fn(&Mean) -> String) -> String {
    let global = &means[0];
    let higher: Vec<String> = METHODS
        .iter()
        .zip(means)
        .skip(1)
        .filter(|(_, mean)| mean.score > global.score)
        .map(|(name, mean)| {
            let clear = mean.score - global.score > mean.error.hypot(global.error);
            let within = if clear { "" } else { ", within the errors" };
            format!("{name} ({}{within})", show(mean))
        })
        .collect();
    let chosen: Vec<String> = global
        .penalties
        .iter()
        .map(|f| format!("{}", 100.0 * f))
        .collect();
    let chosen = format!("chosen for global: {} % of beta_max", chosen.join(", "));
    if higher.is_empty() {
        format!("- {set}: none scores higher than global; {chosen}.\n")
    } else {
        format!(
            "- {set}: global ({}) is worse than {}; {chosen}.\n",
            show(global),
            higher.join(", ")
        )
    }
}

fn mean(rows: &[&Value], method: &str) -> Mean {
    let values =
        |name: &str| -> Vec<f64> { rows.iter().map(|row| number(&row[method], name)).collect() };
    #[expect(clippy::cast_precision_loss, reason = "a handful of folds")]
    let count = rows.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
    let scores = values("score");
    let score = mean(&scores);
    let square = scores.iter().map(|s| (s - score).powi(2)).sum::<f64>();
    Mean {
        score,
        error: (square / (count - 1.0) / count).sqrt(),
        neurons: mean(&values("neurons")),
        seconds: mean(&values("seconds")),
        penalties: values("fraction"),
    }
}
