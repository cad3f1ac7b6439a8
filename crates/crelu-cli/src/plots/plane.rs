//! The plane of the features: where neurons bend in it, the rows that are drawn in it, its names.

use crelu_model::{Dataset, Model};

/// Data points that are drawn, at most: more hide the function.
const MOST_POINTS: usize = 2000;

/// Where a neuron bends: `slope'x + offset = 0` in raw features.
pub(super) struct Edge {
    pub(super) slope: Vec<f64>,
    pub(super) offset: f64,
}

impl Edge {
    /// The ends of the part inside a rectangle.
    pub(super) fn across(
        &self,
        width: &std::ops::Range<f64>,
        height: &std::ops::Range<f64>,
    ) -> Option<[(f64, f64); 2]> {
        let (a, b, c) = (self.slope[0], self.slope[1], self.offset);
        let mut ends: Vec<(f64, f64)> = Vec::new();
        for x in [width.start, width.end] {
            let y = -(a * x + c) / b;
            if height.contains(&y) {
                ends.push((x, y));
            }
        }
        for y in [height.start, height.end] {
            let x = -(b * y + c) / a;
            if width.contains(&x) {
                ends.push((x, y));
            }
        }
        let first = *ends.first()?;
        let last = *ends.last()?;
        (first != last).then_some([first, last])
    }
}

/// The edge of every neuron that has one.
pub(super) fn edges(model: &Model) -> Vec<Edge> {
    let network = &model.network;
    let vectors = network.gates.as_ref().unwrap_or(&network.hidden);
    let d = model.n_features();
    let scale = |k: usize| model.standardisation.as_ref().map_or(1.0, |s| s.scale[k]);
    let mean = |k: usize| model.standardisation.as_ref().map_or(0.0, |s| s.mean[k]);
    (0..network.n_neurons())
        .filter(|&i| network.output_of(i).iter().any(|a| *a != 0.0))
        .map(|i| {
            let slope: Vec<f64> = (0..d)
                .map(|k| {
                    // a feature that does not vary plays no part
                    if scale(k) > 0.0 {
                        vectors[(k, i)] / scale(k)
                    } else {
                        0.0
                    }
                })
                .collect();
            let bias = if model.bias { vectors[(d, i)] } else { 0.0 };
            let shift: f64 = (0..d).map(|k| slope[k] * mean(k)).sum();
            Edge {
                slope,
                offset: bias - shift,
            }
        })
        .filter(|edge| edge.slope.iter().any(|s| *s != 0.0))
        .collect()
}

/// Evenly chosen rows.
pub(super) fn chosen(train: &Dataset) -> impl Iterator<Item = usize> {
    let n = train.n_samples();
    (0..n).step_by(n.div_ceil(MOST_POINTS).max(1))
}

pub(super) fn name(model: &Model, feature: usize) -> String {
    let names = model.feature_names.as_ref();
    names.map_or_else(
        || format!("feature {feature}"),
        |names| names[feature].clone(),
    )
}

#[expect(clippy::cast_precision_loss, reason = "a count of points")]
pub(super) fn count(value: usize) -> f64 {
    value as f64
}
