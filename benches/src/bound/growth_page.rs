use std::fmt::Write;

use serde_json::Value;

use super::growth::{BLOCK, CUT, LIMIT, NARROW, Size, TALL, WHOLE, WIDE, key};
use crate::global::exponent;
use crate::store::{Store, number};

/// The tables, or that there is none.
pub(crate) fn text(store: &Store) -> String {
    tables(store).unwrap_or_else(|| "Growth is not recorded.\n".to_owned())
}

/// The tables of the rows that are there.
pub(crate) fn tables(store: &Store) -> Option<String> {
    let quick: Vec<Size> = TALL
        .iter()
        .chain(&WIDE)
        .map(|&(n, r)| Size::Quick(n, r))
        .collect();
    let whole = WHOLE.map(|n| Size::Tight(n, n));
    let tight: Vec<Size> = (whole.into_iter())
        .chain(CUT.map(|n| Size::Tight(n, BLOCK)))
        .collect();
    let quick = found(store, &quick);
    let tight = found(store, &tight);
    let any = quick.first().or(tight.first())?;
    let mut out = format!(
        "Random data with a teacher's targets at 10 % of beta_max, {} threads of a {}. Memory: what the process grew by \
         at most. Stopped after {LIMIT} s: `time limit`.\n",
        any["threads"],
        any["processor"].as_str().unwrap_or("?"),
    );
    if !quick.is_empty() {
        out.push_str("\nQuick bound (L0+), from a network after at most 4 s of training, which are not counted:\n\n");
        out.push_str(
            "| n, r | seconds | MB | evaluations | open | status |\n|---|---|---|---|---|---|\n",
        );
        for row in &quick {
            // writing to a string does not fail
            writeln!(
                out,
                "| {}, {} | {:.2} | {} | {} | {:.3} % | {} |",
                row["n"],
                row["rank"],
                number(row, "seconds"),
                megabytes(row, "memory"),
                row["evaluations"],
                100.0 * number(row, "open"),
                row["status"].as_str().unwrap_or("-"),
            )
            .ok();
        }
        let tall = TALL.map(|(n, r)| Size::Quick(n, r));
        let wide = WIDE.map(|(n, r)| Size::Quick(n, r));
        powers(&mut out, "n", &found(store, &tall), "n");
        powers(&mut out, "r", &found(store, &wide), "rank");
        out.push_str("\n*open*: how far the bound is from what its inequalities allow.\n");
    }
    if !tight.is_empty() {
        writeln!(
            out,
            "\nTight bound, r = {NARROW}, an iteration of both signs and a proof:\n\n\
             | n | rows of a block | blocks | iteration, ms | proof, ms | MB | MB expected |\n|---|---|---|---|---|---|---|"
        )
        .ok();
        for row in &tight {
            let milli = |name: &str| {
                let value = row[name].as_f64();
                value.map_or_else(|| "-".to_owned(), |s| format!("{:.1}", 1e3 * s))
            };
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} |",
                row["n"],
                row["rows"],
                row["blocks"],
                milli("seconds"),
                milli("proof"),
                megabytes(row, "memory"),
                megabytes(row, "bytes"),
            )
            .ok();
        }
        powers(&mut out, "rows of one block", &found(store, &whole), "n");
    }
    Some(out)
}

fn found<'a>(store: &'a Store, sizes: &[Size]) -> Vec<&'a Value> {
    sizes.iter().filter_map(|&s| store.get(&key(s))).collect()
}

fn megabytes(row: &Value, name: &str) -> String {
    let value = row[name].as_f64();
    value.map_or_else(|| "-".to_owned(), |bytes| format!("{:.0}", bytes / 1e6))
}

/// The power of a size with which the seconds grow, over its upper half: small sizes are start-up.
fn powers(out: &mut String, name: &str, rows: &[&Value], size: &str) {
    let ended = rows.iter().filter(|row| row["status"] == "ended");
    let points = ended.map(|row| (number(row, size), number(row, "seconds")));
    let points: Vec<(f64, f64)> = points.filter(|at| at.1 > 0.0).collect();
    let upper = &points[points.len() / 2..];
    if upper.len() < 2 {
        return;
    }
    writeln!(
        out,
        "\nSeconds grow with the power {:.1} of {name} from {} to {}.",
        exponent(upper),
        upper[0].0,
        upper[upper.len() - 1].0
    )
    .ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_of_a_record_have_its_rows_and_of_none_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path().join("record.json"), false).unwrap();
        assert!(tables(&store).is_none());
        for (n, r) in TALL {
            #[expect(clippy::cast_precision_loss, reason = "a size")]
            let seconds = 1e-3 * n as f64;
            let row = json!({
                "n": n, "rank": r, "seconds": seconds, "memory": 2e6, "evaluations": 300,
                "open": 1e-4, "status": "ended",
            });
            store.row(&key(Size::Quick(n, r)), || Ok(row)).unwrap();
        }
        let stopped = json!({
            "n": 100, "rank": NARROW, "rows": 100, "blocks": 1, "seconds": null, "proof": null,
            "memory": null, "bytes": 1e7, "status": "time limit",
        });
        let size = Size::Tight(100, 100);
        store.row(&key(size), || Ok(stopped)).unwrap();
        let text = tables(&store).unwrap();
        assert!(
            text.contains("| 50000, 50 | 50.00 | 2 | 300 | 0.010 % | ended |"),
            "{text}"
        );
        assert!(
            text.contains("the power 1.0 of n from 5000 to 50000"),
            "{text}"
        );
        assert!(
            text.contains("| 100 | 100 | 1 | - | - | - | 10 |"),
            "{text}"
        );
    }
}
