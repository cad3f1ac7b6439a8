use core::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use linalg_core::{axpy, dot, for_each_mut};
use pulp::Arch;

use crate::fused::{Lane, Layout, Level, Open, Part, Slopes, Spread, shared};
use crate::row_problem::RowProblem;
use crate::rows::{row_tasks, tiles};

/// Value and gradient of the balanced objective, with `w_i = sqrt(c_i) u_i`, `a_i = s_i sqrt(c_i)`:
///
/// ```text
///     loss(sum_i (R w_i)_+ a_i') + beta_sum (|w|^2 + |a|^2) / 2
/// ```
///
/// **Shapes** a point: `rank * m` numbers of `w`, then `K m` of `a`, a neuron's together.
///
/// The images `R w_i` and the slopes are made in `T`, loss and sums over tasks in `f64`. All memory
/// is taken when it is made.
pub(crate) struct Balanced<'a, T> {
    problem: &'a RowProblem,
    /// Rows in `T`, times `scale`.
    data: Part<'a, T>,
    scale: f64,
    level: Level,
    layout: Layout,
    /// `w` in `T`, column after column, then laid out for the passes.
    hidden: Vec<T>,
    packed: Vec<T>,
    /// `K` numbers a neuron, the padding among the neurons.
    outer: Vec<T>,
    tasks: Vec<Task<T>>,
    /// Rows after which sums go on in `f64`; all, where they are not.
    block: usize,
    /// Sums of the tasks: slopes, laid out, then those along outputs and the loss. Slopes column after column.
    slopes: Vec<f64>,
    by_column: Vec<f64>,
}

/// What a task works on and sums up over its rows.
struct Task<T> {
    rows: Range<usize>,
    loss: f64,
    slopes: Vec<T>,
    along: Vec<T>,
    /// Those of whole blocks of rows; empty where sums are not made by blocks.
    wide_slopes: Vec<f64>,
    wide_along: Vec<f64>,
    tile: Vec<T>,
    sums: Vec<T>,
    fitted: Vec<T>,
    outputs: Vec<f64>,
    by_output: Vec<f64>,
    theta: Vec<T>,
    /// `a_i'theta` of a tile, where there are several outputs.
    factors: Vec<T>,
    none: Vec<T>,
}

/// Numbers of a tile, about: an eighth of a megabyte in `f32`, which stays in a core's second cache
/// beside the columns ...
const TILE: usize = 32_768;
/// ... and its rows: the passes take eight at a time.
const FEWEST_ROWS: usize = 16;
const MOST_ROWS: usize = 256;
const SPARSE_ROWS: usize = 2048;

impl<'a> Balanced<'a, f64> {
    /// For `m` neurons, in `f64`.
    pub(crate) fn wide(problem: &'a RowProblem, m: usize) -> Self {
        let rows = problem.rows(0..problem.n_samples());
        Self::new(problem, rows, 1.0, m, None)
    }
}

impl<'a> Balanced<'a, f32> {
    /// For `m` neurons, with products in `f32`.
    pub(crate) fn narrow(problem: &'a RowProblem, m: usize) -> Self {
        let scale = problem.narrow_scale();
        Self::new(problem, problem.narrow(), scale, m, None)
    }

    /// The same, summed up in `f64` over blocks of so many rows.
    pub(crate) fn in_blocks(problem: &'a RowProblem, m: usize, block: usize) -> Self {
        let scale = problem.narrow_scale();
        Self::new(problem, problem.narrow(), scale, m, Some(block))
    }
}

impl<'a, T: Lane> Balanced<'a, T> {
    fn new(
        problem: &'a RowProblem,
        data: Part<'a, T>,
        scale: f64,
        m: usize,
        block: Option<usize>,
    ) -> Self {
        let (rank, n) = (problem.rank(), problem.n_samples());
        let level = Level::widest();
        let layout = Layout::new::<T>(level, m);
        let padded = layout.padded();
        let tile = tile_rows(padded, data.is_sparse());
        let zeros = |count: usize| vec![T::of(0.0); count];
        let k = problem.outputs();
        let many = usize::from(k > 1);
        let wide = |count: usize| vec![0.0; if block.is_some() { count } else { 0 }];
        let make = |rows: Range<usize>| Task {
            rows,
            loss: 0.0,
            wide_slopes: wide(rank * padded),
            wide_along: wide(k * padded),
            slopes: zeros(rank * padded),
            along: zeros(k * padded),
            tile: zeros(tile * padded),
            sums: zeros(tile * layout.lanes()),
            fitted: zeros(tile * k),
            outputs: vec![0.0; tile * k],
            by_output: vec![0.0; tile * k],
            theta: zeros(tile * k),
            factors: zeros(many * tile * padded),
            none: zeros(many * padded),
        };
        Self {
            problem,
            data,
            scale,
            level,
            hidden: zeros(m * rank),
            packed: zeros(padded * rank),
            outer: zeros(k * padded),
            tasks: aligned_tasks(n, problem.slope_flops(4 * (rank + k) * m), block)
                .into_iter()
                .map(make)
                .collect(),
            block: block.unwrap_or(n).max(1),
            slopes: vec![0.0; rank * padded + k * m + 1],
            by_column: vec![0.0; rank * m],
            layout,
        }
    }

    /// The value at `x`, and the gradient there.
    ///
    /// **Cost** `4 n rank m` flops, with several outputs `6 n K m` more; every tile of rows is gone through once, for outputs, residual
    /// and both products.
    pub(crate) fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (problem, data) = (self.problem, self.data);
        let (rank, m) = (problem.rank(), self.layout.columns());
        let (w, a) = x.split_at(self.hidden.len());
        for (narrow, w) in self.hidden.iter_mut().zip(w) {
            *narrow = T::of(*w / self.scale);
        }
        self.layout.pack(rank, &self.hidden, &mut self.packed);
        for (narrow, a) in self.outer.iter_mut().zip(a) {
            *narrow = T::of(*a);
        }
        let k = problem.outputs();
        let work = problem.work();
        work.add_products(2, problem.n_all(), problem.entries(), m);
        if k > 1 {
            work.add_products(3, problem.n_all(), k, m);
        }
        let pass = Pass {
            level: self.level,
            layout: &self.layout,
            rank,
            weights: &self.packed,
            outer: &self.outer,
        };
        let tile = tile_rows(self.layout.padded(), data.is_sparse());
        let block = self.block;
        for_each_mut(&mut self.tasks, |_, task| {
            task.loss = 0.0;
            task.slopes.fill(T::of(0.0));
            task.along.fill(T::of(0.0));
            task.wide_slopes.fill(0.0);
            task.wide_along.fill(0.0);
            for rows in tiles(task.rows.clone(), block).flat_map(|rows| tiles(rows, tile)) {
                let part = data.part(rows.clone());
                let ends_block = rows.end % block == 0 || rows.end == task.rows.end;
                task.work(problem, &pass, part, rows);
                if ends_block && !task.wide_slopes.is_empty() {
                    task.widen();
                }
            }
        });
        linalg_core::combine(problem.beta_sum(), x, 0.0, x, gradient);
        let mut value = 0.5 * problem.beta_sum() * dot(x, x);
        let (to_w, to_a) = gradient.split_at_mut(rank * m);
        self.slopes.fill(0.0);
        let padded = rank * self.layout.padded();
        let (slopes, rest) = self.slopes.split_at_mut(padded);
        let (along, loss) = rest.split_at_mut(k * m);
        for task in &self.tasks {
            loss[0] += task.loss;
            add_widened(&task.slopes, slopes);
            add_widened(&task.along[..k * m], along);
            if !task.wide_slopes.is_empty() {
                axpy(1.0, &task.wide_slopes, slopes);
                axpy(1.0, &task.wide_along[..k * m], along);
            }
        }
        problem.join(&mut self.slopes);
        let (slopes, rest) = self.slopes.split_at(padded);
        self.layout.unpack(rank, slopes, &mut self.by_column);
        axpy(1.0 / self.scale, &self.by_column, to_w);
        axpy(1.0, &rest[..k * m], to_a);
        value += rest[k * m];
        value
    }
}

/// Tasks that begin with a block, where sums are made block by block.
fn aligned_tasks(n: usize, flops_a_row: usize, block: Option<usize>) -> Vec<Range<usize>> {
    let tasks = row_tasks(n, flops_a_row);
    let Some(block) = block else { return tasks };
    let share = tasks[0].len().next_multiple_of(block).max(block);
    tiles(0..n, share).collect()
}

/// Rows of a tile of so many columns; tiles of sparse rows are shared out, so they are larger.
fn tile_rows(padded: usize, is_sparse: bool) -> usize {
    if is_sparse {
        return SPARSE_ROWS;
    }
    (TILE / padded.max(1)).clamp(FEWEST_ROWS, MOST_ROWS) / 8 * 8
}

/// `to += from`
pub(crate) fn add_widened<T: Lane>(from: &[T], to: &mut [f64]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (to, from) in to.iter_mut().zip(from) {
                *to += from.wide();
            }
        },
    );
}

/// What all tasks share.
struct Pass<'a, T> {
    level: Level,
    layout: &'a Layout,
    rank: usize,
    weights: &'a [T],
    outer: &'a [T],
}

impl<T: Lane> Task<T> {
    /// Sums over a block of rows become `f64`.
    fn widen(&mut self) {
        add_widened(&self.slopes, &mut self.wide_slopes);
        add_widened(&self.along, &mut self.wide_along);
        self.slopes.fill(T::of(0.0));
        self.along.fill(T::of(0.0));
    }

    /// One tile of rows.
    fn work(
        &mut self,
        problem: &RowProblem,
        pass: &Pass<'_, T>,
        part: Part<'_, T>,
        rows: Range<usize>,
    ) {
        let count = rows.len();
        let k = problem.outputs();
        let padded = pass.layout.padded();
        let fitted = &mut self.fitted[..count * k];
        let open = Open {
            layout: pass.layout,
            rank: pass.rank,
            rows: part,
            weights: pass.weights,
            outer: if k == 1 { pass.outer } else { &self.none },
            tile: &mut self.tile[..count * padded],
            sums: &mut self.sums[..count * pass.layout.lanes()],
            fitted: &mut fitted[..count],
        };
        shared::open(pass.level, open);
        let images = MatRef::from_column_major_slice(&self.tile[..count * padded], padded, count);
        let outer = MatRef::from_column_major_slice(pass.outer, k, padded);
        if k > 1 {
            matmul(
                MatMut::from_column_major_slice_mut(fitted, k, count),
                Accum::Replace,
                outer,
                images,
                T::of(1.0),
                Par::Seq,
            );
        }
        let outputs = &mut self.outputs[..count * k];
        let by_output = &mut self.by_output[..count * k];
        for (wide, f) in outputs.iter_mut().zip(&*fitted) {
            *wide = f.wide();
        }
        self.loss += problem.loss_of_rows(rows, outputs, by_output);
        let theta = &mut self.theta[..count * k];
        for (narrow, slope) in theta.iter_mut().zip(&*by_output) {
            *narrow = T::of(*slope);
        }
        if k == 1 {
            let slopes = Slopes {
                layout: pass.layout,
                rank: pass.rank,
                rows: part,
                theta,
                outer: pass.outer,
                tile: &self.tile[..count * padded],
                slopes: &mut self.slopes,
                along: &mut self.along,
            };
            shared::slopes(pass.level, slopes);
            return;
        }
        let theta = MatRef::from_column_major_slice(&*theta, k, count);
        matmul(
            MatMut::from_column_major_slice_mut(&mut self.along, k, padded),
            Accum::Add,
            theta,
            images.transpose(),
            T::of(1.0),
            Par::Seq,
        );
        let factors = &mut self.factors[..count * padded];
        matmul(
            MatMut::from_column_major_slice_mut(factors, padded, count),
            Accum::Replace,
            outer.transpose(),
            theta,
            T::of(1.0),
            Par::Seq,
        );
        let spread = Spread {
            layout: pass.layout,
            rank: pass.rank,
            rows: part,
            tile: &self.tile[..count * padded],
            factors: &self.factors[..count * padded],
            slopes: &mut self.slopes,
        };
        shared::spread(pass.level, spread);
    }
}

#[cfg(test)]
mod tests {
    use crelu_core::LossKind;
    use faer::Mat;
    use rand::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;
    use crate::problem::GlobalProblem;

    /// Steps and what central differences of them leave, in `f64`.
    const STEP: f64 = 1e-5;
    const DIFFERENCE: f64 = 1e-5;
    /// `f32` against `f64`: sums of a few hundred roundings.
    const NARROW: f64 = 2e-5;

    fn case(
        n: usize,
        rank: usize,
        m: usize,
        kind: &LossKind,
        k: usize,
    ) -> (GlobalProblem, Vec<f64>) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(19 + rank as u64);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let data = Mat::from_fn(rank, n, |_, _| normal());
        let target = (0..n * k)
            .map(|at| match kind {
                LossKind::Squared => normal(),
                LossKind::Logistic => normal().signum(),
                _ => f64::from(at % k == (at / k) % k),
            })
            .collect();
        let weights = (0..n).map(|i| 0.5 + (i % 3) as f64).collect();
        let loss = kind.of(target, k, Some(weights)).expect("a loss");
        let problem = GlobalProblem::with_loss(data, loss, 0.3).expect("finite, of one shape");
        (
            problem,
            (0..m * (rank + k)).map(|_| 0.3 * normal()).collect(),
        )
    }

    #[test]
    fn balanced_gradient_is_that_of_differences() {
        for (n, rank, m, kind, k) in [
            (37, 3, 5, LossKind::Squared, 1),
            (130, 11, 50, LossKind::Squared, 1),
            (601, 58, 7, LossKind::Logistic, 1),
            (37, 3, 5, LossKind::Softmax, 4),
            (130, 11, 50, LossKind::Squared, 3),
            (601, 58, 17, LossKind::Softmax, 2),
        ] {
            let (problem, x) = case(n, rank, m, &kind, k);
            let mut wide = Balanced::wide(&problem, m);
            let mut gradient = vec![0.0; x.len()];
            let value = wide.evaluate(&x, &mut gradient);
            let mut narrow = Balanced::narrow(&problem, m);
            let mut fast = vec![0.0; x.len()];
            let near = narrow.evaluate(&x, &mut fast);
            assert!((near - value).abs() <= NARROW * value);
            let size = linalg_core::norm(&gradient);
            let off = linalg_core::distance(&gradient, &fast);
            assert!(off <= NARROW * size, "{n} {rank} {m}: {off:e} of {size}");
            let mut ignored = vec![0.0; x.len()];
            for at in (0..x.len()).step_by(1 + x.len() / 23) {
                let mut moved = x.clone();
                moved[at] = x[at] + STEP;
                let above = wide.evaluate(&moved, &mut ignored);
                moved[at] = x[at] - STEP;
                let below = wide.evaluate(&moved, &mut ignored);
                let slope = (above - below) / (2.0 * STEP);
                let room = DIFFERENCE * (size + value);
                assert!(
                    (slope - gradient[at]).abs() <= room,
                    "{n} {rank} {m} {k}, {at}: {slope} {}",
                    gradient[at]
                );
            }
        }
    }
}
