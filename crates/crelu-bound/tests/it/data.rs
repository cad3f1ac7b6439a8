//! Problems and certificates from a seed.

use crelu_bound::{
    BlockMultipliers, BoundProblem, Certificate, IntervalMultipliers, ProductMultipliers, Proof,
    SIGNS,
};
use faer::Mat;
use testkit::Stream;

/// Data of a problem.
#[derive(Debug, Clone)]
pub(crate) struct Data {
    pub(crate) x: Mat<f64>,
    pub(crate) y: Vec<f64>,
    pub(crate) beta: f64,
}

impl Data {
    pub(crate) fn problem(&self) -> BoundProblem<'_> {
        BoundProblem::new(self.x.as_ref(), &self.y, self.beta).unwrap()
    }
}

/// Targets of two neurons and noise; `beta` a share of `max_u |y'(X u)_+| / n` (sampled).
pub(crate) fn teacher(n: usize, rank: usize, share: f64, seed: u64) -> Data {
    let mut rng = Stream::new(seed);
    let x = Mat::from_fn(n, rank, |_, j| {
        if rank > 1 && j + 1 == rank {
            1.0
        } else {
            rng.normal()
        }
    });
    let (u, w) = (rng.normals(rank), rng.normals(rank));
    let y: Vec<f64> = (0..n)
        .map(|i| {
            let z = |u: &[f64]| (0..rank).map(|j| x[(i, j)] * u[j]).sum::<f64>().max(0.0);
            z(&u) - z(&w) + 0.3 * rng.normal()
        })
        .collect();
    let beta = share * sampled_price(&x, &y, &mut rng) / n as f64;
    Data { x, y, beta }
}

/// A lower bound of `max_{|u| = 1} |theta'(X u)_+|`: random directions and power steps.
pub(crate) fn sampled_price(x: &Mat<f64>, theta: &[f64], rng: &mut Stream) -> f64 {
    let (n, d) = (x.nrows(), x.ncols());
    let mut best = 0.0_f64;
    for trial in 0..300 {
        let sign = if trial % 2 == 0 { 1.0 } else { -1.0 };
        let mut u = rng.normals(d);
        for _ in 0..6 {
            let norm = u.iter().map(|v| v * v).sum::<f64>().sqrt();
            u.iter_mut().for_each(|v| *v /= norm);
            let mut slope = vec![0.0; d];
            let mut price = 0.0;
            for i in 0..n {
                let z: f64 = (0..d).map(|j| x[(i, j)] * u[j]).sum();
                if z > 0.0 {
                    price += sign * theta[i] * z;
                    (0..d).for_each(|j| slope[j] += sign * theta[i] * x[(i, j)]);
                }
            }
            best = best.max(price);
            if slope.iter().all(|v| *v == 0.0) {
                break;
            }
            u = slope;
        }
    }
    best
}

/// What the triangle inequality says of both prices of `theta`: a certificate that proves no less has
/// proven nothing.
pub(crate) fn trivial_price(x: &Mat<f64>, theta: &[f64]) -> f64 {
    let side = |sign: f64| -> f64 {
        let terms = theta.iter().enumerate();
        terms
            .map(|(i, t)| (sign * t).max(0.0) * x.row(i).norm_l2())
            .sum()
    };
    side(1.0).max(side(-1.0))
}

/// Without its first block of either sign.
pub(crate) fn without_a_block(of: &Certificate) -> Certificate {
    let mut out = of.clone();
    if let Proof::Products(both) = &mut out.proof {
        both.iter_mut().for_each(|m| drop(m.blocks.remove(0)));
    }
    out
}

/// Multipliers inside their cones, at random about sensible values.
pub(crate) fn interval(data: &Data, theta: &[f64], rng: &mut Stream) -> Certificate {
    let (n, d) = (data.x.nrows(), data.x.ncols());
    let width = 1 + rng.below(2);
    let both = SIGNS.map(|_| IntervalMultipliers {
        mu: (0..n)
            .map(|i| theta[i].abs() * (0.2 + 2.0 * rng.uniform()))
            .collect(),
        t: (0..n).map(|i| theta[i].abs() * rng.uniform()).collect(),
        g: (0..n)
            .map(|i| theta[i].abs() * rng.normal() * 0.3)
            .collect(),
        factor: rng.normals(d * width),
        width,
    });
    Certificate::new(theta.to_vec(), Proof::Interval(Box::new(both)))
}

/// Products' multipliers inside their cones, with `(ii)` strong enough for positive blocks.
pub(crate) fn products(data: &Data, theta: &[f64], blocks: usize, rng: &mut Stream) -> Certificate {
    let (n, d) = (data.x.nrows(), data.x.ncols());
    let both = SIGNS.map(|_| {
        let parts = (0..blocks).filter_map(|b| {
            let rows: Vec<usize> = (b..n).step_by(blocks).collect();
            (!rows.is_empty()).then(|| block(d, theta, rows, rng))
        });
        let blocks = parts.collect();
        ProductMultipliers {
            blocks,
            trace: rng.normal() * 0.1,
        }
    });
    Certificate::new(theta.to_vec(), Proof::Products(Box::new(both)))
}

fn block(d: usize, theta: &[f64], rows: Vec<usize>, rng: &mut Stream) -> BlockMultipliers {
    let m = rows.len();
    let side = 2 * m;
    let size = theta.iter().fold(1e-3_f64, |s, t| s.max(t.abs()));
    let mut products = vec![0.0; side * side];
    for j in 0..side {
        for i in 0..j {
            let value = size * 0.1 * rng.uniform();
            products[j * side + i] = value;
            products[i * side + j] = value;
        }
    }
    for k in 0..m {
        let row: f64 = (0..side).map(|i| products[k * side + i]).sum();
        let partner: f64 = (0..side).map(|i| products[(k + m) * side + i]).sum();
        let value = -0.7 * (row + partner) - size * (0.2 + rng.uniform());
        products[k * side + k + m] = value;
        products[(k + m) * side + k] = value;
    }
    let direction: Vec<f64> = (0..d * side).map(|_| 0.2 * size * rng.normal()).collect();
    let bound = direction
        .chunks_exact(d)
        .map(|p| p.iter().map(|v| v * v).sum::<f64>().sqrt() * (1.0 + 0.1 * rng.uniform()))
        .collect();
    BlockMultipliers {
        rows,
        products,
        bound,
        direction,
    }
}
