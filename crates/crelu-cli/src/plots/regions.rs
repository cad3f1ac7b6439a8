//! The regions of the classes in the plane of two features, where the neurons bend, and the data.

use crelu_model::{Coded, Dataset, Model, Prediction};
use faer::Mat;
use plotters::prelude::*;

use super::plane::{chosen, count, edges, name};
use super::style::{Look, axes, failed, legend, sheet, span, tick};
use crate::errors::Failure;

const SIZE: (u32, u32) = (760, 480);
/// Cells of the map: small ones, so that borders are lines; cells of one class side by side are drawn as one.
const CELLS: (usize, usize) = (240, 150);
/// The share of a class's ink in its region: discs of the data stand out from it.
const TINT: f64 = 0.3;
/// Inks that are told apart, also by most who are colour-blind (Okabe and Ito 2008, black left out);
/// further classes take the hues between.
const INKS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
    RGBColor(86, 180, 233),
    RGBColor(240, 228, 66),
];
/// Classes that the legend names: more would hide the map.
const MOST_NAMED: usize = 12;

/// A map of the labels that a classifier of two features predicts.
pub(super) fn draw(model: &Model, train: &Dataset, coded: &Coded) -> Result<String, Failure> {
    let labels = model.labels().unwrap_or_default();
    let at = |k: usize, i: usize| train.features()[(k, i)];
    let [width, height] = [0, 1].map(|k| span((0..train.n_samples()).map(|i| at(k, i))));
    let cell = (
        (width.end - width.start) / count(CELLS.0),
        (height.end - height.start) / count(CELLS.1),
    );
    let centre = |k: usize, j: usize| match k {
        0 => width.start + cell.0 * (count(j % CELLS.0) + 0.5),
        _ => height.start + cell.1 * (count(j / CELLS.0) + 0.5),
    };
    let centres = Mat::from_fn(2, CELLS.0 * CELLS.1, centre);
    let predicted = model.predict(centres.transpose()).map_err(failed)?;
    let place = |prediction: &Prediction<'_>| match prediction {
        Prediction::Label(label) => labels.iter().position(|other| other == label).unwrap_or(0),
        _ => 0,
    };
    let classes: Vec<usize> = predicted.iter().map(place).collect();
    let mut strips = Vec::new();
    for (row, classes) in classes.chunks(CELLS.0).enumerate() {
        let low = height.start + cell.1 * count(row);
        let mut first = 0;
        for same in classes.chunk_by(|a, b| a == b) {
            let corner = |column: usize| width.start + cell.0 * count(column);
            let last = first + same.len();
            let ends = [(corner(first), low), (corner(last), low + cell.1)];
            strips.push(Rectangle::new(ends, tint(ink(same[0])).filled()));
            first = last;
        }
    }
    let of_row: &[usize] = match coded {
        Coded::Classes { class, .. } => class,
        Coded::Numbers { .. } => &[],
    };
    sheet(SIZE, |area| {
        let look = Look {
            title: "Regions of the classes, where the neurons bend, and the data",
            x: Some(&name(model, 0)),
            y: Some(&name(model, 1)),
            y_tick: &tick,
        };
        let mut chart = axes(area, &look, width.clone(), height.clone())?;
        chart.draw_series(strips).map_err(failed)?;
        let lines = edges(model);
        let lines = lines.iter().filter_map(|edge| edge.across(&width, &height));
        let lines =
            lines.map(|ends| PathElement::new(ends.to_vec(), BLACK.mix(0.35).stroke_width(1)));
        chart.draw_series(lines).map_err(failed)?;
        for (class, label) in labels.iter().enumerate() {
            let own = chosen(train).filter(|&i| of_row.get(i) == Some(&class));
            let discs = own.map(|i| {
                let disc = Circle::new((0, 0), 3, ink(class).filled());
                EmptyElement::at((at(0, i), at(1, i)))
                    + disc
                    + Circle::new((0, 0), 3, BLACK.mix(0.6))
            });
            let drawn = chart.draw_series(discs).map_err(failed)?;
            if class < MOST_NAMED {
                drawn
                    .label(label)
                    .legend(move |(x, y)| Circle::new((x + 9, y), 4, ink(class).filled()));
            }
        }
        legend(&mut chart, SeriesLabelPosition::UpperRight)
    })
}

/// The ink of a class.
fn ink(class: usize) -> RGBColor {
    if let Some(ink) = INKS.get(class) {
        return *ink;
    }
    // hues a golden section apart: near ones are far from each other in the order of the classes
    let hue = (0.618_033_988_749_894_9 * count(class)).fract();
    let (r, g, b) = HSLColor(hue, 0.6, 0.45).rgb();
    RGBColor(r, g, b)
}

/// The ink of a region.
fn tint(ink: RGBColor) -> RGBColor {
    let part = |c: u8| {
        let mixed = 255.0 + TINT * (f64::from(c) - 255.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 255"
        )]
        let byte = mixed.round() as u8;
        byte
    };
    RGBColor(part(ink.0), part(ink.1), part(ink.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inks_of_the_first_classes_differ() {
        for a in 0..20 {
            for b in 0..a {
                let (a, b) = (ink(a), ink(b));
                let apart =
                    a.0.abs_diff(b.0)
                        .max(a.1.abs_diff(b.1))
                        .max(a.2.abs_diff(b.2));
                assert!(apart > 10, "{a:?} {b:?}");
            }
        }
    }
}
