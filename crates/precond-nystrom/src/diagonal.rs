//! Diagonals of the systems that a masked or a dense matrix makes, without the systems.

use faer::{Accum, Mat, MatMut, MatRef};
use linalg_core::{MaskedBlocks, Real, dot, product};

/// The diagonal of `A'A`: the squares of the columns of a dense `A`.
///
/// **Shapes** `a`: `rows x cols`; the answer has `cols`. **Cost** `2 rows cols` flops.
#[must_use]
pub fn dense_gram_diagonal<T: Real>(a: MatRef<'_, T>) -> Vec<T> {
    a.col_iter()
        .map(|column| column.iter().map(|v| *v * *v).sum())
        .collect()
}

/// The diagonal of `A'A` for `A = [D_1 R, .., D_P R]`: entry `(b, k)` is the square of column `k`
/// of `R` over the rows that block `b` sees.
///
/// **Shapes** the answer has `rank n_blocks`. **Cost** one product of `2 n_samples rank n_blocks`
/// flops, `n_samples (rank + n_blocks)` numbers for its factors.
#[must_use]
pub fn masked_gram_diagonal<T: Real>(a: &MaskedBlocks<'_, T>) -> Vec<T> {
    let (data, masks) = (a.data(), a.masks());
    let (rank, n, n_blocks) = (data.nrows(), masks.n_samples(), masks.n_blocks());
    let mut out = vec![T::of(0.0); rank * n_blocks];
    if out.is_empty() {
        return out;
    }
    let squares = Mat::from_fn(rank, n, |k, i| data[(k, i)] * data[(k, i)]);
    let indicator = Mat::from_fn(n, n_blocks, |i, b| T::of(f64::from(masks.column(b)[i])));
    product(
        MatMut::from_column_major_slice_mut(&mut out, rank, n_blocks),
        Accum::Replace,
        squares.as_ref(),
        indicator.as_ref(),
        T::of(1.0),
    );
    out
}

/// The diagonal of `A A'` for `A = [D_1 R, .., D_P R]`: the square of a row of `R`, as often as
/// there are blocks that see it.
///
/// **Shapes** the answer has `n_samples`. **Cost** `n_samples (2 rank + n_blocks)` operations.
#[must_use]
pub fn masked_outer_diagonal<T: Real>(a: &MaskedBlocks<'_, T>) -> Vec<T> {
    let (data, masks) = (a.data(), a.masks());
    let mut seen = vec![T::of(0.0); masks.n_samples()];
    for block in 0..masks.n_blocks() {
        for (count, &bit) in seen.iter_mut().zip(masks.column(block)) {
            *count += T::of(f64::from(bit));
        }
    }
    for (i, count) in seen.iter_mut().enumerate() {
        let row: Vec<T> = data.col(i).iter().copied().collect();
        *count *= dot(&row, &row);
    }
    seen
}
