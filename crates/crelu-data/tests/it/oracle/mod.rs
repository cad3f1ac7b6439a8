//! One table in every format.

mod binary;
mod formats;
mod text;

use crelu_data::{ReadOptions, Selection, Table, read_selected};
use std::path::Path;

/// Exact in 32 bits.
const FEATURES: [[f64; 3]; 4] = [
    [0.5, -1.25, 3.0],
    [2.0, 0.75, -0.5],
    [1.5, 4.0, 0.25],
    [-2.0, 1.0, 8.0],
];

const TARGET: [&str; 4] = ["1", "0", "1", "0"];

fn lines(separator: &str, end: &str, target_first: bool, header: bool, quote: &str) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    if header {
        rows.push(["p", "q", "s", "kind"].map(String::from).to_vec());
    }
    for (row, label) in FEATURES.iter().zip(TARGET) {
        rows.push(
            row.iter()
                .map(f64::to_string)
                .chain([label.to_owned()])
                .collect(),
        );
    }
    let mut text = String::new();
    for mut row in rows {
        if target_first {
            row.rotate_right(1);
        }
        let quoted: Vec<String> = row
            .iter()
            .map(|cell| format!("{quote}{cell}{quote}"))
            .collect();
        text += &quoted.join(separator);
        text += end;
    }
    text
}

fn plain() -> String {
    lines(",", "\n", false, true, "")
}

fn with_target(target: &str) -> ReadOptions {
    ReadOptions {
        target: Some(target.to_owned()),
        ..ReadOptions::default()
    }
}

fn flat() -> Vec<f64> {
    FEATURES.concat()
}

fn written<F: FnOnce(&mut Vec<u8>)>(write: F) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes);
    bytes
}

fn assert_same(table: &Table, name: &str) {
    assert_eq!((table.n_samples, table.n_features), (4, 3), "{name}");
    assert_eq!(table.features, flat(), "{name}");
    let target = table.target.as_ref().unwrap();
    assert_eq!(target.text, TARGET, "{name}");
    assert_eq!(
        target.values.as_deref().unwrap(),
        [1.0, 0.0, 1.0, 0.0],
        "{name}"
    );
}

/// The columns given, the target unread.
fn selected(path: &Path, names: &[&str], features: &[usize]) -> Table {
    let options = ReadOptions {
        with_target: false,
        known_names: names.iter().map(|&name| name.to_owned()).collect(),
        ..ReadOptions::default()
    };
    let pick = Selection {
        features: features.to_vec(),
        target: None,
        ..Selection::default()
    };
    read_selected(path, &options, |_| Ok(pick.clone())).unwrap_or_else(|error| panic!("{error}"))
}
