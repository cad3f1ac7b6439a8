use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::reborrow::{Reborrow, ReborrowMut};
use faer::{Accum, Mat, MatMut, MatRef, Par};

use crate::parallel::for_each_mut;
use crate::real::Real;

/// Side of a diagonal block: it stays in the first-level cache together with its right-hand side.
const BLOCK: usize = 128;
/// Rows of one task below a diagonal block, and the length of one partial sum of the adjoint.
const ROWS: usize = 1024;

/// `X <- L^-1 X`; the strict upper triangle of `lower` is not read.
pub(crate) fn solve_lower<T: Real>(lower: MatRef<'_, T>, mut rhs: MatMut<'_, T>) {
    let dim = lower.nrows();
    let mut first = 0;
    while first < dim {
        let width = BLOCK.min(dim - first);
        let (_, from_block) = rhs.rb_mut().split_at_row_mut(first);
        let (mut block, below) = from_block.split_at_row_mut(width);
        solve_lower_triangular_in_place(
            lower.submatrix(first, first, width, width),
            block.rb_mut(),
            Par::Seq,
        );
        let block = block.rb();
        let mut parts = Vec::with_capacity(below.nrows() / ROWS + 1);
        let (mut rest, mut row) = (below, first + width);
        while row < dim {
            let height = ROWS.min(dim - row);
            let (part, next) = rest.split_at_row_mut(height);
            parts.push((row, part));
            rest = next;
            row += height;
        }
        for_each_mut(&mut parts, |_, (row, part)| {
            let tile = lower.submatrix(*row, first, part.nrows(), width);
            faer::linalg::matmul::matmul(
                part.rb_mut(),
                Accum::Add,
                tile,
                block,
                T::of(-1.0),
                Par::Seq,
            );
        });
        first += width;
    }
}

/// `X <- L^-T X`; the strict upper triangle of `lower` is not read.
pub(crate) fn solve_lower_adjoint<T: Real>(lower: MatRef<'_, T>, mut rhs: MatMut<'_, T>) {
    let (dim, k) = (lower.nrows(), rhs.ncols());
    let parts = dim.div_ceil(ROWS).max(1);
    let mut partial = vec![Mat::<T>::zeros(BLOCK.min(dim), k); parts];
    let mut last = dim;
    while last > 0 {
        let width = if last % BLOCK == 0 {
            BLOCK
        } else {
            last % BLOCK
        };
        let first = last - width;
        let (above, below) = rhs.rb_mut().split_at_row_mut(last);
        let (_, mut block) = above.split_at_row_mut(first);
        let below = below.rb();
        let count = below.nrows().div_ceil(ROWS);
        for_each_mut(&mut partial[..count], |part, sum| {
            let height = ROWS.min(dim - last - part * ROWS);
            let tile = lower.submatrix(last + part * ROWS, first, height, width);
            faer::linalg::matmul::matmul(
                sum.as_mut().subrows_mut(0, width),
                Accum::Replace,
                tile.transpose(),
                below.subrows(part * ROWS, height),
                T::of(1.0),
                Par::Seq,
            );
        });
        for sum in &partial[..count] {
            let mut block = block.rb_mut();
            for j in 0..k {
                for i in 0..width {
                    block[(i, j)] -= sum[(i, j)];
                }
            }
        }
        solve_upper_triangular_in_place(
            lower.submatrix(first, first, width, width).transpose(),
            block.rb_mut(),
            Par::Seq,
        );
        last = first;
    }
}
