//! The proven gap against the penalty, and objective and bounds over time, as small SVG files.

use serde_json::Value;

use super::page::rows;
use super::sets::{key, sets};
use crate::experiments::pictures::FOLDER;
use crate::experiments::pictures::inks::INKS;
use crate::experiments::pictures::panel::{Axis, Panel, legend};
use crate::experiments::pictures::sheet::{Anchor, Sheet};
use crate::store::{Store, number};

const GAPS: &str = "proven-gap.svg";
const TIME: &str = "proven-time.svg";
/// The set and penalty whose course is drawn.
const DRAWN: (&str, f64) = ("diabetes", 0.1);
/// Gaps below this are drawn at it.
const SMALLEST: f64 = 1e-5;
/// Seconds from which the course is drawn.
const FIRST: f64 = 0.01;

const PANEL: (f64, f64) = (250.0, 190.0);
const STEP: (f64, f64) = (320.0, 270.0);
const CORNER: (f64, f64) = (70.0, 66.0);
const COLUMNS: usize = 3;

/// Draws what the record has rows for.
pub(crate) fn write(store: &Store) -> Result<(), String> {
    std::fs::create_dir_all(FOLDER).map_err(|e| format!("{FOLDER}: {e}"))?;
    for (name, svg) in [(GAPS, gaps(store)), (TIME, time(store))] {
        if let Some(svg) = svg {
            let path = std::path::Path::new(FOLDER).join(name);
            crelu_data::write_atomic(&path, svg.as_bytes()).map_err(|e| e.to_string())?;
        }
    }
    Ok(())
}

/// What a row says of a gap.
type OfRow = fn(&Value) -> Option<f64>;
const CURVES: [(&str, OfRow, usize); 3] = [
    ("L0+ (quick)", |row| row["turned"]["gap"].as_f64(), 1),
    ("tight, 10 s", |row| row["tight"][1].as_f64(), 2),
    ("tight, 60 s", |row| row["tight"][2].as_f64(), 3),
];

/// A panel a set; the gaps of all on the same axes, so that they can be compared.
fn gaps(store: &Store) -> Option<String> {
    let of = |set: &str, get: OfRow| -> Vec<(f64, f64)> {
        let rows = rows(store).filter(|row| row["set"] == set);
        let point = |row: &Value| Some((number(row, "fraction"), get(row)?.max(SMALLEST)));
        rows.filter_map(point).collect()
    };
    let drawn: Vec<_> = sets()
        .map(|set| (set, CURVES.map(|(_, get, _)| of(set, get))))
        .filter(|(_, curves)| curves.iter().any(|points| !points.is_empty()))
        .collect();
    if drawn.is_empty() {
        return None;
    }
    let all = || drawn.iter().flat_map(|(_, curves)| curves.iter().flatten());
    let x = Axis::log(all().map(|at| at.0));
    let y = Axis::log(all().map(|at| at.1).chain([1.0]));
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let lines = drawn.len().div_ceil(COLUMNS) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let columns = drawn.len().min(COLUMNS) as f64;
    let width = CORNER.0 + STEP.0 * columns - 30.0;
    let mut sheet = Sheet::new(width, CORNER.1 + STEP.1 * lines + 6.0);
    let title = "Proven gap over all networks, against the penalty";
    sheet.text((width / 2.0, 24.0), 15, Anchor::Middle, title);
    for (k, (set, curves)) in drawn.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let corner = (
            CORNER.0 + STEP.0 * (k % COLUMNS) as f64,
            CORNER.1 + STEP.1 * (k / COLUMNS) as f64,
        );
        let words = (*set, "beta / beta_max", "1 - bound / J");
        let panel = Panel::new(&mut sheet, corner, PANEL, (x, y), words);
        for ((_, _, ink), points) in CURVES.iter().zip(curves) {
            panel.curve(&mut sheet, points, INKS[*ink], false, true);
        }
    }
    let entries = CURVES.map(|(name, _, ink)| (name.to_owned(), INKS[ink], false));
    let place = (CORNER.0, CORNER.1 + STEP.1 * lines - 8.0);
    legend(&mut sheet, place, COLUMNS, 150.0, &entries);
    Some(sheet.finish())
}

/// Objective, evidence and proven bound of one row over time: training, quick bound, tight bound.
fn time(store: &Store) -> Option<String> {
    let (set, fraction) = DRAWN;
    let row = store.get(&key(set, fraction))?;
    let search: Vec<[f64; 3]> = (row["search"].as_array()?.iter())
        .filter_map(|at| Some([at[0].as_f64()?, at[1].as_f64()?, at[2].as_f64()?]))
        .collect();
    search.first()?;
    let (objective, training) = (number(row, "objective"), number(row, "training"));
    let proving = training + number(&row["turned"], "seconds");
    let quick = (proving, number(&row["turned"], "gap"));
    let tight = row["course"].as_array().into_iter().flatten();
    let tight = tight.filter_map(|at| Some((proving + at[0].as_f64()?, at[1].as_f64()?)));
    let tight: Vec<(f64, f64)> = tight.collect();
    let end = tight.last().map_or(proving, |at| at.0);

    let mut of_network: Vec<(f64, f64)> = search.iter().map(|at| (at[0], at[1])).collect();
    of_network.extend([(training, objective), (end, objective)]);
    // a later search may ask more of the bound: what was found first stays evidence
    let mut evidence: Vec<(f64, f64)> = search.iter().map(|at| (at[0], at[2])).collect();
    if let Some(gap) = row["evidence"].as_f64() {
        let bound = objective * (1.0 - gap);
        evidence.extend([(training, bound), (end, bound)]);
    }
    let mut proven: Vec<(f64, f64)> = Vec::new();
    for (seconds, gap) in std::iter::once(quick).chain(tight) {
        // a bound holds until a better one is proven
        if let Some(&(_, before)) = proven.last() {
            proven.push((seconds, before));
        }
        proven.push((seconds, objective * (1.0 - gap)));
    }

    let seconds = of_network.iter().chain(&proven).map(|at| at.0.max(FIRST));
    // the first rounds' bounds are far below
    let last = evidence.iter().rev().take(1);
    let heights = of_network.iter().chain(&proven).chain(last).map(|at| at.1);
    let axes = (Axis::log(seconds), Axis::linear(heights));
    let size = (620.0, 300.0);
    let mut sheet = Sheet::new(size.0 + 110.0, size.1 + 140.0);
    let title = format!(
        "Objective and bounds over all networks: {set}, {} % of beta_max",
        100.0 * fraction
    );
    let corner = (80.0, 40.0);
    let words = (
        title.as_str(),
        "seconds since the start of the training",
        "J",
    );
    let panel = Panel::new(&mut sheet, corner, size, axes, words);
    let curves = [
        (
            "evidence: bound if no neuron is dearer",
            &evidence,
            2,
            false,
        ),
        ("objective J of the best network", &of_network, 1, true),
        ("proven bound", &proven, 3, false),
    ];
    for (_, points, ink, dashed) in curves {
        panel.curve(&mut sheet, points, INKS[ink], dashed, false);
    }
    let entries = curves.map(|(name, _, ink, dashed)| (name.to_owned(), INKS[ink], dashed));
    let place = (corner.0, corner.1 + size.1 + 58.0);
    legend(&mut sheet, place, 2, 320.0, &entries);
    Some(sheet.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pictures_of_a_record_have_a_curve_each_and_of_none_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path().join("record.json"), false).unwrap();
        assert!(gaps(&store).is_none() && time(&store).is_none());
        for fraction in [0.3, 0.1] {
            let row = json!({
                "set": "diabetes", "fraction": fraction, "objective": 0.3, "training": 0.5,
                "evidence": 1e-6, "search": [[0.1, 0.5, 0.01], [0.3, 0.3, 0.29]],
                "turned": { "gap": 0.1, "seconds": 0.1 }, "tight": [0.05, 0.02, 0.01],
                "course": [[1.0, 0.05], [10.0, 0.02]],
            });
            store.row(&key("diabetes", fraction), || Ok(row)).unwrap();
        }
        let svg = gaps(&store).unwrap();
        assert_eq!(svg.matches("stroke-width=\"1.8\"").count(), 3, "one panel");
        assert!(svg.contains(">tight, 60 s<"));
        let svg = time(&store).unwrap();
        assert_eq!(svg.matches("stroke-width=\"1.8\"").count(), 3);
        assert!(svg.contains(">proven bound<"));
    }
}
