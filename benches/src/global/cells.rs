//! Lines and cells of the tables.

use std::fmt::Write;

use serde_json::Value;

use crate::store::number;

/// A line of a table.
pub(super) fn line(out: &mut String, cells: &[String]) {
    // writing to a string does not fail
    writeln!(out, "| {} |", cells.join(" | ")).ok();
}

pub(super) fn dash() -> String {
    "-".to_owned()
}

pub(super) fn ratio(row: Option<&Value>, name: &str, of: f64) -> String {
    row.map_or_else(dash, |row| format!("{:.5}", number(row, name) / of))
}

/// A number with so many digits after the point.
pub(super) fn figure(row: Option<&Value>, name: &str, digits: usize) -> String {
    let value = row.and_then(|row| row[name].as_f64());
    value.map_or_else(dash, |value| format!("{value:.digits$}"))
}

pub(super) fn plain(row: Option<&Value>, name: &str) -> String {
    row.map_or_else(dash, |row| row[name].to_string())
}

/// A share as per cent.
pub(super) fn percent(row: Option<&Value>, name: &str) -> String {
    let value = row.and_then(|row| row[name].as_f64());
    value.map_or_else(dash, |value| format!("{:.2} %", 100.0 * value))
}
