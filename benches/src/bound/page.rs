use serde_json::Value;

use super::growth_page;
use super::sets::{FRACTIONS, key, sets};
use crate::marks::replaced;
use crate::store::Store;

const PAGE: &str = "docs/PROOF.md";
/// What stands between these lines of the page is written.
const TABLE: [&str; 2] = ["<!-- table -->", "<!-- end of table -->"];
const GROWTH: [&str; 2] = ["<!-- growth -->", "<!-- end of growth -->"];

const HEAD: &str = "\
| set (n, r) | beta / beta_max | J | evidence gap | L0 | L0+ | tight, 1 s | 10 s | 60 s |
|---|---|---|---|---|---|---|---|---|
";

/// All rows that are there.
pub(crate) fn table(store: &Store) -> String {
    let mut out = String::from(HEAD);
    for row in rows(store) {
        out.push_str(&line(row));
        out.push('\n');
    }
    out
}

/// The rows of the sets, in the order of the table.
pub(crate) fn rows(store: &Store) -> impl Iterator<Item = &Value> {
    let keys = sets().flat_map(|set| FRACTIONS.map(|fraction| key(set, fraction)));
    keys.filter_map(|key| store.get(&key))
}

pub(crate) fn line(row: &Value) -> String {
    let percent = |value: &Value| {
        value
            .as_f64()
            .map_or_else(|| "-".to_owned(), |v| format!("{:.2} %", 100.0 * v))
    };
    let quick = |value: &Value| {
        let seconds = value["seconds"].as_f64().unwrap_or_default();
        format!("{} ({seconds:.2} s)", percent(&value["gap"]))
    };
    format!(
        "| {} ({}, {}) | {} | {:.5} | {} | {} | {} | {} | {} | {} |",
        row["set"].as_str().unwrap_or_default(),
        row["n"],
        row["rank"],
        percent(&row["fraction"]),
        row["objective"].as_f64().unwrap_or(f64::NAN),
        percent(&row["evidence"]),
        quick(&row["plain"]),
        quick(&row["turned"]),
        percent(&row["tight"][0]),
        percent(&row["tight"][1]),
        percent(&row["tight"][2]),
    )
}

/// Puts the tables of the rows that are there into the page.
pub(crate) fn write(store: &Store) -> Result<(), String> {
    let mut text = std::fs::read_to_string(PAGE).map_err(|e| format!("{PAGE}: {e}"))?;
    if rows(store).next().is_some() {
        text = replaced(PAGE, &text, TABLE, &table(store))?;
    }
    if let Some(growth) = growth_page::tables(store) {
        text = replaced(PAGE, &text, GROWTH, &growth)?;
    }
    crelu_data::write_atomic(PAGE.as_ref(), text.as_bytes()).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_changes_what_stands_between_the_marks_alone() {
        let text = format!("a\n{}\nold\n{}\nb\n", TABLE[0], TABLE[1]);
        let new = replaced(PAGE, &text, TABLE, "| new |\n").unwrap();
        assert!(new.starts_with("a\n") && new.ends_with("\nb\n"));
        assert!(new.contains("| new |") && !new.contains("old"));
        assert!(replaced(PAGE, &text, GROWTH, "").is_err());
    }

    #[test]
    fn page_has_both_marks() {
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/PROOF.md");
        let text = std::fs::read_to_string(page).unwrap();
        for marks in [TABLE, GROWTH] {
            assert!(replaced(PAGE, &text, marks, "").is_ok(), "{marks:?}");
        }
    }
}
