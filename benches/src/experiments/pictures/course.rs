use serde_json::Value;

use super::inks::ink;
use super::panel::{Axis, Panel, legend};
use super::sheet::{Anchor, Sheet};
use crate::experiments::cases::Case;
use crate::experiments::gaps::{GAPS, TOL};
use crate::experiments::methods::{METHODS, Method};
use crate::experiments::race::key;
use crate::store::Store;

const PANEL: (f64, f64) = (400.0, 220.0);
const STEP: (f64, f64) = (480.0, 300.0);
const CORNER: (f64, f64) = (70.0, 70.0);

/// The gap against the iteration and against the time, a line of panels a splitting.
pub(super) fn draw(store: &Store, case: &Case) -> Option<String> {
    let splittings = ["two-block", "three-block"].map(|splitting| {
        let of = METHODS.iter().filter(|m| m.splitting_name() == splitting);
        let of = of.filter_map(|m| Some((m, store.get(&key(case, m))?)));
        let of = of.filter(|(_, row)| row["course"].as_array().is_some_and(|c| !c.is_empty()));
        (splitting, of.collect::<Vec<(&Method, &Value)>>())
    });
    let lines: Vec<_> = splittings.iter().filter(|(_, of)| !of.is_empty()).collect();
    if lines.is_empty() {
        return None;
    }
    let entries = |of: &[(&Method, &Value)]| -> Vec<(String, &str, bool)> {
        let of = of.iter();
        of.map(|(m, _)| (m.name.to_owned(), ink(m.name), m.is_full()))
            .collect()
    };
    const LEGEND_COLUMNS: usize = 5;
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let heights: Vec<f64> = lines
        .iter()
        .map(|(_, of)| STEP.1 + 18.0 * of.len().div_ceil(LEGEND_COLUMNS) as f64)
        .collect();
    let width = CORNER.0 + 2.0 * STEP.0 - 20.0;
    let mut sheet = Sheet::new(width, CORNER.1 + heights.iter().sum::<f64>() - 20.0);
    let title = format!("Certified relative gap: {}", case.name);
    sheet.text((width / 2.0, 24.0), 15, Anchor::Middle, &title);
    let mut top = CORNER.1;
    for ((splitting, of), height) in lines.iter().zip(&heights) {
        for (place, (index, name)) in [(0, "iteration"), (1, "seconds")].into_iter().enumerate() {
            let courses: Vec<Vec<(f64, f64)>> =
                of.iter().map(|(_, row)| course(row, index)).collect();
            let all = || courses.iter().flatten();
            let axes = (
                Axis::log(all().map(|at| at.0)),
                Axis::log(all().map(|at| at.1).chain([TOL, 1.0])),
            );
            #[expect(clippy::cast_precision_loss, reason = "two panels")]
            let corner = (CORNER.0 + STEP.0 * place as f64, top);
            let title = format!("{splitting}, against {name}");
            let words = (title.as_str(), name, "gap");
            let panel = Panel::new(&mut sheet, corner, PANEL, axes, words);
            for gap in GAPS {
                panel.level(&mut sheet, gap);
            }
            for ((method, _), points) in of.iter().zip(&courses) {
                let dashed = method.is_full();
                panel.curve(
                    &mut sheet,
                    points,
                    ink(method.name),
                    dashed,
                    points.len() < 8,
                );
            }
        }
        let place = (CORNER.0, top + PANEL.1 + 52.0);
        legend(&mut sheet, place, LEGEND_COLUMNS, 185.0, &entries(of));
        top += height;
    }
    Some(sheet.finish())
}

/// The points of a run: iteration (0) or second (1), and the gap.
fn course(row: &Value, index: usize) -> Vec<(f64, f64)> {
    let points = row["course"].as_array().into_iter().flatten();
    points
        .filter_map(|at| Some((at[index].as_f64()?, at[2].as_f64()?)))
        .filter(|at| at.0 > 0.0)
        .collect()
}
