//! What a path of penalties came to: the scores of the folds, and the networks on all rows.

use crelu_model::{CvChoice, PathEntry};
use plotters::prelude::*;

use super::style::{
    Area, BLUE_INK, Chart, GREEN_INK, GREY_INK, Look, ORANGE_INK, axes_ticked, curve, failed,
    legend, sheet, span, tick,
};
use crate::errors::Failure;

const SCORE_SIZE: (u32, u32) = (760, 420);
const NETWORKS_SIZE: (u32, u32) = (760, 840);
/// Height of a panel.
const PANEL: u32 = 270;
/// Gaps below this are drawn at it: the scale is logarithmic.
const SMALLEST_GAP: f64 = 1e-9;

/// Mean score and standard error of the folds, and the folds themselves, against the penalty.
pub(super) fn score(path: &[PathEntry], cv: &CvChoice) -> Result<String, Failure> {
    let rows: Vec<(f64, &crelu_model::FoldScores)> = path
        .iter()
        .filter_map(|entry| Some((position(entry.beta)?, entry.cv.as_ref()?)))
        .collect();
    let name = cv.metric.name();
    sheet(SCORE_SIZE, |area| {
        let heights = span(rows.iter().flat_map(|(_, of)| {
            let ends = [of.mean - of.se, of.mean + of.se];
            ends.into_iter().chain(of.folds.iter().copied())
        }));
        let look = Look {
            title: &format!("Score of rows held out, {} folds", cv.folds),
            x: Some("beta"),
            y: Some(name),
            y_tick: &tick,
        };
        let places = places(path);
        let mut chart = axes_ticked(area, &look, &power, places, heights.clone())?;
        let folds = rows.iter().flat_map(|(x, of)| {
            let dot = |y: &f64| Circle::new((*x, *y), 2, GREY_INK.mix(0.5).filled());
            of.folds.iter().map(dot).collect::<Vec<_>>()
        });
        chart
            .draw_series(folds)
            .map_err(failed)?
            .label("folds")
            .legend(|(x, y)| Circle::new((x + 9, y), 2, GREY_INK.mix(0.5).filled()));
        let ink = BLUE_INK.stroke_width(2);
        for (x, of) in &rows {
            let (low, high) = (of.mean - of.se, of.mean + of.se);
            let stem = PathElement::new(vec![(*x, low), (*x, high)], ink);
            chart.draw_series([stem]).map_err(failed)?;
            let cap =
                |y: f64| EmptyElement::at((*x, y)) + PathElement::new(vec![(-4, 0), (4, 0)], ink);
            chart.draw_series([cap(low), cap(high)]).map_err(failed)?;
        }
        let means: Vec<(f64, f64)> = rows.iter().map(|(x, of)| (*x, of.mean)).collect();
        curve(&mut chart, &means, BLUE_INK, "mean, and its standard error")?;
        chosen(&mut chart, cv, (heights.start, heights.end))?;
        legend(&mut chart, SeriesLabelPosition::LowerMiddle)
    })
}

/// `J`, neurons and gaps of the networks on all rows against the penalty.
pub(super) fn networks(path: &[PathEntry], cv: Option<&CvChoice>) -> Result<String, Failure> {
    let points = |of: &dyn Fn(&PathEntry) -> Option<f64>| -> Vec<(f64, f64)> {
        let at = |entry: &PathEntry| Some((position(entry.beta)?, of(entry)?));
        path.iter().filter_map(at).collect()
    };
    sheet(NETWORKS_SIZE, |area| {
        let (upper, rest) = area.split_vertically(PANEL);
        let (middle, lower) = rest.split_vertically(PANEL);
        let objective = points(&|entry| Some(entry.objective));
        let loss = points(&|entry| Some(entry.train.loss));
        let curves = [
            ("objective J", BLUE_INK, &objective),
            ("mean training loss", ORANGE_INK, &loss),
        ];
        let panel = Panel {
            title: "Objective of the network on all rows",
            x: None,
            is_logarithmic: true,
            legend: SeriesLabelPosition::UpperLeft,
            path,
            cv,
        };
        panel.draw(&upper, &curves)?;
        #[expect(clippy::cast_precision_loss, reason = "a count, for display")]
        let neurons = points(&|entry| Some(entry.neurons as f64));
        let panel = Panel {
            title: "Neurons",
            is_logarithmic: false,
            legend: SeriesLabelPosition::UpperRight,
            ..panel
        };
        panel.draw(&middle, &[("neurons", BLUE_INK, &neurons)])?;
        let positive = |gap: Option<f64>| gap.map(|gap| gap.max(SMALLEST_GAP));
        let search = points(&|entry| positive(entry.search_gap));
        let programme = points(&|entry| positive(entry.programme_gap));
        let proven = points(&|entry| positive(entry.proven_gap));
        let curves = [
            ("evidence: gap if no neuron is dearer", ORANGE_INK, &search),
            ("gap of the programme", ORANGE_INK, &programme),
            ("proven gap", GREEN_INK, &proven),
        ];
        let panel = Panel {
            title: "Relative gaps",
            x: Some("beta"),
            is_logarithmic: true,
            legend: SeriesLabelPosition::LowerLeft,
            ..panel
        };
        panel.draw(&lower, &curves)
    })
}

/// A panel of curves against the penalty.
#[derive(Clone)]
struct Panel<'a> {
    title: &'a str,
    x: Option<&'a str>,
    is_logarithmic: bool,
    /// Where the curves leave room: `J` rises with the penalty, neurons and gaps fall.
    legend: SeriesLabelPosition,
    path: &'a [PathEntry],
    cv: Option<&'a CvChoice>,
}

/// A curve's name, its colour and its points.
type Curve<'a> = (&'a str, RGBColor, &'a Vec<(f64, f64)>);

impl Panel<'_> {
    fn draw(&self, area: &Area<'_>, curves: &[Curve<'_>]) -> Result<(), Failure> {
        let values = curves.iter().flat_map(|(_, _, points)| points.iter());
        let values: Vec<f64> = values.map(|at| at.1).collect();
        let positive = values.iter().copied().filter(|value| *value > 0.0);
        let look = Look {
            title: self.title,
            x: self.x,
            y: None,
            y_tick: &tick,
        };
        let places = places(self.path);
        if self.is_logarithmic && positive.clone().count() > 0 {
            let low = positive.clone().fold(f64::INFINITY, f64::min);
            let high = positive.fold(0.0, f64::max);
            // whole decades, so that each has its label
            let low = 10_f64.powf((low * 0.999).log10().floor());
            let high = 10_f64.powf((high * 1.001).log10().ceil());
            let look = Look {
                y_tick: &|value| format!("{value:.0e}"),
                ..look
            };
            let chart = axes_ticked(area, &look, &power, places, (low..high).log_scale())?;
            return self.fill(chart, curves, (low, high));
        }
        let heights = span(values.into_iter().chain([0.0]));
        let ends = (heights.start, heights.end);
        let chart = axes_ticked(area, &look, &power, places, heights)?;
        self.fill(chart, curves, ends)
    }

    fn fill<'a, 'b: 'a, Y>(
        &self,
        mut chart: Chart<'a, 'b, Y>,
        curves: &[Curve<'_>],
        ends: (f64, f64),
    ) -> Result<(), Failure>
    where
        Y: plotters::coord::ranged1d::Ranged<ValueType = f64>
            + plotters::coord::ranged1d::ValueFormatter<f64>
            + 'a,
    {
        for (name, ink, points) in curves.iter().filter(|(_, _, points)| !points.is_empty()) {
            let points: Vec<(f64, f64)> =
                points.iter().map(|at| (at.0, at.1.max(ends.0))).collect();
            curve(&mut chart, &points, *ink, name)?;
        }
        if let Some(cv) = self.cv {
            chosen(&mut chart, cv, ends)?;
        }
        legend(&mut chart, self.legend.clone())
    }
}

/// An upright dashed line at the chosen penalty.
fn chosen<'a, 'b: 'a, Y>(
    chart: &mut Chart<'a, 'b, Y>,
    cv: &CvChoice,
    ends: (f64, f64),
) -> Result<(), Failure>
where
    Y: plotters::coord::ranged1d::Ranged<ValueType = f64>
        + plotters::coord::ranged1d::ValueFormatter<f64>
        + 'a,
{
    let Some(x) = position(cv.chosen) else {
        return Ok(());
    };
    let ink = GREEN_INK.stroke_width(1);
    chart
        .draw_series(DashedLineSeries::new([(x, ends.0), (x, ends.1)], 6, 4, ink))
        .map_err(failed)?
        .label(format!("chosen, rule {}", cv.rule.name()))
        .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], ink));
    Ok(())
}

/// Where a penalty stands on the axis; one of zero stands nowhere.
fn position(beta: f64) -> Option<f64> {
    (beta > 0.0).then(|| beta.log10())
}

fn places(path: &[PathEntry]) -> std::ops::Range<f64> {
    span(path.iter().filter_map(|entry| position(entry.beta)))
}

/// The label of a place on the axis.
fn power(place: &f64) -> String {
    format!("{:.1e}", 10_f64.powf(*place))
}
