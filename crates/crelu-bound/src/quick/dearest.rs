use faer::{Accum, Mat};
use linalg_core::{LinalgError, product, symmetric_eigen};

use super::chunk::inverse;
use super::model::IntervalModel;

/// Halvings of the bracket around the multiplier of the sphere.
const HALVINGS: usize = 100;

/// Where the certificate of one sign is weakest: the unit moment direction `u` of the largest
/// aggregated price, with what is missing to length 1 in `rest`.
#[derive(Debug, Clone)]
pub(super) struct DearestSearch {
    /// The largest aggregated price.
    pub(super) price: f64,
    /// `|u| <= 1`
    pub(super) u: Vec<f64>,
    /// A direction orthogonal in value: both `u + rest` and `u - rest` have the price and length 1.
    pub(super) rest: Vec<f64>,
}

/// The largest `u'A u + b'u + c` on the unit sphere, for the multipliers of the point evaluated
/// last:
///
/// ```text
///     A = X'diag(mu) X / 4 - (X'D + D'X) / 2,   b = X'q_+ / 2 - X't,   c = sum q_+^2 / (4 mu)
///     = min over lambda I >= A of  lambda + b'(lambda I - A)^-1 b / 4 + c
/// ```
///
/// Rounded as it comes: it steers, the verifier proves. **Cost** `4 n r^2 + 9 r^3` flops.
pub(super) fn dearest(
    model: &IntervalModel<'_>,
    sign: usize,
) -> Result<DearestSearch, LinalgError> {
    let data = model.data();
    let (rank, n) = (data.nrows(), data.ncols());
    let shape = &model.shapes()[sign];
    let mut curved = Mat::zeros(rank, n);
    let mut turned = Mat::zeros(rank, n);
    let mut linear = Mat::zeros(n, 1);
    let mut constant = 0.0;
    for chunk in &model.chunks {
        let side = &chunk.sides[sign];
        for (i, row) in chunk.rows.clone().enumerate() {
            let theta = chunk.theta(i);
            let q = if sign == 0 { theta } else { -theta };
            if q > 0.0 {
                let mu = q * inverse(side.soft[i]);
                linear[(row, 0)] = 0.5 * q;
                constant += 0.25 * q * q * inverse(mu);
                for k in 0..rank {
                    curved[(k, row)] = 0.25 * mu * data[(k, row)];
                }
            } else {
                let kink = side.kinks[i];
                let g = -0.5 * q * kink.turn * side.per_turn(i, chunk.norms[i], shape);
                linear[(row, 0)] = 0.5 * q * (1.0 + kink.tilt());
                for k in 0..rank {
                    turned[(k, row)] = g * data[(k, row)];
                }
            }
        }
    }
    let square = |left: &Mat<f64>| {
        let mut out = Mat::<f64>::zeros(rank, rank);
        product(
            out.as_mut(),
            Accum::Replace,
            left.as_ref(),
            data.transpose(),
            1.0,
        );
        out
    };
    let (curved, gram) = (square(&curved), square(&turned));
    let mut half = Mat::zeros(rank, shape.factor.ncols());
    product(
        half.as_mut(),
        Accum::Replace,
        gram.as_ref(),
        shape.factor.as_ref(),
        1.0,
    );
    let mut turned = Mat::<f64>::zeros(rank, rank);
    product(
        turned.as_mut(),
        Accum::Replace,
        half.as_ref(),
        shape.factor.transpose(),
        1.0,
    );
    let a = Mat::from_fn(rank, rank, |i, j| {
        0.5 * (curved[(i, j)] + curved[(j, i)] - turned[(i, j)] - turned[(j, i)])
    });
    let mut b = Mat::zeros(rank, 1);
    product(b.as_mut(), Accum::Replace, data, linear.as_ref(), 1.0);

    let (values, vectors) = symmetric_eigen(a.as_ref())?;
    let mut along = Mat::zeros(rank, 1);
    product(
        along.as_mut(),
        Accum::Replace,
        vectors.transpose(),
        b.as_ref(),
        1.0,
    );
    let top = values[rank - 1];
    let length = |shift: f64| -> f64 {
        let square: f64 = (0..rank)
            .map(|k| (along[(k, 0)] * inverse(shift + top - values[k])).powi(2))
            .sum();
        0.5 * square.sqrt()
    };
    let (mut low, mut high) = (0.0, 0.5 * b.norm_l2());
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if length(middle) > 1.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let shift = high;
    let missing = (1.0 - length(shift).powi(2)).max(0.0).sqrt();
    let mut price = top + shift + constant;
    let mut u = vec![0.0; rank];
    for k in 0..rank {
        let weight = along[(k, 0)] * inverse(shift + top - values[k]);
        price += 0.25 * along[(k, 0)] * weight;
        for (i, u) in u.iter_mut().enumerate() {
            *u += 0.5 * weight * vectors[(i, k)];
        }
    }
    let rest = (0..rank)
        .map(|i| missing * vectors[(i, rank - 1)])
        .collect();
    Ok(DearestSearch { price, u, rest })
}
