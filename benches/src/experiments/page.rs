use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use super::cases::{CASES, Case};
use super::condition_rows::{self, SYSTEMS};
use super::methods::METHODS;
use super::{pictures, race, verdict};
use crate::images::PACKAGE;
use crate::store::{Store, number};

const PAGE: &str = "docs/results/EXPERIMENTS.md";

/// All tables, for the terminal.
pub(crate) fn text(store: &Store) -> String {
    let parts = parts(store);
    let parts = parts.into_iter().map(|(_, text)| text);
    parts.collect::<Vec<String>>().join("\n")
}

/// Puts the tables between the markers of the page, and draws its pictures.
pub(crate) fn write(store: &Store) -> Result<(), String> {
    let mut page = std::fs::read_to_string(PAGE).map_err(|e| format!("{PAGE}: {e}"))?;
    for (name, text) in parts(store) {
        page = put(&page, name, &text)?;
    }
    crelu_data::write_atomic(PAGE.as_ref(), page.as_bytes()).map_err(|e| e.to_string())?;
    pictures::write(store)
}

fn parts(store: &Store) -> [(&'static str, String); 3] {
    [
        ("verdicts", verdict::text(store)),
        ("condition", conditions(store)),
        ("race", races(store)),
    ]
}

/// Replaces what stands between `<!-- bench experiments NAME -->` and `<!-- end NAME -->`.
fn put(page: &str, name: &str, text: &str) -> Result<String, String> {
    let (open, close) = (
        format!("<!-- bench experiments {name} -->"),
        format!("<!-- end {name} -->"),
    );
    let missing = || format!("{PAGE}: the marker {open} or its end is missing");
    let (head, rest) = page.split_once(&open).ok_or_else(missing)?;
    let (_, tail) = rest.split_once(&close).ok_or_else(missing)?;
    Ok(format!("{head}{open}\n{text}{close}{tail}"))
}

/// A line of a table.
fn line(out: &mut String, cells: &[String]) {
    // writing to a string does not fail
    writeln!(out, "| {} |", cells.join(" | ")).ok();
}

fn head(out: &mut String, cells: &[String]) {
    line(out, cells);
    line(out, &vec!["---".to_owned(); cells.len()]);
}

fn conditions(store: &Store) -> String {
    let mut out = String::new();
    for (set, _) in condition_rows::SETS {
        let rows: Vec<_> = SYSTEMS
            .iter()
            .filter_map(|&s| Some((s.name(), store.get(&condition_rows::key(set, s))?)))
            .collect();
        let Some((_, first)) = rows.first() else {
            continue;
        };
        writeln!(
            out,
            "### {set}\n\nn = {}, r = {}, P = {}; rho_0 = {:.3e}.\n\n![condition numbers](pictures/{})\n",
            first["n"],
            first["rank_of_data"],
            first["patterns"],
            number(first, "rho_0"),
            pictures::condition_file(set)
        )
        .ok();
        for (axis, what) in [
            ("rank", "at rho_0, rank"),
            ("rho", "rho / rho_0, rank 100 where there is one"),
        ] {
            let steps = steps(&rows, axis);
            let mut cells = vec!["system".to_owned(), format!("preconditioner; {what}:")];
            cells.extend(steps.iter().map(f64::to_string));
            head(&mut out, &cells);
            for (system, row) in &rows {
                for (means, points) in row[axis].as_object().into_iter().flatten() {
                    let mut cells = vec![(*system).to_owned(), means.clone()];
                    cells.extend(steps.iter().map(|&step| at(points, step)));
                    line(&mut out, &cells);
                }
            }
            out.push('\n');
        }
    }
    if out.is_empty() {
        out.push_str("No condition number is recorded.\n");
    }
    out
}

/// Where the curves of an axis have points.
fn steps(rows: &[(&str, &Value)], axis: &str) -> Vec<f64> {
    let mut steps: Vec<f64> = rows
        .iter()
        .flat_map(|(_, row)| row[axis].as_object().into_iter().flatten())
        .flat_map(|(_, points)| points.as_array().into_iter().flatten())
        .filter_map(|at| at[0].as_f64())
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.dedup();
    steps
}

fn at(points: &Value, step: f64) -> String {
    let points = points.as_array().into_iter().flatten();
    let mut here = points.filter(|at| at[0].as_f64() == Some(step));
    here.next()
        .and_then(|at| at[1].as_f64())
        .map_or_else(dash, |value| format!("{value:.2e}"))
}

fn dash() -> String {
    "–".to_owned()
}

fn races(store: &Store) -> String {
    let mut out = machines(store);
    for case in &CASES {
        race_table(&mut out, store, case);
    }
    out
}

/// The processors, threads and commits of the rows.
fn machines(store: &Store) -> String {
    let mut found = BTreeSet::new();
    for case in &CASES {
        for row in METHODS
            .iter()
            .filter_map(|m| store.get(&race::key(case, m)))
        {
            found.insert(format!(
                "{} threads of {} at {}",
                row["threads"],
                row["processor"].as_str().unwrap_or("an unnamed processor"),
                row["commit"].as_str().unwrap_or("?")
            ));
        }
    }
    let found: Vec<String> = found.into_iter().collect();
    match found.is_empty() {
        true => "No race is recorded.\n".to_owned(),
        false => format!("Measured on {}.\n\n", found.join("; ")),
    }
}

const COLUMNS: [&str; 15] = [
    "splitting, primal step",
    "system",
    "status",
    "iterations",
    "inner",
    "1e-2: iteration / s",
    "1e-3: iteration / s",
    "gap",
    "last rho / rho_0",
    "peak MB (of it data)",
    "set-up s",
    "primal s",
    "prox s",
    "dual s",
    "certificate s",
];

fn race_table(out: &mut String, store: &Store, case: &Case) {
    let rows: Vec<_> = METHODS
        .iter()
        .filter_map(|m| Some((m, store.get(&race::key(case, m))?)))
        .collect();
    let Some((_, first)) = rows.iter().find(|(_, row)| row["n"].is_number()) else {
        if !case.is_here() {
            writeln!(
                out,
                "### {}\n\nLeft out: Fashion-MNIST was not installed (`apt-get install {PACKAGE}`).\n",
                case.name
            )
            .ok();
        }
        return;
    };
    writeln!(
        out,
        "### {}\n\nn = {}, r = {}, P = {}, limit {} s a run.\n\n![gap against iteration and time](pictures/{})\n\n![seconds by phase](pictures/{})\n",
        case.name,
        first["n"],
        first["rank"],
        first["patterns"],
        first["limit"],
        pictures::course_file(case.name),
        pictures::split_file(case.name)
    )
    .ok();
    head(out, &COLUMNS.map(str::to_owned));
    for (method, row) in rows {
        if let Some(error) = row["error"].as_str() {
            let mut cells = vec![method.key(), dash(), error.to_owned()];
            cells.resize(COLUMNS.len(), dash());
            line(out, &cells);
            continue;
        }
        let seconds = |phase: &str| format!("{:.2}", number(&row["seconds"], phase));
        let system = format!(
            "{} {}, {}",
            row["method"].as_str().unwrap_or("?"),
            row["form"].as_str().unwrap_or("?"),
            row["precision"].as_str().unwrap_or("?")
        );
        let name = match row["taken_by_auto"] == true {
            true => format!("{} (the run of `auto`)", method.key()),
            false => method.key(),
        };
        let cells = [
            name,
            system,
            row["status"].as_str().unwrap_or("?").replace('_', " "),
            row["iterations"].to_string(),
            row["inner"].to_string(),
            crossing(&row["reached"][0]),
            crossing(&row["reached"][1]),
            format!("{:.1e}", number(row, "gap")),
            format!("{:.2}", number(row, "rho")),
            memory(row),
            seconds("set-up"),
            seconds("primal"),
            seconds("prox"),
            seconds("dual"),
            seconds("certificate"),
        ];
        line(out, &cells);
    }
    out.push('\n');
}

fn crossing(at: &Value) -> String {
    match (at[0].as_u64(), at[1].as_f64()) {
        (Some(iteration), Some(seconds)) => format!("{iteration} / {seconds:.2}"),
        _ => dash(),
    }
}

fn memory(row: &Value) -> String {
    match (row["peak"].as_f64(), row["before"].as_f64()) {
        (Some(peak), Some(before)) => format!("{:.0} ({:.0})", peak / 1e6, before / 1e6),
        _ => dash(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn put_replaces_between_markers_and_only_there() {
        let page = "a\n<!-- bench experiments race -->\nold\n<!-- end race -->\nb\n";
        let new = put(page, "race", "new\n").unwrap();
        assert_eq!(
            new,
            "a\n<!-- bench experiments race -->\nnew\n<!-- end race -->\nb\n"
        );
        assert_eq!(put(&new, "race", "new\n").unwrap(), new);
        assert!(put(page, "condition", "new\n").is_err());
    }
}
