use std::cmp::Ordering;
use std::fmt::Write;

use serde_json::Value;

use super::cases::{CASES, Case};
use super::condition_rows::{self, SYSTEMS};
use super::methods::{METHODS, Method, RANK};
use super::race;
use crate::store::{Store, number};

/// `auto` may take this many times the seconds of the fastest.
const AUTO: f64 = 1.3;
/// Condition numbers that differ by less count as the same.
const SAME: f64 = 0.02;
/// Seconds that two runs may differ by without a winner: the clock's and the scheduler's.
const NOISE: f64 = 0.02;

/// What each demand comes to, a line each.
pub(crate) fn text(store: &Store) -> String {
    let mut out = String::new();
    conditions(&mut out, store);
    agreement(&mut out, store);
    cholesky_first(&mut out, store);
    auto(&mut out, store);
    if out.is_empty() {
        out.push_str("Nothing is recorded.\n");
    }
    out
}

/// What Nyström and Jacobi do to the condition numbers.
fn conditions(out: &mut String, store: &Store) {
    for (set, _) in condition_rows::SETS {
        for system in SYSTEMS {
            let Some(row) = store.get(&condition_rows::key(set, system)) else {
                continue;
            };
            let at_first = |means: &str| {
                let points = row["rho"][means].as_array()?.iter();
                let mut here = points.filter(|at| at[0].as_f64() == Some(1.0));
                here.next()?[1].as_f64()
            };
            let Some(none) = at_first("none") else {
                continue;
            };
            let change = |means: &str| {
                at_first(means).map(|value| {
                    if (none / value - 1.0).abs() < SAME {
                        "leaves it".to_owned()
                    } else if none > value {
                        format!("lowers it {} times", significant(none / value))
                    } else {
                        format!("raises it {} times", significant(value / none))
                    }
                })
            };
            let mut words = Vec::new();
            for (means, name) in [
                ("nystrom", format!("Nyström of rank {RANK}")),
                ("jacobi", "Jacobi".to_owned()),
                ("block", "the block K".to_owned()),
                ("block + nystrom", format!("K and Nyström of rank {RANK}")),
                ("nystrom, rho for 1", "Nyström damped by rho".to_owned()),
                ("jacobi, no 1/rho", "Jacobi without 1/rho".to_owned()),
            ] {
                if let Some(change) = change(means) {
                    words.push(format!("{name} {change}"));
                }
            }
            writeln!(
                out,
                "- {set}, {}: condition {none:.2e} at rho_0; {}.",
                system.name(),
                words.join("; ")
            )
            .ok();
        }
    }
}

/// Three figures.
fn significant(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// The recorded runs of a set.
fn runs<'s>(store: &'s Store, case: &Case) -> Vec<(&'static Method, &'s Value)> {
    let all = METHODS.iter();
    all.filter_map(|m| Some((m, store.get(&race::key(case, m))?)))
        .collect()
}

/// Whether the bounds and objectives of all runs of a set fit one optimum.
fn agreement(out: &mut String, store: &Store) {
    let (mut sets, mut all) = (0, 0);
    let mut apart = Vec::new();
    for case in &CASES {
        let runs = runs(store, case);
        let of = |name: &str| runs.iter().map(|(_, row)| number(row, name)).collect();
        let (objectives, bounds): (Vec<f64>, Vec<f64>) = (of("objective"), of("bound"));
        let lowest = objectives.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = bounds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if lowest.is_finite() && highest.is_finite() {
            sets += 1;
            all += objectives.iter().filter(|o| o.is_finite()).count();
            // both are evaluated in f64 from sums over all rows
            if highest > lowest * (1.0 + 1e-9) {
                apart.push(case.name);
            }
        }
    }
    if sets > 0 {
        let word = match apart.is_empty() {
            true => "every bound is below every objective".to_owned(),
            false => format!("NOT on {}", apart.join(", ")),
        };
        writeln!(
            out,
            "- One optimum for all primal steps: {all} runs on {sets} sets, {word}."
        )
        .ok();
    }
}

/// How far a run came: to 1e-3 after seconds, to 1e-2 after seconds, or a gap.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Score {
    Fine(f64),
    Coarse(f64),
    Gap(f64),
}

impl Score {
    fn of(row: &Value) -> Option<Self> {
        let second = |at: usize| row["reached"][at][1].as_f64();
        let fine = second(1).map(Self::Fine);
        let coarse = || second(0).map(Self::Coarse);
        fine.or_else(coarse)
            .or_else(|| row["gap"].as_f64().map(Self::Gap))
    }

    /// Whether it says enough: above 1e-2 a gap is that of whatever point was found first.
    fn decides(self) -> bool {
        !matches!(self, Self::Gap(_))
    }

    /// Which one came further.
    fn against(self, other: Self) -> Ordering {
        let class = |score: Self| match score {
            Self::Fine(t) => (0, t),
            Self::Coarse(t) => (1, t),
            Self::Gap(g) => (2, g),
        };
        let (a, b) = (class(self), class(other));
        let noise = if a.0 < 2 { NOISE } else { 0.0 };
        a.0.cmp(&b.0)
            .then_with(|| match (a.1 - b.1).abs() <= noise {
                true => Ordering::Equal,
                false => a.1.total_cmp(&b.1),
            })
    }

    fn words(self) -> String {
        match self {
            Self::Fine(t) => format!("1e-3 in {t:.2} s"),
            Self::Coarse(t) => format!("1e-2 in {t:.2} s"),
            Self::Gap(g) => format!("a gap of {g:.1e}"),
        }
    }
}

const SPLITTINGS: [&str; 2] = ["two-block", "three-block"];

/// The runs of a set in one splitting that have a score.
fn scored<'s>(
    store: &'s Store,
    case: &Case,
    splitting: &str,
) -> Vec<(&'static Method, &'s Value, Score)> {
    let runs = runs(store, case).into_iter();
    runs.filter(|(m, _)| m.splitting_name() == splitting)
        .filter_map(|(m, row)| Some((m, row, Score::of(row)?)))
        .collect()
}

/// The kernel Cholesky against each inexact method from n = 1000 on.
fn cholesky_first(out: &mut String, store: &Store) {
    let (mut ahead, mut all, mut undecided) = (0, 0, 0);
    let mut exceptions = Vec::new();
    for case in CASES.iter() {
        for splitting in SPLITTINGS {
            let runs = scored(store, case, splitting);
            let kernel = runs
                .iter()
                .find(|(m, row, _)| m.is_direct() && row["form"] == "kernel");
            let Some(&(_, row, kernel)) = kernel else {
                continue;
            };
            if row["n"].as_u64().is_none_or(|n| n < 1000) {
                continue;
            }
            for (method, _, score) in runs.iter().filter(|(m, ..)| m.is_inexact()) {
                if !kernel.decides() && !score.decides() {
                    undecided += 1;
                    continue;
                }
                all += 1;
                if kernel.against(*score) == Ordering::Greater {
                    let auto = runs.iter().find(|(m, ..)| m.name == "auto");
                    let took = auto.map_or_else(
                        || "`auto` was not run".to_owned(),
                        |(_, row, auto)| {
                            format!(
                                "`auto` takes {} {}: {}",
                                row["method"].as_str().unwrap_or("?"),
                                row["form"].as_str().unwrap_or("?"),
                                auto.words()
                            )
                        },
                    );
                    exceptions.push(format!(
                        "  - {}, {splitting}: {} reaches {}, the kernel {}; {took}",
                        case.name,
                        method.name,
                        score.words(),
                        kernel.words()
                    ));
                } else {
                    ahead += 1;
                }
            }
        }
    }
    if all + undecided > 0 {
        let end = if exceptions.is_empty() {
            "."
        } else {
            "; not before:"
        };
        writeln!(
            out,
            "- The kernel Cholesky is not behind an inexact method in {ahead} of {all} comparisons at n = 1000 and more ({undecided} undecided: neither reached 1e-2 in time){end}"
        )
        .ok();
        for exception in exceptions {
            writeln!(out, "{exception}").ok();
        }
    }
}

/// `auto` against the best of its splitting.
fn auto(out: &mut String, store: &Store) {
    let (mut good, mut all, mut undecided) = (0, 0, 0);
    let mut exceptions = Vec::new();
    for case in &CASES {
        for splitting in SPLITTINGS {
            let runs = scored(store, case, splitting);
            let Some((_, row, auto)) = runs.iter().find(|(m, ..)| m.name == "auto") else {
                continue;
            };
            let best = runs.iter().filter(|(m, ..)| m.name != "auto");
            let Some((method, best_row, best)) = best.min_by(|a, b| a.2.against(b.2)) else {
                continue;
            };
            if !auto.decides() && !best.decides() {
                undecided += 1;
                continue;
            }
            all += 1;
            // the same solve twice differs by noise alone
            let same = ["method", "form", "precision"]
                .iter()
                .all(|part| row[part] == best_row[part]);
            let near = same
                || match (*auto, *best) {
                    (Score::Fine(a), Score::Fine(b)) | (Score::Coarse(a), Score::Coarse(b)) => {
                        a <= AUTO * b + NOISE
                    }
                    (Score::Gap(a), Score::Gap(b)) => a <= AUTO * b,
                    (a, b) => a.against(b) != Ordering::Greater,
                };
            if near {
                good += 1;
            } else {
                exceptions.push(format!(
                    "  - {}, {splitting}: `auto` ({} {}) {}, {} {}",
                    case.name,
                    row["method"].as_str().unwrap_or("?"),
                    row["form"].as_str().unwrap_or("?"),
                    auto.words(),
                    method.name,
                    best.words()
                ));
            }
        }
    }
    if all + undecided > 0 {
        writeln!(
            out,
            "- `auto` is within {AUTO} × of the best of its splitting in {good} of {all} races ({undecided} undecided){}",
            if exceptions.is_empty() {
                "."
            } else {
                "; not in:"
            }
        )
        .ok();
        for exception in exceptions {
            writeln!(out, "{exception}").ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A record of one set: name of a two-block method, seconds to 1e-3, and the system.
    fn record(runs: &[(&str, f64, [&str; 2])]) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path().join("record.json"), false).unwrap();
        let case = CASES.iter().find(|case| case.rows == 1000).unwrap();
        for (name, seconds, [solve, form]) in runs {
            let method = METHODS.iter().find(|m| m.name == *name).unwrap();
            let row = json!({
                "reached": [[5, seconds], [5, seconds]], "gap": 1e-3, "n": 1000,
                "method": solve, "form": form, "precision": "f64",
                "objective": 2.0, "bound": 1.999,
            });
            store.row(&race::key(case, method), || Ok(row)).unwrap();
        }
        (folder, store)
    }

    #[test]
    fn text_says_where_the_kernel_is_behind_and_what_auto_took() {
        let kernel = ["cholesky", "kernel"];
        let cg = ["cg", "reduced"];
        let runs = [
            ("cholesky kernel", 2.0, kernel),
            ("cg", 1.0, cg),
            ("rbcd", 9.0, cg),
        ];
        let (_folder, store) = record(&[&runs[..], &[("auto", 2.1, kernel)]].concat());
        let words = text(&store);
        assert!(words.contains("in 1 of 2 comparisons"), "{words}");
        assert!(words.contains("cg reaches 1e-3 in 1.00 s"), "{words}");
        assert!(words.contains("`auto` takes cholesky kernel"), "{words}");
        assert!(words.contains("in 0 of 1 races"), "{words}");
        assert!(words.contains("every bound is below"), "{words}");
        let (_folder, store) = record(&[&runs[..], &[("auto", 2.1, cg)]].concat());
        assert!(text(&store).contains("in 1 of 1 races"), "the same solve");
    }

    #[test]
    fn text_names_a_set_whose_bound_is_above_an_objective() {
        let (_folder, mut store) = record(&[("cg", 1.0, ["cg", "reduced"])]);
        let case = CASES.iter().find(|case| case.rows == 1000).unwrap();
        let row = json!({ "objective": 1.9, "bound": 1.8, "n": 1000 });
        store
            .row(&race::key(case, &METHODS[0]), || Ok(row))
            .unwrap();
        let words = text(&store);
        assert!(words.contains(&format!("NOT on {}", case.name)), "{words}");
    }

    #[test]
    fn score_takes_the_finest_gap_that_was_reached() {
        let row = |reached: Value| json!({ "reached": reached, "gap": 0.5 });
        let both = Score::of(&row(json!([[5, 0.1], [9, 0.3]])));
        assert_eq!(both, Some(Score::Fine(0.3)));
        let one = Score::of(&row(json!([[5, 0.1], null])));
        assert_eq!(one, Some(Score::Coarse(0.1)));
        let none = Score::of(&row(json!([null, null])));
        assert_eq!(none, Some(Score::Gap(0.5)));
        assert_eq!(Score::of(&json!({ "error": "no" })), None);
    }

    #[test]
    fn against_orders_by_gap_then_seconds() {
        let (fine, coarse, gap) = (Score::Fine(9.0), Score::Coarse(0.1), Score::Gap(0.02));
        assert_eq!(fine.against(coarse), Ordering::Less);
        assert_eq!(gap.against(coarse), Ordering::Greater);
        assert_eq!(fine.against(Score::Fine(9.001)), Ordering::Equal);
        assert_eq!(fine.against(Score::Fine(8.0)), Ordering::Greater);
        assert_eq!(gap.against(Score::Gap(0.03)), Ordering::Less);
    }
}
