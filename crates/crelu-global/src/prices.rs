use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use linalg_core::axpy;

use crate::neurons::Neurons;
use crate::problem::GlobalProblem;
use crate::rows::sum_over_rows;

/// The price of every neuron, `s_i theta'(R u_i)_+`, or `|theta'(R u_i)_+|` with several outputs, in
/// units of `beta_sum`.
#[must_use]
pub fn prices(problem: &GlobalProblem, theta: &[f64], neurons: &Neurons) -> Vec<f64> {
    let along = along(problem, &[theta], neurons);
    relative_prices(problem, neurons, &along[0])
}

/// The largest price at each of some dual points, in units of `beta_sum`.
pub(crate) fn prices_at(problem: &GlobalProblem, thetas: &[&[f64]], neurons: &Neurons) -> Vec<f64> {
    let along = along(problem, thetas, neurons);
    let largest = |along: &Mat<f64>| {
        let prices = relative_prices(problem, neurons, along);
        prices.into_iter().fold(0.0, f64::max)
    };
    along.iter().map(largest).collect()
}

/// `theta'(R U)_+` for each of some dual points, `K x m`.
fn along(problem: &GlobalProblem, thetas: &[&[f64]], neurons: &Neurons) -> Vec<Mat<f64>> {
    let (m, k) = (neurons.len(), problem.outputs());
    let work = problem.work();
    work.add_products(1, problem.n_all(), problem.entries(), m);
    work.add_products(1, problem.n_all(), m, k * thetas.len());
    let packed = neurons.packed();
    let zeros = || -> Vec<Mat<f64>> { thetas.iter().map(|_| Mat::zeros(k, m)).collect() };
    let sums = sum_over_rows(
        problem.n_samples(),
        2 * (problem.entries() + k * thetas.len()) * m,
        packed.tile_rows(),
        || (zeros(), packed.room()),
        |(sums, room), rows| {
            let (images, _) = packed.open(problem.rows(rows.clone()), room);
            for (sum, theta) in sums.iter_mut().zip(thetas) {
                let theta = &theta[rows.start * k..rows.end * k];
                matmul(
                    sum.as_mut(),
                    Accum::Add,
                    MatRef::from_column_major_slice(theta, k, rows.len()),
                    images.transpose(),
                    1.0,
                    Par::Seq,
                );
            }
        },
    );
    let mut all = zeros();
    for (parts, _) in &sums {
        for (sum, part) in all.iter_mut().zip(parts) {
            *sum += part;
        }
    }
    if let Some(shards) = problem.shards() {
        for sum in &mut all {
            let mut one: Vec<f64> = sum.col_iter().flat_map(|a| a.iter().copied()).collect();
            shards.join(&mut one);
            sum.copy_from(MatRef::from_column_major_slice(&one, k, m));
        }
    }
    all
}

fn relative_prices(problem: &GlobalProblem, neurons: &Neurons, along: &Mat<f64>) -> Vec<f64> {
    let price = |i: usize| match problem.outputs() {
        1 => neurons.signs()[i] * along[(0, i)],
        _ => along.col(i).norm_l2(),
    };
    (0..neurons.len())
        .map(|i| problem.relative(price(i)))
        .collect()
}

/// Gradients of prices, `rank x m`, and prices in units of `beta_sum`.
pub(crate) struct Slopes {
    pub(crate) gradients: Mat<f64>,
    pub(crate) prices: Vec<f64>,
}

/// `g_i = R'(theta a_i * 1[R u_i > 0])` in `f64`; with several outputs each neuron first gets its best
/// output direction, `theta'(R u_i)_+`.
pub(crate) fn slopes(problem: &GlobalProblem, theta: &[f64], neurons: &mut Neurons) -> Slopes {
    let (rank, m, k) = (problem.rank(), neurons.len(), problem.outputs());
    let work = problem.work();
    work.add_products(2, problem.n_all(), problem.entries(), m);
    let packed = neurons.packed();
    let mut prices = Vec::new();
    if k > 1 {
        let along = along(problem, &[theta], neurons);
        let mut best = Neurons::with_outputs(rank, k);
        for i in 0..m {
            let head: Vec<f64> = along[0].col(i).iter().copied().collect();
            best.push_head(neurons.direction(i), &head, neurons.weights()[i]);
        }
        prices = relative_prices(problem, &best, &along[0]);
        *neurons = best;
    }
    let heads = MatRef::from_column_major_slice(neurons.signs(), k, m);
    let sums = sum_over_rows(
        problem.n_samples(),
        problem.slope_flops(4 * (rank + k) * m),
        packed.tile_rows(),
        || (vec![0.0; packed.slope_len()], packed.room()),
        |(slopes, room), rows| {
            let theta = &theta[rows.start * k..rows.end * k];
            let part = problem.rows(rows.clone());
            if k == 1 {
                packed.climb(part, theta, slopes);
            } else {
                let theta = MatRef::from_column_major_slice(theta, k, rows.len());
                packed.climb_heads(part, theta, heads, room, slopes);
            }
        },
    );
    let mut slopes = vec![0.0; packed.slope_len()];
    for (sum, _) in &sums {
        axpy(1.0, sum, &mut slopes);
    }
    problem.join(&mut slopes);
    let slopes = packed.unpack(&slopes);
    let sign = |i: usize| if k == 1 { neurons.signs()[i] } else { 1.0 };
    let gradients = Mat::from_fn(rank, m, |j, i| sign(i) * slopes[i * rank + j]);
    if k == 1 {
        let price = |i: usize| {
            let u = neurons.direction(i);
            problem.relative((0..rank).map(|j| u[j] * gradients[(j, i)]).sum())
        };
        prices = (0..m).map(price).collect();
    }
    Slopes { gradients, prices }
}
