//! Lines about the files of a run that a user should know, none of them an error.

use std::collections::BTreeMap;
use std::path::Path;

use crelu_data::{Excerpt, FeatureColumn, Table};
use crelu_model::ColumnMatch;

use crate::rows::Rows;
use crate::source::shown;

/// What was done about columns whose names are not those of training.
pub(crate) fn column_notes(path: &Path, table: &Table, matched: &ColumnMatch) -> Vec<String> {
    const MOST: usize = 8;
    let name = |column: usize| {
        let names = table.layout.names.as_deref().unwrap_or_default();
        match names.get(column).filter(|name| !name.is_empty()) {
            Some(name) => format!("'{}'", Excerpt(name)),
            None => format!("number {} (no name)", column + 1),
        }
    };
    let mut notes = Vec::new();
    let ignored = &matched.ignored;
    if !ignored.is_empty() {
        let mut list: Vec<String> = ignored
            .iter()
            .take(MOST)
            .map(|&column| name(column))
            .collect();
        if ignored.len() > MOST {
            list.push(format!("... {} in all", ignored.len()));
        }
        notes.push(format!(
            "{}: ignored, since the model does not know {}: column{} {}",
            shown(path),
            if ignored.len() == 1 { "it" } else { "them" },
            if ignored.len() == 1 { "" } else { "s" },
            list.join(", ")
        ));
    }
    for (known, column) in &matched.renamed {
        notes.push(format!(
            "{}: column {} is taken for '{}' of the training data",
            shown(path),
            name(*column),
            Excerpt(known)
        ));
    }
    notes
}

/// Lines about the labels of these rows: one that stands alone, or nearly as many as there are rows.
pub(crate) fn label_notes(read: &Rows, rows: &[usize]) -> Option<String> {
    lone_label_note(read, rows).or_else(|| many_labels_note(read, rows))
}

/// A line for numbers of which most stand in one row: amounts, more often than classes.
fn many_labels_note(read: &Rows, rows: &[usize]) -> Option<String> {
    /// Fewer rows have few of a class each.
    const FEWEST: usize = 8;
    let [target] = read.targets.as_slice() else {
        return None;
    };
    let values = target.values.as_ref()?;
    let mut classes: Vec<u64> = (rows.iter())
        .map(|&row| (values[row] + 0.0).to_bits())
        .collect();
    classes.sort_unstable();
    classes.dedup();
    if rows.len() < FEWEST || 2 * classes.len() <= rows.len() {
        return None;
    }
    Some(format!(
        "{}: {} classes in {} rows: if they are amounts, --task regress",
        read.source.shown(),
        classes.len(),
        rows.len()
    ))
}

/// A line for a label that stands in one row alone while others stand in many: a slip, more often than
/// a class.
fn lone_label_note(read: &Rows, rows: &[usize]) -> Option<String> {
    /// A class of this many rows is no slip.
    const MANY: usize = 5;
    let [target] = read.targets.as_slice() else {
        return None;
    };
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for &row in rows {
        counts.entry(target.text[row].trim()).or_insert((0, row)).0 += 1;
    }
    let others = counts.values().filter(|(count, _)| *count >= MANY).count();
    if others < 2 {
        return None;
    }
    let lone = counts.iter().find(|(_, (count, _))| *count == 1);
    let (label, (_, row)) = lone?;
    let alike = |other: &&&str| *other != label && other.to_lowercase() == label.to_lowercase();
    let meant = counts.keys().find(alike);
    let meant = meant.map(|other| format!("; is '{}' meant?", Excerpt(other)));
    Some(format!(
        "{}: {}: '{}' is the only row of its label{}",
        read.source.shown(),
        read.source.target(*row),
        Excerpt(label),
        meant.unwrap_or_default()
    ))
}

/// A line for a first column that counts its rows.
pub(crate) fn id_note(path: &Path, table: &Table) -> Option<String> {
    /// Fewer rows ascend by chance.
    const FEWEST: usize = 5;
    let layout = &table.layout;
    let is_table = layout.text.is_some() || layout.target_column.is_some();
    let first = layout.columns.iter().position(|&column| column == 0)?;
    if table.columns.get(first) != Some(&FeatureColumn::Numbers) {
        return None;
    }
    if !is_table || table.n_features < 2 || table.n_samples < FEWEST {
        return None;
    }
    let column = || table.features.iter().skip(first).step_by(table.n_features);
    let ascends = column().zip(column().skip(1)).all(|(a, b)| a < b);
    if !ascends || column().any(|value| value.fract() != 0.0) {
        return None;
    }
    let name = table
        .feature_names
        .as_ref()
        .map(|names| names[first].as_str());
    let (shown_name, drop) = match name.filter(|name| !name.is_empty()) {
        Some(name) if !name.contains(',') => {
            (format!(" ({})", Excerpt(name)), Excerpt(name).to_string())
        }
        Some(name) => (format!(" ({})", Excerpt(name)), "0".to_owned()),
        None => (String::new(), "0".to_owned()),
    };
    Some(format!(
        "{}: column 1{shown_name} holds ascending whole numbers; if it is an id, leave it out: --drop {drop}",
        shown(path)
    ))
}
