use faer::Mat;
use linalg_core::for_each_mut;

use super::ball::Ball;
use super::directed::{add_up, norm_up, sub_down};
use super::margin::{MARGIN, MARGIN_GROWTH, MARGINS};
use super::positive::Arrow;
use super::units::Scaled;
use crate::certificate::{BlockMultipliers, ProductMultipliers};

/// An upper bound of `max_{|u| = 1} q'(X u)_+`: with the row's own pair `z = (v + Xu) / 2`,
/// `z' = (v - Xu) / 2`, the form `U (a^2 + |u|^2) / 2 - T(a, u, v)` of [`ProductMultipliers`] is an
/// arrow, its corner `(a, u)`, and positive semidefinite for the `U` returned.
///
/// Multipliers outside their cones are moved inside; a row of no block adds `(q_i)_+ |x_i|`. **Cost** `4 m d (m + d)` flops a block and a
/// few times `m^3 / 3`.
pub(super) fn price(data: &Scaled, q: &[f64], multipliers: &ProductMultipliers) -> Option<f64> {
    let mut parts: Vec<(&BlockMultipliers, Option<Part>)> = multipliers
        .blocks
        .iter()
        .map(|block| (block, None))
        .collect();
    for_each_mut(&mut parts, |_, (block, part)| {
        *part = Some(assemble(data, q, block));
    });
    let trace = data.multiplier(multipliers.trace, -1, -1);
    let trace = if trace.is_finite() { trace } else { 0.0 };
    let side = data.x.ncols() + 1;
    let mut sum = Ball::exact(Mat::zeros(side, side));
    let mut blocks = Vec::with_capacity(parts.len());
    for part in parts.into_iter().filter_map(|part| part.1) {
        sum = Ball::sum(&[(1.0, &sum), (1.0, &part.corner)]);
        blocks.push((part.square, part.border));
    }
    let mut arrow = Arrow {
        blocks,
        corner: sum,
    };
    let corner = arrow.corner.clone();
    let raise = |arrow: &mut Arrow, half: f64| {
        for i in 0..side {
            let by = if i == 0 {
                sub_down(half, trace)
            } else {
                sub_down(half, -trace)
            };
            // one more rounding: downwards
            arrow.corner.mid[(i, i)] = sub_down(corner.mid[(i, i)], -by);
        }
    };
    raise(&mut arrow, 0.0);
    let estimate = arrow.shortfall()?.max(0.0);
    let trivial = data.trivial_price(q);
    let alone = price_of_others(data, q, multipliers);
    (0..MARGINS).find_map(|k| {
        let half = add_up(estimate, trivial * MARGIN * MARGIN_GROWTH.powi(k));
        raise(&mut arrow, half);
        arrow.is_positive().then_some(add_up(2.0 * half, alone))
    })
}

/// What the rows of no block cost at most: `(x_i'u)_+ <= |x_i| |u|`.
fn price_of_others(data: &Scaled, q: &[f64], multipliers: &ProductMultipliers) -> f64 {
    let mut alone = q.to_vec();
    for row in multipliers.blocks.iter().flat_map(|block| &block.rows) {
        alone[*row] = 0.0;
    }
    data.trivial_price(&alone)
}

/// What one block adds to `-T`: its own square, its border to `(a, u)`, its share of the corner.
struct Part {
    square: Ball,
    border: Ball,
    corner: Ball,
}

/// Middle or radius.
type Pick = fn(&Ball) -> &Mat<f64>;

fn assemble(data: &Scaled, q: &[f64], block: &BlockMultipliers) -> Part {
    let (m, d) = (block.rows.len(), data.x.ncols());
    let x = Ball::exact(Mat::from_fn(m, d, |i, j| data.x[(block.rows[i], j)]));
    let entry = products(data, block);
    let part = |rows: usize, columns: usize| {
        Ball::exact(Mat::from_fn(m, m, |i, j| {
            entry[(rows * m + i, columns * m + j)]
        }))
    };
    // t'Qt with z = (v + w) / 2, z' = (v - w) / 2, w = X u
    let (zz, zc, cz, cc) = (part(0, 0), part(0, 1), part(1, 0), part(1, 1));
    let even = Ball::sum(&[(0.25, &zz), (0.25, &zc), (0.25, &cz), (0.25, &cc)]);
    let mixed = Ball::sum(&[(0.25, &zz), (-0.25, &zc), (0.25, &cz), (-0.25, &cc)]);
    let odd = Ball::sum(&[(0.25, &zz), (-0.25, &zc), (-0.25, &cz), (0.25, &cc)]);
    // z_i (p_i a - P_i'u) + z'_i (p'_i a - P'_i'u)
    let (bounds, directions) = cones(data, block);
    let half = |first: usize| Ball::exact(Mat::from_fn(m, d, |i, j| directions[(j, first + i)]));
    let (at_z, at_c) = (half(0), half(m));
    let slope_v = Ball::sum(&[(0.25, &at_z), (0.25, &at_c)]);
    let slope_w = Ball::sum(&[(0.25, &at_z), (-0.25, &at_c)]);
    let prices: Vec<f64> = block.rows.iter().map(|&i| q[i]).collect();
    let theta = Ball::column(&prices);
    let (p_z, p_c) = (Ball::column(&bounds[..m]), Ball::column(&bounds[m..]));
    let a_v = Ball::sum(&[(0.25, &theta), (0.25, &p_z), (0.25, &p_c)]);
    let a_w = Ball::sum(&[(0.25, &theta), (0.25, &p_z), (-0.25, &p_c)]);
    let u_v = Ball::sum(&[(1.0, &mixed.times(&x)), (-1.0, &slope_v)]);
    let xt = x.transposed();
    let a_u = xt.times(&a_w);
    // u'X'(odd X - slope_w) u, the second part from both sides
    let curved = xt.times(&odd.times(&x));
    let tilted = xt.times(&slope_w);
    let u_u = Ball::sum(&[
        (1.0, &curved),
        (-1.0, &tilted),
        (-1.0, &tilted.transposed()),
    ]);
    let border = |pick: Pick, sign: f64| {
        Mat::from_fn(m, d + 1, |i, j| match j {
            0 => sign * pick(&a_v)[(i, 0)],
            _ => sign * pick(&u_v)[(i, j - 1)],
        })
    };
    let corner = |pick: Pick, sign: f64| {
        Mat::from_fn(d + 1, d + 1, |i, j| match (i.max(j), i.min(j)) {
            (0, 0) => 0.0,
            (k, 0) => sign * pick(&a_u)[(k - 1, 0)],
            (k, l) => sign * pick(&u_u)[(k - 1, l - 1)],
        })
    };
    let (mid, rad): (Pick, Pick) = (|b| &b.mid, |b| &b.rad);
    Part {
        square: Ball::sum(&[(-1.0, &even)]),
        border: Ball {
            mid: border(mid, -1.0),
            rad: border(rad, 1.0),
        },
        corner: Ball {
            mid: corner(mid, -1.0),
            rad: corner(rad, 1.0),
        },
    }
}

/// The products' multipliers, symmetric, finite and nonnegative but at `(z_i, z'_i)`.
fn products(data: &Scaled, block: &BlockMultipliers) -> Mat<f64> {
    let m = block.rows.len();
    let side = 2 * m;
    let mut entry = Mat::zeros(side, side);
    for j in 0..side {
        for i in j..side {
            let user = 0.5 * (block.products[j * side + i] + block.products[i * side + j]);
            let value = data.multiplier(user, 1, -1);
            let is_free = i == j + m;
            let is_usable = value.is_finite() && (is_free || value > 0.0);
            let value = if is_usable { value } else { 0.0 };
            entry[(i, j)] = value;
            entry[(j, i)] = value;
        }
    }
    entry
}

/// The bounds `p >= |P|` of `(z, z')`, and the directions, a column each.
fn cones(data: &Scaled, block: &BlockMultipliers) -> (Vec<f64>, Mat<f64>) {
    let (side, d) = (2 * block.rows.len(), data.x.ncols());
    let mut directions = Mat::from_fn(d, side, |j, i| {
        data.multiplier(block.direction[i * d + j], 0, -1)
    });
    let bounds = (0..side)
        .map(|i| {
            let mut norm = norm_up((0..d).map(|j| (directions[(j, i)], 0.0)));
            if !norm.is_finite() {
                norm = 0.0;
                (0..d).for_each(|j| directions[(j, i)] = 0.0);
            }
            let bound = data.multiplier(block.bound[i], 0, -1);
            // not so for NaN
            if bound > norm && bound.is_finite() {
                bound
            } else {
                norm
            }
        })
        .collect();
    (bounds, directions)
}
