//! Objective and bounds over time, and the gaps between them.

use crelu_model::Report;
use plotters::prelude::*;

use super::style::{
    Area, BLUE_INK, GREEN_INK, Look, ORANGE_INK, axes, broad_curve, curve, legend, level, seconds,
    sheet, span, tick,
};
use crate::errors::Failure;

const SIZE: (u32, u32) = (760, 620);
/// Height of the upper panel.
const UPPER: u32 = 350;
/// The bound's curve shows on both sides of the objective where they meet.
const BROAD: u32 = 5;
/// Gaps below this are drawn at it: the scale is logarithmic.
const SMALLEST_GAP: f64 = 1e-14;

/// Two panels: `J`, its bound and the proven one above, the relative gaps below.
pub(super) fn draw(report: &Report) -> Result<String, Failure> {
    // what was proven comes after the training
    let entries = report.history.iter().filter(|e| e.proven_bound.is_none());
    let mut course: Vec<(f64, f64, f64, f64)> = entries
        .filter_map(|e| {
            // in global mode, what the round's search says
            let (bound, gap) = match e.search_gap {
                Some(gap) => (e.objective_network * (1.0 - gap), gap),
                None => (e.dual_bound?, e.gap?),
            };
            Some((e.seconds, e.objective_network, bound, gap))
        })
        .collect();
    let end = report.seconds.total;
    match report.global() {
        Some(global) => {
            let best = global.best_objective;
            let last = global
                .search_gap
                .map(|gap| (end, best, best * (1.0 - gap), gap));
            course.extend(last);
        }
        None => course.push((end, report.objective_network, report.dual_bound, report.gap)),
    }
    let proven = proven(report);
    let names = if report.global().is_some() {
        Names {
            title: "Objective of the best network, and bounds over all networks",
            bound: "evidence: bound if no neuron is dearer",
            gap_title: "Relative gaps",
            gap: "evidence: gap if no neuron is dearer",
        }
    } else {
        Names {
            title: "Objective of the network and dual bound",
            bound: "dual bound",
            gap_title: "Relative gap",
            gap: "gap",
        }
    };
    sheet(SIZE, |area| {
        let (upper, lower) = area.split_vertically(UPPER);
        bounds(&upper, &course, &proven, &names)?;
        gaps(&lower, &course, &proven, tolerance(report), &names)
    })
}

/// Seconds, proven bound and proven gap, with the end of each step: a bound holds until a better one is
/// proven.
fn proven(report: &Report) -> Vec<(f64, f64, f64)> {
    let mut steps: Vec<(f64, f64, f64)> = Vec::new();
    for entry in &report.history {
        let Some(bound) = entry.proven_bound else {
            continue;
        };
        if let Some(&(_, before, gap)) = steps.last() {
            steps.push((entry.seconds, before, gap));
        }
        let gap = 1.0 - bound / entry.objective_network;
        steps.push((entry.seconds, bound, gap.max(0.0)));
    }
    if let Some(&(_, bound, gap)) = steps.last() {
        steps.push((report.seconds.total, bound, gap));
    }
    steps
}

fn tolerance(report: &Report) -> Option<f64> {
    let tol = report.settings.get("tol")?.as_f64()?;
    (tol >= SMALLEST_GAP).then_some(tol)
}

/// What the panels are called.
struct Names {
    title: &'static str,
    bound: &'static str,
    gap_title: &'static str,
    gap: &'static str,
}

fn bounds(
    area: &Area<'_>,
    course: &[(f64, f64, f64, f64)],
    proven: &[(f64, f64, f64)],
    names: &Names,
) -> Result<(), Failure> {
    let objective: Vec<(f64, f64)> = course.iter().map(|c| (c.0, c.1)).collect();
    let mut bound: Vec<(f64, f64)> = course.iter().map(|c| (c.0, c.2.max(0.0))).collect();
    let steps: Vec<(f64, f64)> = proven.iter().map(|at| (at.0, at.1)).collect();
    let shown = match steps.is_empty() {
        true => &bound[..],
        // the first rounds' bounds, far below, must not flatten what is proven
        false => &bound[bound.len().saturating_sub(1)..],
    };
    let heights = span(objective.iter().chain(shown).chain(&steps).map(|at| at.1));
    for at in &mut bound {
        at.1 = at.1.max(heights.start);
    }
    let look = Look {
        title: names.title,
        x: None,
        y: None,
        y_tick: &tick,
    };
    let mut chart = axes(area, &look, seconds(&objective), heights)?;
    broad_curve(&mut chart, &bound, ORANGE_INK, BROAD, names.bound)?;
    curve(&mut chart, &objective, BLUE_INK, "objective J")?;
    if steps.is_empty() {
        return legend(&mut chart, SeriesLabelPosition::UpperRight);
    }
    curve(&mut chart, &steps, GREEN_INK, "proven bound")?;
    // the bounds rise to J, at the top
    legend(&mut chart, SeriesLabelPosition::LowerRight)
}

fn gaps(
    area: &Area<'_>,
    course: &[(f64, f64, f64, f64)],
    proven: &[(f64, f64, f64)],
    tolerance: Option<f64>,
    names: &Names,
) -> Result<(), Failure> {
    let points: Vec<(f64, f64)> = course
        .iter()
        .map(|c| (c.0, c.3.max(SMALLEST_GAP)))
        .collect();
    let steps = proven.iter().map(|at| (at.0, at.2.max(SMALLEST_GAP)));
    let steps: Vec<(f64, f64)> = steps.collect();
    let all = points.iter().chain(&steps).map(|at| at.1).chain(tolerance);
    let low = all.clone().fold(f64::INFINITY, f64::min);
    let high = all.fold(0.0, f64::max);
    // whole decades, so that each has its label
    let low = 10_f64.powf((low * 0.999).log10().floor());
    let high = 10_f64.powf((high * 1.001).log10().ceil());
    let times = seconds(&points);
    let look = Look {
        title: names.gap_title,
        x: Some("seconds since program start"),
        y: None,
        y_tick: &|value| format!("{value:.0e}"),
    };
    let mut chart = axes(area, &look, times.clone(), (low..high).log_scale())?;
    curve(&mut chart, &points, ORANGE_INK, names.gap)?;
    if !steps.is_empty() {
        curve(&mut chart, &steps, GREEN_INK, "proven gap")?;
    }
    if let Some(tol) = tolerance {
        level(&mut chart, times, tol, "tolerance")?;
    }
    let place = match steps.is_empty() {
        true => SeriesLabelPosition::UpperRight,
        // between the proven gap and the smaller one of the search
        false => SeriesLabelPosition::MiddleRight,
    };
    legend(&mut chart, place)
}
