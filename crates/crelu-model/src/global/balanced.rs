use core::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use linalg_core::{Real, dot, for_each_mut};
use pulp::{Arch, WithSimd};

use super::problem::GlobalProblem;
use super::rows::{row_tasks, tile_rows, tiles};

/// Value and gradient of the balanced objective, with `w_i = sqrt(c_i) u_i`, `a_i = s_i sqrt(c_i)`:
///
/// ```text
///     loss(sum_i a_i (R w_i)_+, y) + beta_sum (|w|^2 + |a|^2) / 2
/// ```
///
/// **Shapes** a point: `rank * m` numbers of `w`, then `m` of `a`.
///
/// The images `R w_i` and the slopes are made in `T`, loss and sums over tasks in `f64`. All memory
/// is taken when it is made.
pub(super) struct Balanced<'a, T> {
    problem: &'a GlobalProblem,
    /// `R'` in `T`, times `scale`.
    data: MatRef<'a, T>,
    scale: f64,
    hidden: Vec<T>,
    outer: Vec<T>,
    tasks: Vec<Task<T>>,
}

/// What a task works on and sums up over its rows.
struct Task<T> {
    rows: Range<usize>,
    loss: f64,
    slopes: Vec<T>,
    tile: Vec<T>,
    fitted: Vec<T>,
    outputs: Vec<f64>,
    by_output: Vec<f64>,
    theta: Vec<T>,
}

impl<'a> Balanced<'a, f64> {
    /// For `m` neurons, in `f64`.
    pub(super) fn wide(problem: &'a GlobalProblem, m: usize) -> Self {
        Self::new(problem, problem.data(), 1.0, m)
    }
}

impl<'a> Balanced<'a, f32> {
    /// For `m` neurons, with products in `f32`.
    pub(super) fn narrow(problem: &'a GlobalProblem, m: usize) -> Self {
        Self::new(problem, problem.narrow(), problem.narrow_scale(), m)
    }
}

impl<'a, T: Real> Balanced<'a, T> {
    fn new(problem: &'a GlobalProblem, data: MatRef<'a, T>, scale: f64, m: usize) -> Self {
        let (rank, n) = (problem.rank(), problem.n_samples());
        let zero = T::of(0.0);
        let make = |rows: Range<usize>| {
            let tile = tile_rows(rows.len());
            Task {
                rows,
                loss: 0.0,
                slopes: vec![zero; m * (rank + 1)],
                tile: vec![zero; tile * m],
                fitted: vec![zero; tile],
                outputs: vec![0.0; tile],
                by_output: vec![0.0; tile],
                theta: vec![zero; tile],
            }
        };
        Self {
            problem,
            data,
            scale,
            hidden: vec![zero; m * rank],
            outer: vec![zero; m],
            tasks: row_tasks(n, 4 * rank * m).into_iter().map(make).collect(),
        }
    }

    /// The value at `x`, and the gradient there.
    ///
    /// **Cost** `4 n rank m` flops; every tile of rows is gone through once, for outputs, residual
    /// and both products.
    pub(super) fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (problem, data) = (self.problem, self.data);
        let rank = problem.rank();
        let (w, a) = x.split_at(self.hidden.len());
        for (narrow, w) in self.hidden.iter_mut().zip(w) {
            *narrow = T::of(*w / self.scale);
        }
        for (narrow, a) in self.outer.iter_mut().zip(a) {
            *narrow = T::of(*a);
        }
        problem
            .work()
            .add_products(2, problem.n_samples(), rank, a.len());
        let (hidden, outer) = (&self.hidden[..], &self.outer[..]);
        for_each_mut(&mut self.tasks, |_, task| {
            task.loss = 0.0;
            task.slopes.fill(T::of(0.0));
            for rows in tiles(task.rows.clone()) {
                task.work(
                    problem,
                    data.subcols(rows.start, rows.len()),
                    hidden,
                    outer,
                    rows,
                );
            }
        });
        linalg_core::combine(problem.beta_sum(), x, 0.0, x, gradient);
        let mut value = 0.5 * problem.beta_sum() * dot(x, x);
        let (to_w, to_a) = gradient.split_at_mut(rank * a.len());
        for task in &self.tasks {
            value += task.loss;
            let (from_w, from_a) = task.slopes.split_at(to_w.len());
            add_widened(1.0 / self.scale, from_w, to_w);
            add_widened(1.0, from_a, to_a);
        }
        value
    }
}

fn add_widened<T: Real>(factor: f64, from: &[T], to: &mut [f64]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (to, from) in to.iter_mut().zip(from) {
                *to += factor * from.wide();
            }
        },
    );
}

/// Partial sums of a column: enough to keep the vector units busy.
const LANES: usize = 16;

impl<T: Real> Task<T> {
    /// One tile: `part` is `rank x rows`.
    fn work(
        &mut self,
        problem: &GlobalProblem,
        part: MatRef<'_, T>,
        hidden: &[T],
        outer: &[T],
        rows: Range<usize>,
    ) {
        let (rank, count, m) = (part.nrows(), rows.len(), outer.len());
        let tile = &mut self.tile[..count * m];
        matmul(
            MatMut::from_column_major_slice_mut(tile, count, m),
            Accum::Replace,
            part.transpose(),
            MatRef::from_column_major_slice(hidden, rank, m),
            T::of(1.0),
            Par::Seq,
        );
        let arch = Arch::new();
        let fitted = &mut self.fitted[..count];
        arch.dispatch(OpenSum {
            columns: tile,
            outer,
            fitted,
        });
        let (outputs, by_output) = (&mut self.outputs[..count], &mut self.by_output[..count]);
        for (wide, f) in outputs.iter_mut().zip(&*fitted) {
            *wide = f.wide();
        }
        self.loss += problem.loss_of_rows(rows, outputs, by_output);
        let theta = &mut self.theta[..count];
        for (narrow, slope) in theta.iter_mut().zip(&*by_output) {
            *narrow = T::of(*slope);
        }
        let (to_w, to_a) = self.slopes.split_at_mut(m * rank);
        arch.dispatch(Slopes {
            columns: tile,
            outer,
            theta,
            to_a,
        });
        matmul(
            MatMut::from_column_major_slice_mut(to_w, rank, m),
            Accum::Add,
            part,
            MatRef::from_column_major_slice(tile, count, m),
            T::of(1.0),
            Par::Seq,
        );
    }
}

/// `fitted = sum_i a_i (column_i)_+`.
struct OpenSum<'a, T> {
    columns: &'a [T],
    outer: &'a [T],
    fitted: &'a mut [T],
}

impl<T: Real> WithSimd for OpenSum<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let zero = T::of(0.0);
        self.fitted.fill(zero);
        let columns = self.columns.chunks_exact(self.fitted.len());
        for (column, &a) in columns.zip(self.outer) {
            for (f, &h) in self.fitted.iter_mut().zip(column) {
                let open = if h > zero { h } else { zero };
                *f += a * open;
            }
        }
    }
}

/// `to_a_i += theta'(column_i)_+`, and the columns become `a_i theta 1[column_i > 0]`.
struct Slopes<'a, T> {
    columns: &'a mut [T],
    outer: &'a [T],
    theta: &'a [T],
    to_a: &'a mut [T],
}

impl<T: Real> WithSimd for Slopes<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        let zero = T::of(0.0);
        let (thetas, last) = self.theta.as_chunks::<LANES>();
        let columns = self.columns.chunks_exact_mut(self.theta.len());
        for ((column, &a), to_a) in columns.zip(self.outer).zip(self.to_a) {
            let mut along = [zero; LANES];
            let (heads, tail) = column.as_chunks_mut::<LANES>();
            for (h, s) in heads.iter_mut().zip(thetas) {
                for l in 0..LANES {
                    let open = if h[l] > zero { s[l] } else { zero };
                    along[l] += h[l] * open;
                    h[l] = a * open;
                }
            }
            for ((h, &s), sum) in tail.iter_mut().zip(last).zip(&mut along) {
                let open = if *h > zero { s } else { zero };
                *sum += *h * open;
                *h = a * open;
            }
            *to_a += along.iter().copied().sum::<T>();
        }
    }
}
