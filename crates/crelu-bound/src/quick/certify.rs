use faer::MatRef;

use super::chunk::inverse;
use super::model::IntervalModel;
use super::reduced::Reduced;
use crate::certificate::{Certificate, IntervalMultipliers, Proof};

/// The certificate that the point evaluated last stands for, in the features and units of the
/// user's data.
///
/// ```text
///     mu = q / soft, soft = |N'x| / |N|   (q > 0),   t = |q| (1 + w+ - w-) / 2,   D = |q| w_D U x / (2 |U x|)
/// ```
pub(super) fn certificate(model: &IntervalModel<'_>, data: &Reduced) -> Certificate {
    let (n, unit) = (data.losses.len(), data.unit);
    let mut theta = vec![0.0; n];
    for chunk in &model.chunks {
        for (i, theta) in theta[chunk.rows.clone()].iter_mut().enumerate() {
            *theta = data.losses.theta_unit * chunk.theta(i);
        }
    }
    let multipliers = [0, 1].map(|sign| {
        let shape = &model.shapes()[sign];
        let wide = data.space.expand(shape.factor.as_ref());
        let mut out = IntervalMultipliers {
            mu: vec![0.0; n],
            t: vec![0.0; n],
            g: vec![0.0; n],
            factor: column_major(wide.as_ref()),
            width: shape.factor.ncols(),
        };
        for chunk in &model.chunks {
            let side = &chunk.sides[sign];
            for (i, row) in chunk.rows.clone().enumerate() {
                let q = if sign == 0 { theta[row] } else { -theta[row] };
                if q > 0.0 {
                    out.mu[row] = q * inverse(side.soft[i]) / unit;
                } else {
                    let kink = side.kinks[i];
                    out.t[row] = -0.5 * q * (1.0 + kink.tilt());
                    out.g[row] =
                        -0.5 * q * kink.turn * side.per_turn(i, chunk.norms[i], shape) / unit;
                }
            }
        }
        out
    });
    Certificate::new(theta, Proof::Interval(Box::new(multipliers)))
}

fn column_major(m: MatRef<'_, f64>) -> Vec<f64> {
    (0..m.ncols())
        .flat_map(|j| (0..m.nrows()).map(move |i| m[(i, j)]))
        .collect()
}
