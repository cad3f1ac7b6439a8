use std::fmt::Write;

use serde_json::Value;

use super::sets::SETS;
use crate::store::{Store, number};

/// The most that a path of 20 penalties, without folds, may cost in single fits at its smallest one.
const PATH_MOST: f64 = 4.0;
/// ... and the choice among ten with five folds and the refit.
const CHOICE_MOST: f64 = 12.0;

/// The page, from what was measured.
pub(super) fn page(store: &Store) -> String {
    let mut out = format!(
        "# What a path costs\n\nWritten by `cargo xtask bench path --write`. A *single* fit is one at 0.0003 of β_max from nothing, to the \
         default tolerance. The *path* is of 20 penalties from 0.3 to 0.0003 of β_max on all rows, without folds; the *choice* is \
         `--beta cv`: ten penalties, five folds, and the refit. All without proofs, default options, from at least three runs in turn. Costs are in \
         single fits, of the time that the cores spent (by the wall, where folds run side by side; flops). At most {PATH_MOST:.0} are allowed for the path, {CHOICE_MOST:.0} for the choice. \
         The last columns say what they reached: J of the path's last network, whose steps are loose, over that of the single fit, and where the choice ended.\n\n"
    );
    if let Some((_, row)) = SETS.iter().find_map(|set| Some((set, store.get(set)?))) {
        let processor = row["processor"].as_str().unwrap_or("unknown processor");
        let threads = row["threads"].as_u64().unwrap_or(0);
        writeln!(out, "{processor}, {threads} threads.\n").ok();
    }
    out.push_str(
        "| set | rows x columns, loss | single: s | path / single | choice / single | J path / J single | neurons: single, path | chosen β/β_max, neurons |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    let mut over = Vec::new();
    for set in SETS {
        let Some(row) = store.get(set) else { continue };
        let path = ratios(row, "path");
        let choice = ratios(row, "choice");
        for (of, ratio, most) in [
            ("path", path[0], PATH_MOST),
            ("choice", choice[0], CHOICE_MOST),
        ] {
            // what was not measured is not within it
            if ratio.is_nan() || ratio > most {
                over.push(format!("{set} ({of})"));
            }
        }
        let (single, along) = (&row["single"], &row["path"]);
        writeln!(
            out,
            "| {set} | {} x {}, {} | {:.2} | {} | {} | {:.4} | {}, {} | {:.2e}, {} |",
            row["rows"],
            row["columns"],
            row["loss"].as_str().unwrap_or("?"),
            number(single, "wall"),
            shown(path),
            shown(choice),
            number(along, "objective") / number(single, "objective"),
            single["neurons"],
            along["neurons"],
            number(&row["choice"], "beta"),
            row["choice"]["neurons"],
        )
        .ok();
    }
    match over.is_empty() {
        true => out.push_str("\nNone is above what is allowed.\n"),
        false => {
            writeln!(
                out,
                "\nAbove what is allowed, by the cores: {}.",
                over.join(", ")
            )
            .ok();
        }
    }
    out
}

/// Over the single fit's: of the cores, by the wall, flops.
fn ratios(row: &Value, name: &str) -> [f64; 3] {
    ["cores", "wall", "flops"].map(|of| number(&row[name], of) / number(&row["single"], of))
}

fn shown([cores, wall, flops]: [f64; 3]) -> String {
    format!("{cores:.1} ({wall:.1}; {flops:.1})")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cost(wall: f64) -> Value {
        json!({ "wall": wall, "cores": 2.0 * wall, "flops": 1e9 * wall, "objective": 0.5, "neurons": 3, "beta": 0.01 })
    }

    #[test]
    fn page_names_what_is_above_and_only_that() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path().join("path.json"), true).unwrap();
        let row = |path: f64, choice: f64| {
            Ok(json!({
                "rows": 10, "columns": 2, "loss": "squared", "single": cost(1.0), "path": cost(path),
                "choice": cost(choice),
            }))
        };
        store.row("wine", || row(3.9, 11.9)).unwrap();
        assert!(page(&store).contains("None is above"));
        store.row("diabetes", || row(3.0, 12.1)).unwrap();
        store.row("digits", || row(f64::NAN, 1.0)).unwrap();
        let text = page(&store);
        assert!(
            text.ends_with("by the cores: diabetes (choice), digits (path).\n"),
            "{text}"
        );
        assert!(
            text.contains("| 3.9 (3.9; 3.9) | 11.9 (11.9; 11.9) | 1.0000 | 3, 3 | 1.00e-2, 3 |")
        );
    }
}
