//! Objective and dual bound over time, and the gap between them.

use crelu_model::Report;
use plotters::prelude::*;

use super::style::{
    Area, BLUE_INK, Look, ORANGE_INK, axes, curve, legend, level, seconds, sheet, span, tick,
};
use crate::errors::Failure;

const SIZE: (u32, u32) = (760, 620);
/// Height of the upper panel.
const UPPER: u32 = 350;
/// Gaps below this are drawn at it: the scale is logarithmic.
const SMALLEST_GAP: f64 = 1e-14;

/// Two panels: `J` and its bound above, the relative gap below.
pub(super) fn draw(report: &Report) -> Result<String, Failure> {
    let entries = report.history.iter();
    let mut course: Vec<(f64, f64, f64, f64)> = entries
        .map(|e| {
            // in global mode, what the round's search says
            let gap = e.search_gap.unwrap_or(e.gap);
            let bound = e
                .search_gap
                .map_or(e.dual_bound, |gap| e.objective_network * (1.0 - gap));
            (e.seconds, e.objective_network, bound, gap)
        })
        .collect();
    let global = report.train_mode == "global";
    let end = report.seconds.total;
    match (report.best_objective, report.search_gap) {
        (Some(best), Some(gap)) => course.push((end, best, best * (1.0 - gap), gap)),
        (None, _) => course.push((end, report.objective_network, report.dual_bound, report.gap)),
        (Some(_), None) => {}
    }
    let names = if global {
        Names {
            title: "Objective of the best network and bound by the search",
            bound: "bound if no neuron is dearer",
            gap: "Relative gap if no neuron is dearer",
        }
    } else {
        Names {
            title: "Objective of the network and dual bound",
            bound: "dual bound",
            gap: "Relative gap",
        }
    };
    sheet(SIZE, |area| {
        let (upper, lower) = area.split_vertically(UPPER);
        bounds(&upper, &course, &names)?;
        gap(&lower, &course, tolerance(report), names.gap)
    })
}

fn tolerance(report: &Report) -> Option<f64> {
    let tol = report.settings.get("tol")?.as_f64()?;
    (tol >= SMALLEST_GAP).then_some(tol)
}

/// What the panels are called.
struct Names {
    title: &'static str,
    bound: &'static str,
    gap: &'static str,
}

fn bounds(area: &Area<'_>, course: &[(f64, f64, f64, f64)], names: &Names) -> Result<(), Failure> {
    let objective: Vec<(f64, f64)> = course.iter().map(|c| (c.0, c.1)).collect();
    let bound: Vec<(f64, f64)> = course.iter().map(|c| (c.0, c.2.max(0.0))).collect();
    let heights = span(objective.iter().chain(&bound).map(|at| at.1));
    let look = Look {
        title: names.title,
        x: None,
        y: None,
        y_tick: &tick,
    };
    let mut chart = axes(area, &look, seconds(&objective), heights)?;
    curve(&mut chart, &objective, BLUE_INK, "objective J")?;
    curve(&mut chart, &bound, ORANGE_INK, names.bound)?;
    legend(&mut chart, SeriesLabelPosition::UpperRight)
}

fn gap(
    area: &Area<'_>,
    course: &[(f64, f64, f64, f64)],
    tolerance: Option<f64>,
    title: &str,
) -> Result<(), Failure> {
    let points: Vec<(f64, f64)> = course
        .iter()
        .map(|c| (c.0, c.3.max(SMALLEST_GAP)))
        .collect();
    let all = points.iter().map(|at| at.1).chain(tolerance);
    let low = all.clone().fold(f64::INFINITY, f64::min);
    let high = all.fold(0.0, f64::max);
    // whole decades, so that each has its label
    let low = 10_f64.powf((low * 0.999).log10().floor());
    let high = 10_f64.powf((high * 1.001).log10().ceil());
    let times = seconds(&points);
    let look = Look {
        title,
        x: Some("seconds since program start"),
        y: None,
        y_tick: &|value| format!("{value:.0e}"),
    };
    let mut chart = axes(area, &look, times.clone(), (low..high).log_scale())?;
    curve(&mut chart, &points, BLUE_INK, "gap")?;
    if let Some(tol) = tolerance {
        level(&mut chart, times, tol, "tolerance")?;
    }
    legend(&mut chart, SeriesLabelPosition::UpperRight)
}
