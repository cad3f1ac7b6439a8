//! Objective against the number of neurons.

use crelu_model::Report;
use plotters::prelude::*;

use super::style::{BLUE_INK, FONT, GREY_INK, curve, failed, sheet, span, tick};
use crate::errors::Failure;

const SIZE: (u32, u32) = (760, 420);

/// The networks met while thinning.
pub(super) fn draw(report: &Report) -> Result<String, Failure> {
    let met = report.frontier.iter().flatten();
    let mut points: Vec<(f64, f64)> = met
        .filter_map(|point| Some((point["neurons"].as_f64()?, point["objective"].as_f64()?)))
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    // the best of each number
    points.dedup_by(|next, kept| next.0 == kept.0);
    sheet(SIZE, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption("Objective and number of neurons", (FONT, 18).into_font())
            .margin(12)
            .margin_right(24)
            .x_label_area_size(44)
            .y_label_area_size(72)
            .build_cartesian_2d(
                span(points.iter().map(|at| at.0)),
                span(points.iter().map(|at| at.1)),
            )
            .map_err(failed)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GREY_INK.mix(0.2))
            .axis_style(GREY_INK)
            .label_style((FONT, 14))
            .axis_desc_style((FONT, 15))
            .x_desc("neurons")
            .y_desc("objective J")
            .x_label_formatter(&tick)
            .y_label_formatter(&tick)
            .draw()
            .map_err(failed)?;
        curve(&mut chart, &points, BLUE_INK, "networks met while thinning")
    })
}
