use serde_json::Value;

use super::calibration::{self, CASES, FRACTIONS};
use super::peers;
use super::rounds::{self, LOSSES, QUICK, TABLES};
use crate::marks::replaced;
use crate::store::{Store, number};

const PAGE: &str = "docs/results/LOSSES.md";
/// What stands between lines of these names is written, one table each.
const MARKS: [&str; 3] = ["ten classes", "rounds", "calibration"];
/// A round of another loss may take so many times one of the squared loss, of one output and of ten.
const GOALS: [(usize, f64); 2] = [(1, 1.5), (10, 2.5)];

/// The tables of the rows that are there, in the order of the marks.
pub(crate) fn tables(store: &Store) -> [String; 3] {
    [
        ten_classes(store),
        rounds_table(store),
        probabilities(store),
    ]
}

fn ten_classes(store: &Store) -> String {
    let mut out = String::from(
        "| set | model | accuracy | log-loss | Brier | seconds | core seconds | neurons | MB | ended |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for set in ["wine", "digits", "Fashion-MNIST"] {
        for key in peers::keys(set) {
            let Some(row) = store.get(&key) else { continue };
            let name = match (row["loss"].as_str(), row["fraction"].as_f64()) {
                (Some(loss), Some(fraction)) => format!("crelu, {loss}, {} %", 100.0 * fraction),
                (Some(loss), None) => format!("crelu, {loss}, penalty by cross-validation"),
                _ => key.rsplit('|').next().unwrap_or_default().to_owned(),
            };
            let name = match row["settle"].as_f64() {
                Some(settle) => format!("{name}, settle {settle}, not thinned"),
                None => name,
            };
            let ended = match row["iterations"].as_u64() {
                Some(rounds) => {
                    let how = row["status"].as_str().unwrap_or("after");
                    format!("{how}, {rounds}")
                }
                None => "-".to_owned(),
            };
            let core = row["core_seconds"].as_f64();
            let core = core.map_or("-".to_owned(), |core| format!("{core:.1}"));
            out.push_str(&format!(
                "| {set} ({} x {}) | {name} | {:.2} % | {} | {} | {:.1} | {} | {} | {:.0} | {ended} |\n",
                row["n"],
                row["d"],
                100.0 * number(row, "accuracy"),
                figure(row, "log_loss"),
                figure(row, "brier"),
                number(row, "seconds"),
                core,
                row["neurons"]
                    .as_u64()
                    .map_or("-".to_owned(), |m| m.to_string()),
                number(row, "memory") / 1e6,
            ));
        }
    }
    out
}

fn figure(row: &Value, name: &str) -> String {
    let value = row[name].as_f64();
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
}

fn rounds_table(store: &Store) -> String {
    let mut out = String::from(
        "| table | loss, outputs | core ms a round of a training | of squared's | neurons | core ms beside 96 neurons: search | correct | slide | of squared's, together |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let together = |row: &Value| {
        let parts = ["search", "correct", "slide"];
        parts.map(|part| number(row, part)).iter().sum::<f64>()
    };
    let mut worst = [0.0_f64; GOALS.len()];
    for (n, d) in TABLES.into_iter().chain([QUICK]) {
        let Some(first) = store.get(&rounds::key(n, d, "squared", 1)) else {
            continue;
        };
        for (loss, k) in LOSSES {
            let Some(row) = store.get(&rounds::key(n, d, loss, k)) else {
                continue;
            };
            let ratio = together(row) / together(first);
            for (worst, (outputs, _)) in worst.iter_mut().zip(GOALS) {
                if outputs == k {
                    *worst = worst.max(ratio);
                }
            }
            let ms = |name: &str| 1e3 * number(row, name);
            out.push_str(&format!(
                "| {n} x {d} | {loss}, {k} | {:.1} | {:.2} | {} | {:.1} | {:.1} | {:.1} | {ratio:.2} |\n",
                ms("round"),
                number(row, "round") / number(first, "round"),
                row["neurons"],
                ms("search"),
                ms("correct"),
                ms("slide"),
            ));
        }
    }
    for (worst, (outputs, goal)) in worst.iter().zip(GOALS) {
        if *worst > 0.0 {
            let is = if *worst <= goal { "within" } else { "beyond" };
            out.push_str(&format!(
                "\nOf {outputs} output(s), the slowest takes {worst:.2} of the squared loss's time of one, {is} the {goal} that are asked for.\n"
            ));
        }
    }
    out
}

fn probabilities(store: &Store) -> String {
    let mut out = String::from(
        "| set | beta / beta_max | loss | accuracy | log-loss | Brier | neurons |\n|---|---|---|---|---|---|---|\n",
    );
    for (set, losses) in CASES {
        for fraction in FRACTIONS {
            for loss in losses {
                let Some(row) = store.get(&calibration::key(set, fraction, loss)) else {
                    continue;
                };
                out.push_str(&format!(
                    "| {set} | {} % | {loss} | {:.2} % | {} | {} | {:.0} |\n",
                    100.0 * fraction,
                    100.0 * number(row, "accuracy"),
                    figure(row, "log_loss"),
                    figure(row, "brier"),
                    number(row, "neurons"),
                ));
            }
        }
    }
    out
}

/// Puts the tables into the page.
pub(crate) fn write(store: &Store) -> Result<(), String> {
    let mut text = std::fs::read_to_string(PAGE).map_err(|e| format!("{PAGE}: {e}"))?;
    for (mark, table) in MARKS.iter().zip(tables(store)) {
        text = with_table(&text, mark, &format!("{}\n{table}", place(store, mark)))?;
    }
    crelu_data::write_atomic(PAGE.as_ref(), text.as_bytes()).map_err(|e| e.to_string())
}

/// The machine and the commits of a table's rows.
fn place(store: &Store, mark: &str) -> String {
    let prefix = if mark == "ten classes" { "peers" } else { mark };
    let rows: Vec<&Value> = store.starting(prefix).map(|(_, row)| row).collect();
    let Some(row) = rows.first() else {
        return String::new();
    };
    let mut commits: Vec<&str> = rows.iter().filter_map(|r| r["commit"].as_str()).collect();
    commits.sort_unstable();
    commits.dedup();
    let processor = row["processor"].as_str().unwrap_or("unknown processor");
    format!(
        "{processor}, {} threads, commit {}.\n",
        row["threads"],
        commits.join("; ")
    )
}

fn with_table(text: &str, mark: &str, new: &str) -> Result<String, String> {
    let from = format!("<!-- {mark} -->");
    let to = format!("<!-- end of {mark} -->");
    replaced(PAGE, text, [&from, &to], new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_has_the_marks_of_every_table() {
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(PAGE);
        let text = std::fs::read_to_string(page).unwrap();
        for mark in MARKS {
            let new = with_table(&text, mark, "| new |").unwrap();
            assert!(new.contains("| new |"), "{mark}");
        }
        assert!(with_table(&text, "none", "").is_err());
    }
}
