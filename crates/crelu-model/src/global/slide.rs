use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use linalg_core::{Control, axpy, dot, norm};
use pulp::Arch;

use super::neurons::Neurons;
use super::problem::GlobalProblem;
use super::rows::{sum_over_rows, tile_rows};
use linalg_core::Lbfgs;

/// Moves all directions and weights together: L-BFGS on balanced neurons, `w_i = sqrt(c_i) u_i`
/// with output weights `a_i = s_i sqrt(c_i)` and the penalty `beta_sum (|w|^2 + |a|^2) / 2`. The
/// neurons are replaced only if their objective falls; says by how much, in sum scaling.
///
/// **Cost** `4 n rank m` flops an iteration, a little more for line searches.
pub fn slide(
    problem: &GlobalProblem,
    neurons: &mut Neurons,
    iterations: usize,
    control: &Control<'_>,
) -> f64 {
    let (rank, m) = (neurons.rank(), neurons.len());
    if m == 0 || rank == 0 {
        return 0.0;
    }
    let before = neurons.objective(problem);
    let mut x = vec![0.0; m * (rank + 1)];
    for i in 0..m {
        let root = neurons.weights()[i].sqrt();
        for (x, u) in x[i * rank..].iter_mut().zip(neurons.direction(i)) {
            *x = root * u;
        }
        x[m * rank + i] = neurons.signs()[i] * root;
    }
    let mut lbfgs = Lbfgs::new(x.len());
    let ended = lbfgs.minimise(
        &mut |x, gradient| balanced(problem, rank, x, gradient),
        &mut x,
        iterations,
        &mut || control.halt().is_none(),
    );
    if ended.value >= before || ended.value.is_nan() {
        return 0.0;
    }
    let mut moved = Neurons::none(rank);
    for i in 0..m {
        let (w, a) = (&x[i * rank..(i + 1) * rank], x[m * rank + i]);
        if a != 0.0 {
            moved.push(w, a.signum(), norm(w) * a.abs());
        }
    }
    let after = moved.objective(problem);
    if after < before {
        *neurons = moved;
        before - after
    } else {
        0.0
    }
}

/// What a task sums up over its rows.
struct Sums {
    loss: f64,
    slopes: Vec<f64>,
    tile: Vec<f64>,
    fitted: Vec<f64>,
    theta: Vec<f64>,
}

/// Value and gradient of the balanced objective; every tile of rows is gone through once, for
/// outputs, residual and both products.
fn balanced(problem: &GlobalProblem, rank: usize, x: &[f64], gradient: &mut [f64]) -> f64 {
    let m = x.len() / (rank + 1);
    let (w, a) = x.split_at(m * rank);
    let tile = tile_rows(problem.n_samples());
    let make = || Sums {
        loss: 0.0,
        slopes: vec![0.0; x.len()],
        tile: vec![0.0; tile * m],
        fitted: vec![0.0; tile],
        theta: vec![0.0; tile],
    };
    let hidden = MatRef::from_column_major_slice(w, rank, m);
    let arch = Arch::new();
    let sums = sum_over_rows(problem.n_samples(), make, |sums, rows| {
        let count = rows.len();
        let part = problem.data().subcols(rows.start, count);
        let images = &mut sums.tile[..count * m];
        matmul(
            MatMut::from_column_major_slice_mut(images, count, m),
            Accum::Replace,
            part.transpose(),
            hidden,
            1.0,
            Par::Seq,
        );
        let fitted = &mut sums.fitted[..count];
        fitted.fill(0.0);
        arch.dispatch(
            #[inline(always)]
            || {
                for (column, a) in images.chunks_exact(count).zip(a) {
                    for (f, h) in fitted.iter_mut().zip(column) {
                        *f += a * h.max(0.0);
                    }
                }
            },
        );
        let slope = &mut sums.theta[..count];
        sums.loss += problem.loss_of_rows(rows, fitted, slope);
        let (to_w, to_a) = sums.slopes.split_at_mut(m * rank);
        for ((column, a), to_a) in images.chunks_exact_mut(count).zip(a).zip(to_a) {
            *to_a += arch.dispatch(
                #[inline(always)]
                || {
                    let mut along = [0.0_f64; 8];
                    for (h, s) in column.chunks_mut(8).zip(slope.chunks(8)) {
                        for ((h, s), sum) in h.iter_mut().zip(s).zip(&mut along) {
                            *sum += h.max(0.0) * s;
                            *h = if *h > 0.0 { a * s } else { 0.0 };
                        }
                    }
                    along.iter().sum::<f64>()
                },
            );
        }
        matmul(
            MatMut::from_column_major_slice_mut(to_w, rank, m),
            Accum::Add,
            part,
            MatRef::from_column_major_slice(images, count, m),
            1.0,
            Par::Seq,
        );
    });
    linalg_core::combine(problem.beta_sum(), x, 0.0, x, gradient);
    let mut value = 0.5 * problem.beta_sum() * dot(x, x);
    for sum in &sums {
        value += sum.loss;
        axpy(1.0, &sum.slopes, gradient);
    }
    value
}
