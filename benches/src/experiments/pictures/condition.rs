use serde_json::Value;

use super::inks::ink;
use super::panel::{Axis, Panel, legend};
use super::sheet::{Anchor, Sheet};
use crate::experiments::condition_rows::{SYSTEMS, key};
use crate::experiments::methods::RANK;
use crate::store::Store;

const PANEL: (f64, f64) = (290.0, 210.0);
const STEP: (f64, f64) = (370.0, 290.0);
const CORNER: (f64, f64) = (70.0, 70.0);

/// Condition number against rank, and against the penalty: a column of panels a system.
pub(super) fn draw(store: &Store, set: &str) -> Option<String> {
    let rows: Vec<_> = SYSTEMS
        .iter()
        .filter_map(|&system| Some((system.name(), store.get(&key(set, system))?)))
        .collect();
    let count = rows.len();
    if count == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "three at most")]
    let width = CORNER.0 + STEP.0 * count as f64 - 10.0;
    let mut sheet = Sheet::new(width, CORNER.1 + 2.0 * STEP.1 + 20.0);
    sheet.text(
        (width / 2.0, 24.0),
        15,
        Anchor::Middle,
        &format!("Condition number: {set}"),
    );
    let mut names: Vec<String> = Vec::new();
    for (column, (system, row)) in rows.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "three at most")]
        let left = CORNER.0 + STEP.0 * column as f64;
        let at_rank = format!("rank {RANK}, against rho / rho_0");
        for (line, (axis, title, x_name)) in [
            ("rank", *system, "rank of the sketch, at rho_0"),
            ("rho", "", at_rank.as_str()),
        ]
        .into_iter()
        .enumerate()
        {
            #[expect(clippy::cast_precision_loss, reason = "two lines")]
            let corner = (left, CORNER.1 + STEP.1 * line as f64);
            let mut curves = curves(&row[axis]);
            if axis == "rank" {
                curves.extend(levels(row, &curves));
            }
            let all = || curves.iter().flat_map(|(_, points)| points.iter());
            let axes = (
                Axis::log(all().map(|at| at.0)),
                Axis::log(all().map(|at| at.1).chain([1.0])),
            );
            let words = (title, x_name, "condition number");
            let panel = Panel::new(&mut sheet, corner, PANEL, axes, words);
            for (name, points) in &curves {
                let dashed = name.contains("rho");
                panel.curve(&mut sheet, points, ink(name), dashed, true);
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
    }
    let entries: Vec<(String, &str, bool)> = names
        .iter()
        .map(|name| (name.clone(), ink(name), name.contains("rho")))
        .collect();
    let place = (CORNER.0, CORNER.1 + 2.0 * STEP.1 - 18.0);
    legend(&mut sheet, place, 2 * count, 170.0, &entries);
    Some(sheet.finish())
}

fn curves(axis: &Value) -> Vec<(String, Vec<(f64, f64)>)> {
    let curves = axis.as_object().into_iter().flatten();
    let curves = curves.map(|(name, points)| (name.clone(), pairs(points)));
    curves.collect()
}

fn pairs(points: &Value) -> Vec<(f64, f64)> {
    let points = points.as_array().into_iter().flatten();
    points
        .filter_map(|at| Some((at[0].as_f64()?, at[1].as_f64()?)))
        .collect()
}

/// What has no rank, as levels over the ranks: taken at `rho_0`.
fn levels(row: &Value, ranked: &[(String, Vec<(f64, f64)>)]) -> Vec<(String, Vec<(f64, f64)>)> {
    let Some((_, ranks)) = ranked.first() else {
        return Vec::new();
    };
    let without = curves(&row["rho"]).into_iter();
    let without = without.filter(|(name, _)| ranked.iter().all(|(other, _)| other != name));
    let level = |points: &[(f64, f64)]| points.iter().find(|at| at.0 == 1.0).map(|at| at.1);
    without
        .filter_map(|(name, points)| {
            let y = level(&points)?;
            Some((name, ranks.iter().map(|at| (at.0, y)).collect()))
        })
        .collect()
}
