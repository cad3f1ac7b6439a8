use faer::{Accum, MatMut, MatRef};

use crate::block_columns::{BlockColumns, check};
use crate::dense_operator::DenseOperator;
use crate::error::LinalgError;
use crate::masked_blocks::MaskedBlocks;
use crate::operator::LinearOperator;
use crate::parallel::for_each_mut;
use crate::product::product;
use crate::real::Real;

/// A dense matrix, its columns in blocks of one width.
#[derive(Debug, Clone, Copy)]
pub struct DenseBlocks<'a, T> {
    matrix: MatRef<'a, T>,
    width: usize,
}

impl<'a, T: Real> DenseBlocks<'a, T> {
    /// Cuts a matrix into blocks of `width` columns.
    ///
    /// # Errors
    /// [`LinalgError::Shape`] if `width` is 0 or does not divide the number of columns.
    pub fn new(matrix: MatRef<'a, T>, width: usize) -> Result<Self, LinalgError> {
        let cols = matrix.ncols();
        if width == 0 || cols % width != 0 {
            let want = cols - cols.checked_rem(width).unwrap_or(cols);
            return Err(LinalgError::Shape {
                what: "columns of the blocks",
                want,
                got: cols,
            });
        }
        Ok(Self { matrix, width })
    }

    fn part(&self, block: usize) -> MatRef<'a, T> {
        self.matrix.subcols(block * self.width, self.width)
    }
}

impl<T: Real> LinearOperator<T> for DenseBlocks<'_, T> {
    fn rows(&self) -> usize {
        self.matrix.nrows()
    }
    fn cols(&self) -> usize {
        self.matrix.ncols()
    }
    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        DenseOperator::new(self.matrix).apply(x, y, scratch);
    }
    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        DenseOperator::new(self.matrix).apply_adjoint(y, x, scratch);
    }
}

impl<T: Real> BlockColumns<T> for DenseBlocks<'_, T> {
    fn n_blocks(&self) -> usize {
        self.matrix.ncols() / self.width
    }
    fn block_len(&self) -> usize {
        self.width
    }
    fn blocks_scratch_len(&self, _count: usize) -> usize {
        0
    }
    fn add_blocks(&self, blocks: &[usize], x: &[T], y: &mut [T], _scratch: &mut [T]) {
        check(self, blocks, x, y);
        let rows = self.rows();
        for (&block, x) in blocks.iter().zip(x.chunks_exact(self.width)) {
            product(
                MatMut::from_column_major_slice_mut(y, rows, 1),
                Accum::Add,
                self.part(block),
                MatRef::from_column_major_slice(x, self.width, 1),
                T::of(1.0),
            );
        }
    }
    fn adjoint_blocks(&self, blocks: &[usize], y: &[T], x: &mut [T], _scratch: &mut [T]) {
        check(self, blocks, x, y);
        for (&block, x) in blocks.iter().zip(x.chunks_exact_mut(self.width)) {
            product(
                MatMut::from_column_major_slice_mut(x, self.width, 1),
                Accum::Replace,
                self.part(block).transpose(),
                MatRef::from_column_major_slice(y, y.len(), 1),
                T::of(1.0),
            );
        }
    }
}

/// Rows that one task masks: fixed, so that the sums do not depend on the threads.
const ROWS: usize = 4096;

/// **Cost** `2 n_samples rank` flops a block, in one product for all that are handed over.
impl<T: Real> BlockColumns<T> for MaskedBlocks<'_, T> {
    fn n_blocks(&self) -> usize {
        self.masks().n_blocks()
    }
    fn block_len(&self) -> usize {
        self.data().nrows()
    }
    fn blocks_scratch_len(&self, count: usize) -> usize {
        self.rows() * count
    }
    fn add_blocks(&self, blocks: &[usize], x: &[T], y: &mut [T], scratch: &mut [T]) {
        check(self, blocks, x, y);
        let (rank, n, count) = (self.block_len(), self.rows(), blocks.len());
        if rank == 0 || n == 0 || count == 0 {
            return;
        }
        let images = &mut scratch[..n * count];
        product(
            MatMut::from_column_major_slice_mut(images, n, count),
            Accum::Replace,
            self.data().transpose(),
            MatRef::from_column_major_slice(x, rank, count),
            T::of(1.0),
        );
        let images = &*images;
        let mut parts: Vec<&mut [T]> = y.chunks_mut(ROWS).collect();
        for_each_mut(&mut parts, |part, y| {
            let rows = part * ROWS..part * ROWS + y.len();
            for (k, &block) in blocks.iter().enumerate() {
                let (mask, image) = (
                    &self.masks().column(block)[rows.clone()],
                    &images[k * n..(k + 1) * n][rows.clone()],
                );
                for ((out, &bit), &value) in y.iter_mut().zip(mask).zip(image) {
                    *out += if bit == 0 { T::of(0.0) } else { value };
                }
            }
        });
    }
    fn adjoint_blocks(&self, blocks: &[usize], y: &[T], x: &mut [T], scratch: &mut [T]) {
        check(self, blocks, x, y);
        let (rank, n, count) = (self.block_len(), self.rows(), blocks.len());
        if rank == 0 || count == 0 {
            return;
        }
        if n == 0 {
            x.fill(T::of(0.0));
            return;
        }
        let masked = &mut scratch[..n * count];
        for (&block, column) in blocks.iter().zip(masked.chunks_exact_mut(n)) {
            for ((out, &bit), &value) in column.iter_mut().zip(self.masks().column(block)).zip(y) {
                *out = if bit == 0 { T::of(0.0) } else { value };
            }
        }
        product(
            MatMut::from_column_major_slice_mut(x, rank, count),
            Accum::Replace,
            self.data(),
            MatRef::from_column_major_slice(masked, n, count),
            T::of(1.0),
        );
    }
}
