//! What the plots have in common.

use std::ops::Range;

use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::errors::Failure;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
pub(super) type Chart<'a, 'b, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, Y>>;

pub(super) const FONT: &str = "sans-serif";
pub(super) const BLUE_INK: RGBColor = RGBColor(31, 96, 170);
pub(super) const ORANGE_INK: RGBColor = RGBColor(214, 98, 26);
pub(super) const GREEN_INK: RGBColor = RGBColor(20, 130, 80);
pub(super) const GREY_INK: RGBColor = RGBColor(110, 110, 110);

/// Up to this many points each is marked, so that a run of few checks shows.
const MOST_MARKED: usize = 40;

/// An empty sheet of `size`, drawn on by `paint`.
pub(super) fn sheet(
    size: (u32, u32),
    paint: impl FnOnce(&Area<'_>) -> Result<(), Failure>,
) -> Result<String, Failure> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE).map_err(failed)?;
        paint(&area)?;
        area.present().map_err(failed)?;
    }
    Ok(svg)
}

/// How the axes of a chart look.
pub(super) struct Look<'a> {
    /// Above the chart.
    pub(super) title: &'a str,
    /// Below the horizontal axis; none where another chart follows below.
    pub(super) x: Option<&'a str>,
    /// Beside the vertical axis.
    pub(super) y: Option<&'a str>,
    /// The labels of the vertical axis.
    pub(super) y_tick: &'a dyn Fn(&f64) -> String,
}

/// An empty chart with its axes.
pub(super) fn axes<'a, 'b, Y>(
    area: &'a Area<'b>,
    look: &Look<'_>,
    x: Range<f64>,
    y: Y,
) -> Result<Chart<'a, 'b, Y::CoordDescType>, Failure>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    axes_ticked(area, look, &tick, x, y)
}

/// The same with labels of the horizontal axis of its own.
pub(super) fn axes_ticked<'a, 'b, Y>(
    area: &'a Area<'b>,
    look: &Look<'_>,
    x_tick: &dyn Fn(&f64) -> String,
    x: Range<f64>,
    y: Y,
) -> Result<Chart<'a, 'b, Y::CoordDescType>, Failure>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .caption(look.title, (FONT, 18).into_font())
        .margin(12)
        .margin_right(24)
        .x_label_area_size(if look.x.is_some() { 44 } else { 28 })
        .y_label_area_size(if look.y.is_some() { 84 } else { 72 })
        .build_cartesian_2d(x, y)
        .map_err(failed)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GREY_INK.mix(0.2))
        .axis_style(GREY_INK)
        .label_style((FONT, 14))
        .axis_desc_style((FONT, 15))
        .x_desc(look.x.unwrap_or_default())
        .y_desc(look.y.unwrap_or_default())
        .x_labels(8)
        .y_labels(6)
        .x_label_formatter(&x_tick)
        .y_label_formatter(&look.y_tick)
        .draw()
        .map_err(failed)?;
    Ok(chart)
}

/// A failure of the drawing library.
pub(super) fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::of("plots", error)
}

/// A curve with its entry in the legend; points are marked where they are few.
pub(super) fn curve<'a, 'b: 'a, Y>(
    chart: &mut Chart<'a, 'b, Y>,
    points: &[(f64, f64)],
    ink: RGBColor,
    name: &str,
) -> Result<(), Failure>
where
    Y: Ranged<ValueType = f64> + ValueFormatter<f64> + 'a,
{
    broad_curve(chart, points, ink, 2, name)
}

/// A curve of a width of its own: a broad one shows under one that lies on it.
pub(super) fn broad_curve<'a, 'b: 'a, Y>(
    chart: &mut Chart<'a, 'b, Y>,
    points: &[(f64, f64)],
    ink: RGBColor,
    width: u32,
    name: &str,
) -> Result<(), Failure>
where
    Y: Ranged<ValueType = f64> + ValueFormatter<f64> + 'a,
{
    let style = ink.stroke_width(width);
    chart
        .draw_series(LineSeries::new(points.iter().copied(), style))
        .map_err(failed)?
        .label(name)
        .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], style));
    if points.len() <= MOST_MARKED {
        let marks = points.iter().map(|&at| Circle::new(at, 2, ink.filled()));
        chart.draw_series(marks).map_err(failed)?;
    }
    Ok(())
}

/// A dashed line at `height` across `times`, with its entry in the legend.
pub(super) fn level<'a, 'b: 'a, Y>(
    chart: &mut Chart<'a, 'b, Y>,
    times: Range<f64>,
    height: f64,
    name: &str,
) -> Result<(), Failure>
where
    Y: Ranged<ValueType = f64> + ValueFormatter<f64> + 'a,
{
    let ink = GREY_INK.stroke_width(1);
    let ends = [(times.start, height), (times.end, height)];
    chart
        .draw_series(DashedLineSeries::new(ends, 6, 4, ink))
        .map_err(failed)?
        .label(name)
        .legend(move |(x, y)| {
            EmptyElement::at((x, y))
                + PathElement::new(vec![(0, 0), (7, 0)], ink)
                + PathElement::new(vec![(11, 0), (18, 0)], ink)
        });
    Ok(())
}

/// The legend of the curves drawn so far.
pub(super) fn legend<'a, 'b: 'a, Y>(
    chart: &mut Chart<'a, 'b, Y>,
    at: SeriesLabelPosition,
) -> Result<(), Failure>
where
    Y: Ranged<ValueType = f64> + ValueFormatter<f64> + 'a,
{
    chart
        .configure_series_labels()
        .position(at)
        .margin(8)
        .legend_area_size(24)
        .background_style(WHITE.mix(0.85))
        .border_style(GREY_INK.mix(0.5))
        .label_font((FONT, 14))
        .draw()
        .map_err(failed)
}

/// The smallest range that holds the finite values and a margin; never empty.
pub(super) fn span(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    if low > high {
        return 0.0..1.0;
    }
    let margin = (0.05 * (high - low)).max(1e-9 * high.abs()).max(1e-12);
    low - margin..high + margin
}

/// Seconds from the first to the last point.
pub(super) fn seconds(points: &[(f64, f64)]) -> Range<f64> {
    let first = points.first().map_or(0.0, |at| at.0);
    let last = points.last().map_or(1.0, |at| at.0);
    let margin = (0.02 * (last - first)).max(1e-3);
    (first - margin).max(0.0)..last + margin
}

/// A number for an axis: short, and without the noise of binary fractions.
pub(super) fn tick(value: &f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-3..1e5).contains(&magnitude) {
        return format!("{value:.1e}");
    }
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tick_has_no_trailing_zeros() {
        for (value, text) in [
            (0.0, "0"),
            (-0.00001, "-1.0e-5"),
            (0.1 + 0.2, "0.3"),
            (150.0, "150"),
            (0.95, "0.95"),
            (2e6, "2.0e6"),
        ] {
            assert_eq!(tick(&value), text);
        }
    }

    #[test]
    fn span_of_one_value_or_none_is_not_empty() {
        for values in [vec![], vec![0.5], vec![0.0], vec![f64::NAN], vec![1e9]] {
            let span = span(values.iter().copied());
            assert!(span.start < span.end, "{values:?}: {span:?}");
        }
    }
}
