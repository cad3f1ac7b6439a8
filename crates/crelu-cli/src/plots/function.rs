//! The function of a network of one or two inputs, where it bends, and the training data.

use crelu_model::{Dataset, FitError, Model};
use faer::Mat;
use plotters::prelude::*;

use super::plane::{chosen, count, edges, name};
use super::regions;
use super::style::{
    BLUE_INK, GREY_INK, Look, ORANGE_INK, axes, curve, failed, legend, sheet, span, tick,
};
use crate::errors::Failure;

const SIZE: (u32, u32) = (760, 480);
/// Points of the curve.
const POINTS: usize = 400;
/// Cells of the map.
const CELLS: (usize, usize) = (80, 56);
/// A plot of a network of one or two features; none for more, or of several outputs but classes in two features.
pub(super) fn draw(model: &Model, train: &Dataset) -> Result<Option<String>, Failure> {
    let coded = model.coding.code(train.targets());
    let coded = coded.map_err(|error: FitError| Failure::of("plots", error))?;
    let target = coded.targets(&model.loss);
    if train.sparse().is_some() {
        return Ok(None);
    }
    match model.n_features() {
        2 if model.n_outputs() > 1 && model.labels().is_some() => {
            regions::draw(model, train, &coded).map(Some)
        }
        _ if model.n_outputs() > 1 => Ok(None),
        1 => one(model, train, &target).map(Some),
        2 => two(model, train, &target).map(Some),
        _ => Ok(None),
    }
}

/// A curve, the data, and the breakpoints on the curve.
fn one(model: &Model, train: &Dataset, target: &[f64]) -> Result<String, Failure> {
    let x = |i: usize| train.features()[(0, i)];
    let width = span((0..train.n_samples()).map(x));
    let mut bends: Vec<f64> = edges(model)
        .iter()
        .map(|edge| -edge.offset / edge.slope[0])
        .filter(|at| width.contains(at))
        .collect();
    bends.sort_by(f64::total_cmp);
    let step = (width.end - width.start) / count(POINTS - 1);
    let mut places: Vec<f64> = (0..POINTS)
        .map(|k| width.start + step * count(k))
        .chain(bends.iter().copied())
        .collect();
    places.sort_by(f64::total_cmp);
    let inputs = |at: &[f64]| Mat::from_fn(1, at.len(), |_, j| at[j]);
    let zip = |at: &[f64]| -> Result<Vec<(f64, f64)>, Failure> {
        let f = model.outputs(inputs(at).transpose()).map_err(failed)?;
        Ok(at.iter().copied().zip(f).collect())
    };
    let (line, bends) = (zip(&places)?, zip(&bends)?);
    let heights = span(line.iter().map(|at| at.1).chain(target.iter().copied()));
    let y = if model.labels().is_some() {
        "output f"
    } else {
        "target and output f"
    };
    sheet(SIZE, |area| {
        let look = Look {
            title: "The network and its breakpoints",
            x: Some(&name(model, 0)),
            y: Some(y),
            y_tick: &tick,
        };
        let mut chart = axes(area, &look, width, heights)?;
        let points =
            chosen(train).map(|i| Circle::new((x(i), target[i]), 2, GREY_INK.mix(0.5).filled()));
        chart
            .draw_series(points)
            .map_err(failed)?
            .label("data")
            .legend(|(x, y)| Circle::new((x + 9, y), 2, GREY_INK.filled()));
        curve(&mut chart, &line, BLUE_INK, "network")?;
        let marks = bends
            .iter()
            .map(|&at| Circle::new(at, 4, ORANGE_INK.filled()));
        chart
            .draw_series(marks)
            .map_err(failed)?
            .label(format!("{} breakpoints", bends.len()))
            .legend(|(x, y)| Circle::new((x + 9, y), 4, ORANGE_INK.filled()));
        legend(&mut chart, SeriesLabelPosition::UpperRight)
    })
}

/// A map of the outputs, the lines where the neurons bend, and the data in the same colours.
fn two(model: &Model, train: &Dataset, target: &[f64]) -> Result<String, Failure> {
    let at = |k: usize, i: usize| train.features()[(k, i)];
    let [width, height] = [0, 1].map(|k| span((0..train.n_samples()).map(|i| at(k, i))));
    let cell = (
        (width.end - width.start) / count(CELLS.0),
        (height.end - height.start) / count(CELLS.1),
    );
    let corner = |j: usize| {
        (
            width.start + cell.0 * count(j % CELLS.0),
            height.start + cell.1 * count(j / CELLS.0),
        )
    };
    let centres = Mat::from_fn(2, CELLS.0 * CELLS.1, |k, j| {
        let (x, y) = corner(j);
        if k == 0 {
            x + cell.0 / 2.0
        } else {
            y + cell.1 / 2.0
        }
    });
    let outputs = model.outputs(centres.transpose()).map_err(failed)?;
    let shown = span(outputs.iter().chain(target).copied());
    let middle = if model.labels().is_some() {
        0.0
    } else {
        f64::midpoint(shown.start, shown.end)
    };
    let reach = (shown.end - middle).max(middle - shown.start);
    let colour = |value: f64| shade((value - middle) / reach);
    let classify = model.labels().is_some();
    // labels in full colours, values in those of the map
    let of_target = |y: f64| if classify { shade(y) } else { colour(y) };
    let lines = edges(model);
    sheet(SIZE, |area| {
        let look = Look {
            title: "Outputs of the network (orange: high, blue: low), where its neurons bend, and the data",
            x: Some(&name(model, 0)),
            y: Some(&name(model, 1)),
            y_tick: &tick,
        };
        let mut chart = axes(area, &look, width.clone(), height.clone())?;
        let tiles = outputs.iter().enumerate().map(|(j, &f)| {
            let (x, y) = corner(j);
            Rectangle::new([(x, y), (x + cell.0, y + cell.1)], colour(f).filled())
        });
        chart.draw_series(tiles).map_err(failed)?;
        let lines = lines.iter().filter_map(|edge| edge.across(&width, &height));
        let lines =
            lines.map(|ends| PathElement::new(ends.to_vec(), BLACK.mix(0.6).stroke_width(1)));
        chart.draw_series(lines).map_err(failed)?;
        let discs = chosen(train).map(|i| {
            let place = (at(0, i), at(1, i));
            let disc = Circle::new((0, 0), 3, of_target(target[i]).filled());
            EmptyElement::at(place) + disc + Circle::new((0, 0), 3, BLACK.mix(0.5))
        });
        chart.draw_series(discs).map_err(failed)?;
        Ok(())
    })
}

/// From blue at -1 over white to orange at 1.
fn shade(value: f64) -> RGBAColor {
    let ink = if value < 0.0 { BLUE_INK } else { ORANGE_INK };
    let share = value.abs().min(1.0);
    let part = |c: u8| {
        let mixed = 255.0 + share * (f64::from(c) - 255.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 255"
        )]
        let byte = mixed.round() as u8;
        byte
    };
    RGBColor(part(ink.0), part(ink.1), part(ink.2)).mix(1.0)
}
