use std::fmt::Display;

use plotters::coord::Shift;
use plotters::prelude::*;
use serde_json::Value;

use super::view::View;
use crate::store::number;

/// Where the pictures go.
const FOLDER: &str = "docs/global";
/// The sets and the penalty that are drawn.
const DRAWN: [&str; 4] = ["diabetes", "digits", "breast cancer", "teacher 300x26"];
const FRACTION: f64 = 0.01;

const SIZE: (u32, u32) = (900, 640);
const FONT: &str = "sans-serif";
const BLUE_INK: RGBColor = RGBColor(31, 96, 170);
const ORANGE_INK: RGBColor = RGBColor(214, 98, 26);
const GREY_INK: RGBColor = RGBColor(110, 110, 110);
/// Objectives are drawn up to this much above the lowest, relatively.
const HIGHEST: f64 = 0.08;
/// ... and less than this is not magnified to the full height.
const LEAST_SPAN: f64 = 0.005;
/// ... and, on the logarithmic scale, from this to this.
const CLOSEST: f64 = 1e-6;
const FARTHEST: f64 = 10.0;
/// Seconds from which courses are drawn.
const FIRST: f64 = 0.01;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws `J` against the number of neurons, and over time, with Adam's beside them.
pub(crate) fn write(views: &[View<'_>]) -> Result<(), String> {
    let drawn: Vec<&View<'_>> = DRAWN
        .iter()
        .filter_map(|set| {
            let mut of = views.iter();
            of.find(|view| view.set == *set && view.fraction == FRACTION)
        })
        .collect();
    if drawn.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(FOLDER).map_err(|e| format!("{FOLDER}: {e}"))?;
    for (name, svg) in [
        ("frontier.svg", sheet(&drawn, &frontier)?),
        ("time.svg", sheet(&drawn, &course)?),
    ] {
        let file = format!("{FOLDER}/{name}");
        crelu_data::write_atomic(file.as_ref(), svg.as_bytes()).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// A panel a set, two in a row.
fn sheet(
    drawn: &[&View<'_>],
    panel: &dyn Fn(&Area<'_>, &View<'_>) -> Result<(), String>,
) -> Result<String, String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        for (part, view) in area.split_evenly((2, 2)).iter().zip(drawn) {
            panel(part, view)?;
        }
        area.present().map_err(failed)?;
    }
    Ok(svg)
}

fn failed(error: impl Display) -> String {
    format!("plots: {error}")
}

/// `J` over Adam's best against the number of neurons.
fn frontier(area: &Area<'_>, view: &View<'_>) -> Result<(), String> {
    let adam = view.adam_best();
    let rows = ["default", "half", "third", "fifth"].map(|name| view.global(name));
    let mut met: Vec<(f64, f64)> = rows
        .iter()
        .flatten()
        .flat_map(|row| pairs(&row["frontier"]))
        .map(|(neurons, j)| (neurons, j / adam))
        .collect();
    // the lowest with at most so many neurons
    met.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut lowest = f64::INFINITY;
    met.retain(|(_, j)| {
        let lower = *j < lowest;
        lowest = lowest.min(*j);
        lower
    });
    let kept = view
        .adam
        .iter()
        .map(|row| (number(row, "kept"), number(row, "polished") / adam));
    let kept: Vec<(f64, f64)> = kept.collect();
    let merged = view.adam.iter().map(|row| {
        (
            number(row, "merged"),
            number(row, "merged_objective") / adam,
        )
    });
    let merged: Vec<(f64, f64)> = merged.collect();
    let all = met.iter().chain(&kept).chain(&merged);
    let floor = all.clone().map(|at| at.1).fold(f64::INFINITY, f64::min);
    let highest = all.clone().map(|at| at.1).fold(floor, f64::max);
    let margin = 0.08 * (highest - floor).clamp(LEAST_SPAN, HIGHEST);
    let top = highest.min(floor + HIGHEST) + margin;
    let right = all.map(|at| at.0).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(view.title(), (FONT, 17).into_font())
        .margin(10)
        .margin_right(18)
        .x_label_area_size(40)
        .y_label_area_size(58)
        .build_cartesian_2d(0.0..1.05 * right, floor - margin..top + 3.0 * margin)
        .map_err(failed)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GREY_INK.mix(0.2))
        .axis_style(GREY_INK)
        .label_style((FONT, 13))
        .axis_desc_style((FONT, 14))
        .x_desc("neurons")
        .y_desc("J / Adam's best")
        .y_label_formatter(&|value| format!("{value:.4}"))
        .x_label_formatter(&|value| format!("{value:.0}"))
        .draw()
        .map_err(failed)?;
    let shown: Vec<(f64, f64)> = met.iter().copied().filter(|at| at.1 <= top).collect();
    chart
        .draw_series(LineSeries::new(
            shown.iter().copied(),
            BLUE_INK.stroke_width(2),
        ))
        .map_err(failed)?
        .label("generated, thinned")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], BLUE_INK.stroke_width(2)));
    let dots = |points: &[(f64, f64)], style: ShapeStyle| {
        let shown = points.iter().copied().filter(|at| at.1 <= top);
        shown
            .map(|at| Circle::new(at, 4, style))
            .collect::<Vec<_>>()
    };
    chart
        .draw_series(dots(&kept, ORANGE_INK.filled()))
        .map_err(failed)?
        .label("Adam, 5 runs")
        .legend(|(x, y)| Circle::new((x + 8, y), 4, ORANGE_INK.filled()));
    chart
        .draw_series(dots(&merged, ORANGE_INK.stroke_width(2)))
        .map_err(failed)?
        .label("the same, equal patterns merged")
        .legend(|(x, y)| Circle::new((x + 8, y), 4, ORANGE_INK.stroke_width(2)));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .margin(6)
        .legend_area_size(20)
        .background_style(WHITE.mix(0.85))
        .border_style(GREY_INK.mix(0.4))
        .label_font((FONT, 13))
        .draw()
        .map_err(failed)
}

/// `J` above the lowest known, relatively, against seconds.
fn course(area: &Area<'_>, view: &View<'_>) -> Result<(), String> {
    let above = |j: f64| (j / view.lowest - 1.0).clamp(CLOSEST, FARTHEST);
    let curve = |row: &Value| -> Vec<(f64, f64)> {
        let points = pairs(&row["course"]).into_iter();
        points.map(|(s, j)| (s.max(FIRST), above(j))).collect()
    };
    let generated = view.global("best").map(curve).unwrap_or_default();
    let adam: Vec<Vec<(f64, f64)>> = view.adam.iter().map(|row| curve(row)).collect();
    let last = adam.iter().chain([&generated]).flatten();
    let last = last.map(|at| at.0).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(view.title(), (FONT, 17).into_font())
        .margin(10)
        .margin_right(18)
        .x_label_area_size(40)
        .y_label_area_size(58)
        .build_cartesian_2d(
            (FIRST..1.2 * last).log_scale(),
            (CLOSEST..FARTHEST).log_scale(),
        )
        .map_err(failed)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GREY_INK.mix(0.2))
        .axis_style(GREY_INK)
        .label_style((FONT, 13))
        .axis_desc_style((FONT, 14))
        .x_desc("seconds")
        .y_desc("J / lowest known - 1")
        .x_label_formatter(&|value| format!("{value}"))
        .y_label_formatter(&|value| format!("{value:.0e}"))
        .draw()
        .map_err(failed)?;
    for (k, points) in adam.iter().enumerate() {
        let series = LineSeries::new(points.iter().copied(), ORANGE_INK.stroke_width(1));
        let series = chart.draw_series(series).map_err(failed)?;
        if k == 0 {
            series
                .label("Adam, 5 runs")
                .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], ORANGE_INK));
        }
    }
    chart
        .draw_series(LineSeries::new(generated, BLUE_INK.stroke_width(2)))
        .map_err(failed)?
        .label("generated, before thinning")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], BLUE_INK.stroke_width(2)));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .margin(6)
        .legend_area_size(20)
        .background_style(WHITE.mix(0.85))
        .border_style(GREY_INK.mix(0.4))
        .label_font((FONT, 13))
        .draw()
        .map_err(failed)
}

/// The first two numbers of every entry.
fn pairs(list: &Value) -> Vec<(f64, f64)> {
    let entries = list.as_array().into_iter().flatten();
    entries
        .filter_map(|at| Some((at[0].as_f64()?, at[1].as_f64()?)))
        .collect()
}
