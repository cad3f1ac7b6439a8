use std::fmt::Write;

use super::view::{EQUAL, View};
use crate::store::number;

/// What is demanded, and how far numbers may be off.
const BEST: f64 = 1.001;
const NEAR_ADAM: f64 = 1.0005;
const DEFAULT: f64 = 1.002;
/// Part of a run of Adam within which its best `J` is to be reached.
const SHARE_OF_RUN: f64 = 0.5;
/// How far the best `J` of ten seeds may lie apart, relatively.
pub(crate) const BEST_SPREAD: f64 = 0.002;

/// A demand and the rows that fail it.
struct Demand {
    text: String,
    rows: usize,
    failing: Vec<String>,
}

impl Demand {
    fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            rows: 0,
            failing: Vec::new(),
        }
    }

    /// A row without the figure fails: NaN is within no limit.
    fn row(&mut self, view: &View<'_>, holds: bool, what: impl FnOnce() -> String) {
        self.rows += 1;
        if !holds {
            self.failing.push(format!("{} ({})", view.title(), what()));
        }
    }
}

/// Every demand, with how many rows hold it and which do not.
pub(crate) fn verdicts(views: &[View<'_>]) -> String {
    let mut out = String::new();
    for demand in demands(views) {
        let held = demand.rows - demand.failing.len();
        // writing to a string does not fail
        write!(out, "- {}: {held} of {} rows", demand.text, demand.rows).ok();
        if demand.failing.is_empty() {
            out.push_str(".\n");
        } else {
            writeln!(out, "; not {}.", demand.failing.join(", ")).ok();
        }
    }
    out
}

fn demands(views: &[View<'_>]) -> Vec<Demand> {
    let mut best = Demand::new(format!("`--thin 0`: J <= {BEST} x the lowest known"));
    let mut adam = Demand::new(format!(
        "`--thin 0`: J <= {NEAR_ADAM} x the best of five Adam runs"
    ));
    let mut below = Demand::new("`--thin 0`: below Adam's best where the prototype is");
    let mut time = Demand::new(
        "Adam's best J reached in at most half of one Adam run's time (demanded of most rows)",
    );
    let mut near = Demand::new(format!(
        "the same for {} x Adam's best J, which tells rows where both end at the same network",
        1.0 + EQUAL
    ));
    let mut gap = Demand::new(
        "search gap with 10000 ascents a sign at most 1 % at 10 % and 2 % at 1 % of beta_max",
    );
    let mut default = Demand::new(format!(
        "default: J <= {DEFAULT} x the lowest known with at most a quarter and three neurons more than the prototype"
    ));
    let mut half = Demand::new(format!(
        "`--max-neurons` at half of the leanest Adam run's: J <= {NEAR_ADAM} x Adam's best"
    ));
    for view in views {
        let target = view.adam_best();
        if let Some(row) = view.global("best") {
            let j = number(row, "objective");
            best.row(view, j <= BEST * view.lowest, || ratio(j, view.lowest));
            adam.row(view, j <= NEAR_ADAM * target, || ratio(j, target));
            if view.known.is_some_and(|known| known.best < known.adam) {
                below.row(view, j < target, || ratio(j, target));
            }
            for (demand, limit) in [(&mut time, target), (&mut near, target * (1.0 + EQUAL))] {
                let seconds = view.reached(limit).map(|at| at.seconds);
                let allowed = SHARE_OF_RUN * view.adam_seconds();
                let share = |s: f64| format!("{:.2} of a run", s / view.adam_seconds());
                demand.row(view, seconds.is_some_and(|s| s <= allowed), || {
                    seconds.map_or_else(|| format!("not reached, {}", ratio(j, target)), share)
                });
            }
        }
        if let Some(row) = view.global("wide")
            && let Some(limit) = gap_limit(view.fraction)
        {
            let found = number(row, "search_gap");
            gap.row(view, found <= limit, || format!("{:.2} %", 100.0 * found));
        }
        if let Some(row) = view.global("default") {
            let j = number(row, "objective");
            let count = number(row, "neurons");
            let most = view.known.map(|known| known.thin_neurons * 5 / 4 + 3);
            #[expect(clippy::cast_precision_loss, reason = "a small count")]
            let few = most.is_none_or(|most| count <= most as f64);
            default.row(view, j <= DEFAULT * view.lowest && few, || {
                format!("{}, {count} neurons", ratio(j, view.lowest))
            });
        }
        if let Some(row) = view.global("half") {
            let j = number(row, "objective");
            half.row(view, j <= NEAR_ADAM * target, || ratio(j, target));
        }
    }
    vec![best, adam, below, time, near, gap, default, half]
}

/// The demanded search gap.
fn gap_limit(fraction: f64) -> Option<f64> {
    [(0.1, 0.01), (0.01, 0.02)]
        .iter()
        .find(|(of, _)| *of == fraction)
        .map(|(_, limit)| *limit)
}

fn ratio(value: f64, of: f64) -> String {
    format!("{:.5}", value / of)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::global::case::key;
    use crate::global::measure::{adam_key, global_key};
    use crate::store::Store;

    const SET: &str = "teacher 400x9";

    fn store(folder: &tempfile::TempDir, best: Value) -> Store {
        let mut store = Store::open(folder.path().join("record.json"), false).unwrap();
        let place = key(SET, 0.1);
        let adam = json!({ "polished": 2.0, "seconds": 4.0, "flops": 100.0, "kept": 80 });
        store.row(&adam_key(&place, 0), || Ok(adam)).unwrap();
        let key = global_key(&place, "best", 0);
        store.row(&key, || Ok(best)).unwrap();
        store
    }

    fn failing(best: Value) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder, best);
        let view = View::of(&store, SET, 0.1).unwrap();
        let demands = demands(&[view]);
        let failing = demands.into_iter().filter(|d| !d.failing.is_empty());
        failing.map(|d| d.text).collect()
    }

    #[test]
    fn verdicts_of_a_lower_network_reached_in_time_hold() {
        let course = json!([[0.5, 2.5, 3, 10], [1.5, 1.9, 5, 40]]);
        let best = json!({ "objective": 1.9, "best": 1.9, "course": course });
        assert!(failing(best).is_empty());
    }

    #[test]
    fn verdicts_name_what_comes_too_late_or_lies_too_high() {
        let late = json!([[0.5, 2.5, 3, 10], [3.0, 1.9, 5, 40]]);
        let late = failing(json!({ "objective": 1.9, "best": 1.9, "course": late }));
        assert_eq!(late.len(), 2, "{late:?}");
        let high = json!([[0.5, 2.5, 3, 10]]);
        let high = failing(json!({ "objective": 2.5, "best": 2.5, "course": high }));
        assert_eq!(high.len(), 4, "{high:?}");
    }

    #[test]
    fn verdicts_of_a_row_without_figures_fail() {
        assert_eq!(failing(json!({ "course": [] })).len(), 4);
    }
}
