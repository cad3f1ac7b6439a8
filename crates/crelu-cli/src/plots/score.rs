//! Accuracy, or r2, over time.

use crelu_model::{HistoryEntry, Report, Score};
use plotters::prelude::*;

use super::style::{BLUE_INK, Look, ORANGE_INK, axes, curve, legend, seconds, sheet, span, tick};
use crate::errors::Failure;

const SIZE: (u32, u32) = (760, 420);
/// An r2 below this is drawn at it: a first network far from the data must not flatten the rest.
const LOWEST_R2: f64 = -0.5;
/// Less than this is not magnified to the full height.
const SMALLEST_SPAN: f64 = 0.02;

/// Training rows, and test rows where there are any.
pub(super) fn draw(report: &Report) -> Result<String, Failure> {
    let classify = report.train.accuracy().is_some();
    let title = if classify { "Accuracy" } else { "r2" };
    let of_score = |score: &Score| score.accuracy().or(score.r2());
    let of_train = |e: &HistoryEntry| {
        if classify {
            e.train_accuracy
        } else {
            e.train_r2
        }
    };
    let of_test = |e: &HistoryEntry| if classify { e.test_accuracy } else { e.test_r2 };

    let end = report.seconds.total;
    let series = |of_entry: &dyn Fn(&HistoryEntry) -> Option<f64>, last: Option<f64>| {
        let course = report.history.iter();
        let course = course.filter_map(|e| Some((e.seconds, of_entry(e)?)));
        let all = course.chain(last.map(|value| (end, value)));
        all.map(|(t, value)| (t, value.max(LOWEST_R2)))
            .collect::<Vec<(f64, f64)>>()
    };
    let train = series(&of_train, of_score(&report.train));
    let test = series(&of_test, report.test.as_ref().and_then(of_score));

    sheet(SIZE, |area| {
        let heights = span(train.iter().chain(&test).map(|at| at.1));
        let middle = f64::midpoint(heights.start, heights.end);
        let half = (middle - heights.start).max(SMALLEST_SPAN / 2.0);
        let heights = middle - half..middle + half;
        let look = Look {
            title: &format!("{title} of the best network so far"),
            x: Some("seconds since program start"),
            y: None,
            y_tick: &tick,
        };
        let mut chart = axes(area, &look, seconds(&train), heights)?;
        curve(&mut chart, &train, BLUE_INK, "train")?;
        if !test.is_empty() {
            curve(&mut chart, &test, ORANGE_INK, "test")?;
        }
        legend(&mut chart, SeriesLabelPosition::LowerRight)
    })
}
