//! A path of penalties as a table.

use std::fmt::Write;

use crelu_model::Report;
use serde_json::Value;

use crate::figures::Short;

/// The penalties of a path, a line each, the chosen one marked; empty without a path.
pub(crate) fn text(report: &Report) -> String {
    let Some(path) = report.path.as_ref().filter(|path| !path.is_empty()) else {
        return String::new();
    };
    let metric = report.cv.map_or("", |cv| cv.metric.name());
    let score = match metric {
        "" => String::new(),
        name => format!("{name} (se)"),
    };
    let beta_max = report.settings.get("beta_max").and_then(Value::as_f64);
    let mut text = format!(
        "  {:>11}  {:>11}  {:>12}  {:>7}  {:>9}  {score}\n",
        "beta", "of beta_max", "objective J", "neurons", "gap"
    );
    for entry in path {
        let chosen = report.cv.is_some_and(|cv| cv.chosen == entry.beta);
        let share = beta_max.map_or(f64::NAN, |most| entry.beta / most);
        let gap = entry.search_gap.or(entry.programme_gap);
        let gap = gap.map_or_else(|| "-".to_owned(), |gap| format!("{gap:.1e}"));
        let score = entry.cv.as_ref().map_or(String::new(), |cv| {
            format!("{:.4} ({:.2})", Short(cv.mean), Short(cv.se))
        });
        // writing to a string does not fail
        writeln!(
            text,
            "{} {:>11}  {share:>11.5}  {:>12}  {:>7}  {gap:>9}  {score}",
            if chosen { "*" } else { " " },
            format!("{:.5}", Short(entry.beta)),
            format!("{:.6}", Short(entry.objective)),
            entry.neurons,
        )
        .ok();
    }
    text
}
