use faer::linalg::matmul::matmul;
use faer::reborrow::ReborrowMut;
use faer::{Accum, MatMut, MatRef, Par};

use crate::parallel::for_each_mut;
use crate::real::Real;

/// Work of one task, in multiply-add flops: about 50 microseconds at 80 GFLOP/s, ten times what
/// it costs to hand a task to another thread.
const TASK_FLOPS: usize = 4_000_000;
/// Smallest side of a tile: below it the packing of the operands shows.
const MIN_SIDE: usize = 48;
/// Most tasks of one product: enough for the load of 32 threads to even out.
const MAX_TASKS: usize = 128;

/// Flops of one task of [`product`]: below twice this a product runs on one thread.
#[must_use]
pub fn product_flops_per_task() -> usize {
    TASK_FLOPS
}

/// `dst = alpha lhs rhs`, or `dst += alpha lhs rhs` with [`Accum::Add`].
///
/// The result is cut into tiles by its shape alone and every tile is one sequential product, so
/// the bits of the answer do not depend on the number of threads.
///
/// **Cost** `2 m n k` flops.
///
/// # Panics
/// If the shapes do not fit.
pub fn product<T: Real>(
    dst: MatMut<'_, T>,
    beta: Accum,
    lhs: MatRef<'_, T>,
    rhs: MatRef<'_, T>,
    alpha: T,
) {
    let (m, n, k) = (dst.nrows(), dst.ncols(), lhs.ncols());
    let tasks = (2 * m * n * k / TASK_FLOPS).min(MAX_TASKS);
    if tasks < 2 {
        matmul(dst, beta, lhs, rhs, alpha, Par::Seq);
        return;
    }
    // Long sides are cut first: a tile's operands are packed once each.
    let side_rows = (m / MIN_SIDE).clamp(1, tasks);
    let side_cols = (n / MIN_SIDE).clamp(1, tasks);
    let (row_cuts, col_cuts) = if m >= n {
        let cuts = side_rows.min(if m >= 4 * n { tasks } else { ceil_root(tasks) });
        (cuts, tasks.div_ceil(cuts).min(side_cols))
    } else {
        let cuts = side_cols.min(if n >= 4 * m { tasks } else { ceil_root(tasks) });
        (tasks.div_ceil(cuts).min(side_rows), cuts)
    };
    let (tile_rows, tile_cols) = (
        round_up(m.div_ceil(row_cuts), 16),
        round_up(n.div_ceil(col_cuts), 4),
    );
    let mut tiles = Vec::with_capacity(row_cuts * col_cuts);
    let mut rest = dst;
    let mut col = 0;
    while col < n {
        let width = tile_cols.min(n - col);
        let (stripe, right) = rest.split_at_col_mut(width);
        rest = right;
        let mut stripe = stripe;
        let mut row = 0;
        while row < m {
            let height = tile_rows.min(m - row);
            let (tile, below) = stripe.split_at_row_mut(height);
            stripe = below;
            tiles.push((tile, lhs.subrows(row, height), rhs.subcols(col, width)));
            row += height;
        }
        col += width;
    }
    for_each_mut(&mut tiles, |_, (tile, left, right)| {
        matmul(tile.rb_mut(), beta, *left, *right, alpha, Par::Seq);
    });
}

fn ceil_root(value: usize) -> usize {
    let mut root = 1;
    while root * root < value {
        root += 1;
    }
    root
}

fn round_up(value: usize, step: usize) -> usize {
    value.div_ceil(step) * step
}
