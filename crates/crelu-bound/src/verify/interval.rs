use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Accum, Mat, Par};
use linalg_core::product;

use super::ball::Ball;
use super::directed::{add_up, div_down, div_up, mul_up, norm_up, sub_down};
use super::margin::{MARGIN, MARGIN_GROWTH, MARGINS};
use super::positive::{Arrow, factor};
use super::units::Scaled;
use crate::certificate::IntervalMultipliers;

/// The range of `mu` at data of size one: its quarter and its fourfold must be exact.
const MU_RANGE: core::ops::Range<f64> = 1e-280..1e280;

/// One row's share of the bound: `weight z^2 + linear x'u - slope (x'V V'u)(x'u) + constant`.
struct Row {
    weight: f64,
    linear: f64,
    slope: f64,
    constant: f64,
}

/// An upper bound of `max_{|u| = 1} q'(X u)_+` from two inequalities a row:
///
/// ```text
///     q z <= mu z^2 / 4 + q x'u / 2 + q^2 / (4 mu)         q > 0,  z^2 <= (x'u)^2
///    -|q| z <= -t x'u - (D'u)(x'u)                         |D| <= min(t, |q| - t), D = g V V'x
/// ```
///
/// so the price is at most `max_{|u| = 1} u'A u + b'u + c`, and that is at most `U` when, for
/// some `lambda`, `[[U - c - lambda, -b'/2], [-b/2, lambda I - A]]` is positive semidefinite.
///
/// **Cost** (a sign) `12 n d^2` flops and about 15 Cholesky factorisations of side `d`.
pub(super) fn price(data: &Scaled, q: &[f64], multipliers: &IntervalMultipliers) -> Option<f64> {
    let d = data.x.ncols();
    let image = directions(data, multipliers);
    let rows: Vec<Row> = (0..q.len())
        .map(|i| {
            let stretch = image
                .as_ref()
                .map_or(0.0, |image| norm_up((0..d).map(|j| (image[(i, j)], 0.0))));
            row(data, q[i], i, multipliers, stretch)
        })
        .collect();
    let constant = rows.iter().fold(0.0, |sum, row| match row.constant == 0.0 {
        true => sum,
        false => add_up(sum, row.constant),
    });
    let weights: Vec<f64> = rows.iter().map(|row| row.weight).collect();
    let linear: Vec<f64> = rows.iter().map(|row| row.linear).collect();
    let transposed = Ball::exact(data.x.transpose().to_owned());
    let b = transposed.times(&Ball::column(&linear));
    let mut a = transposed.times(&Ball::row_scaled(&weights, data.x.as_ref()));
    if let Some(image) = &image {
        let slopes: Vec<f64> = rows.iter().map(|row| row.slope).collect();
        let turned = transposed.times(&Ball::row_scaled(&slopes, image.as_ref()));
        a = Ball::sum(&[(1.0, &a), (-0.5, &turned), (-0.5, &turned.transposed())]);
    }
    let trivial = data.trivial_price(q);
    let (lambda, value) = best_shift(&a.mid, &b.mid)?;
    (0..MARGINS).find_map(|k| {
        let margin = trivial * MARGIN * MARGIN_GROWTH.powi(k);
        let lambda = lambda + margin;
        let price = add_up(constant + value.max(-constant), 3.0 * margin);
        border(&a, &b, lambda, price, constant)
            .is_positive()
            .then_some(price)
    })
}

/// `[[price - constant - lambda, -b'/2], [-b/2, lambda I - A]]`, the first entry rounded down.
fn border(a: &Ball, b: &Ball, lambda: f64, price: f64, constant: f64) -> Arrow {
    let d = a.mid.nrows();
    let mut corner = Ball::exact(Mat::zeros(d + 1, d + 1));
    corner.mid[(0, 0)] = sub_down(sub_down(price, constant), lambda);
    for j in 0..d {
        corner.mid[(j + 1, 0)] = -0.5 * b.mid[(j, 0)];
        corner.rad[(j + 1, 0)] = 0.5 * b.rad[(j, 0)];
        for i in j..d {
            corner.mid[(i + 1, j + 1)] = -a.mid[(i, j)];
            corner.rad[(i + 1, j + 1)] = a.rad[(i, j)];
        }
        corner.mid[(j + 1, j + 1)] = sub_down(lambda, a.mid[(j, j)]);
    }
    Arrow {
        blocks: Vec::new(),
        corner,
    }
}

/// `V V'x_i` in rows, as computed: a multiplier is a free choice, so these numbers are taken as exact
/// from here on. `None` where they are absent or not finite.
fn directions(data: &Scaled, multipliers: &IntervalMultipliers) -> Option<Mat<f64>> {
    let (n, d, width) = (data.x.nrows(), data.x.ncols(), multipliers.width);
    if width == 0 || !multipliers.factor.iter().all(|v| v.is_finite()) {
        return None;
    }
    let v = Mat::from_fn(d, width, |i, k| multipliers.factor[k * d + i]);
    let mut along = Mat::zeros(n, width);
    let (x, v) = (data.x.as_ref(), v.as_ref());
    product(along.as_mut(), Accum::Replace, x, v, 1.0);
    let mut out = Mat::zeros(n, d);
    let (to, along) = (out.as_mut(), along.as_ref());
    product(to, Accum::Replace, along, v.transpose(), 1.0);
    let is_finite = (0..d).all(|j| (0..n).all(|i| out[(i, j)].is_finite()));
    is_finite.then_some(out)
}

/// The row's multipliers inside their cones, whatever the certificate says.
fn row(data: &Scaled, q: f64, i: usize, m: &IntervalMultipliers, stretch: f64) -> Row {
    let norm = data.norms[i];
    let mut row = Row {
        weight: 0.0,
        linear: 0.0,
        slope: 0.0,
        constant: 0.0,
    };
    if norm == 0.0 || q == 0.0 {
        return row;
    }
    if q > 0.0 {
        row.linear = 0.5 * q;
        let offered = data.multiplier(m.mu[i], 1, -1);
        for mu in [offered, q / norm] {
            let constant = div_up(mul_up(q, q), 4.0 * mu);
            if MU_RANGE.contains(&mu) && constant.is_finite() {
                (row.weight, row.constant) = (0.25 * mu, constant);
                return row;
            }
        }
        row.constant = mul_up(0.5 * q, norm); // |x'u| <= |x|
        return row;
    }
    let size = -q;
    let t = data.multiplier(m.t[i], 0, -1);
    let t = if t > 0.0 { t.min(size) } else { 0.0 }; // not so for NaN
    row.linear = -t;
    let room = t.min(sub_down(size, t));
    let slope = data.multiplier(m.g[i], 1, -1);
    let most = div_down(room, stretch);
    if slope.is_finite() && most.is_finite() && most > 0.0 {
        row.slope = slope.clamp(-most, most);
    }
    row
}

/// Where the search of the shift stops, relative to the size of the problem.
const RESOLUTION: f64 = 1e-14;
/// Where `|(lambda I - A)^-1 b| = 2` holds well enough: the value is flat there.
const SECULAR: f64 = 1e-7;
/// Most factorisations of one search.
const STEPS: usize = 60;

/// About the `lambda` that minimises `lambda + b'(lambda I - A)^-1 b / 4`, and the value: Newton
/// on `1 / |(lambda I - A)^-1 b| = 1/2` inside a bracket (Moré & Sorensen 1983). Untrusted.
pub(crate) fn best_shift(a: &Mat<f64>, b: &Mat<f64>) -> Option<(f64, f64)> {
    let d = a.nrows();
    let row = |i: usize| (0..d).map(|j| a[(i.max(j), i.min(j))].abs()).sum::<f64>();
    let size = (0..d).map(row).fold(0.0, f64::max) + b.norm_l2();
    if !size.is_finite() {
        return None;
    }
    let mut low = (0..d).map(|i| a[(i, i)]).fold(-size, f64::max);
    let (mut high, mut lambda) = (size, size * (1.0 + RESOLUTION));
    let mut best = (lambda, f64::INFINITY);
    for _ in 0..STEPS {
        let mut l = Mat::from_fn(d, d, |i, j| match i == j {
            true => lambda - a[(i, i)],
            false => -a[(i.max(j), i.min(j))],
        });
        let mut next = f64::NAN;
        if factor(l.as_mut()) {
            let mut y = b.clone();
            solve_lower_triangular_in_place(l.as_ref(), y.as_mut(), Par::Seq);
            let value = lambda + 0.25 * y.squared_norm_l2();
            if value < best.1 {
                best = (lambda, value);
            }
            solve_upper_triangular_in_place(l.transpose(), y.as_mut(), Par::Seq);
            let length = y.norm_l2();
            solve_lower_triangular_in_place(l.as_ref(), y.as_mut(), Par::Seq);
            let bend = y.squared_norm_l2();
            match length > 2.0 {
                true => low = lambda,
                false => high = lambda,
            }
            if (length - 2.0).abs() <= SECULAR {
                break;
            }
            next = lambda + length * length * (length - 2.0) / (2.0 * bend);
        } else {
            low = lambda;
        }
        if high - low <= RESOLUTION * size {
            break;
        }
        let is_inside = next > low && next < high; // not so for NaN
        lambda = if is_inside { next } else { 0.5 * (low + high) };
    }
    best.1.is_finite().then_some(best)
}
