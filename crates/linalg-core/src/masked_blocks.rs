use faer::{Accum, Mat, MatMut, MatRef};
use pulp::{Arch, WithSimd};

use crate::control::Control;
use crate::error::LinalgError;
use crate::gram::ShiftedGram;
use crate::masks::Masks;
use crate::operator::LinearOperator;
use crate::parallel::for_each_mut;
use crate::product::product;
use crate::real::Real;

/// Blocks that share one product: the scratch is `(rank + n_samples)` times this.
const CHUNK: usize = 128;
/// Rows that one task masks: fixed, so that the sums do not depend on the threads.
const ROWS: usize = 4096;

/// `A x = sum_b D_b R x_b`: one data matrix seen through 0/1 row masks.
///
/// **Shapes** `data` is `R` transposed, `rank x n_samples` (a sample's features lie together);
/// `x` holds `n_blocks` blocks of `rank` numbers; `A x` has `n_samples`.
/// **Cost** one product of `2 n_samples rank n_blocks` flops; blocks of `x` that are zero are
/// left out of it.
#[derive(Debug, Clone, Copy)]
pub struct MaskedBlocks<'a, T> {
    data: MatRef<'a, T>,
    masks: &'a Masks,
}

impl<'a, T: Real> MaskedBlocks<'a, T> {
    /// Joins a data matrix and masks.
    ///
    /// # Panics
    /// If the masks are for another number of rows.
    #[must_use]
    pub fn new(data: MatRef<'a, T>, masks: &'a Masks) -> Self {
        assert_eq!(
            data.ncols(),
            masks.n_samples(),
            "masks: one entry a row of the data"
        );
        Self { data, masks }
    }

    /// The data, `rank x n_samples`.
    #[must_use]
    pub fn data(&self) -> MatRef<'a, T> {
        self.data
    }

    /// The masks.
    #[must_use]
    pub fn masks(&self) -> &'a Masks {
        self.masks
    }

    fn rank(&self) -> usize {
        self.data.nrows()
    }

    /// Masked images that share one product, of `k` columns of `n_blocks` each.
    fn chunk(&self, k: usize) -> usize {
        let pairs = (k * self.masks.n_blocks()).max(1);
        pairs.div_ceil(pairs.div_ceil(CHUNK))
    }

    /// The matrix `(R R') o (D D')`, `n_samples x n_samples`, where column `b` of `D` is mask
    /// `b`: `A A'` of this operator, with the data replaced by `features` (`k x n_samples`).
    ///
    /// **Cost** `n^2 (k + n_blocks)` flops, `n^2` numbers.
    ///
    /// # Panics
    /// If `features` has another number of columns than the data.
    #[must_use]
    pub fn outer_gram(features: MatRef<'_, T>, masks: &Masks) -> ShiftedGram<T> {
        match Self::outer_gram_within(features, masks, &Control::default()) {
            Ok(gram) => gram,
            Err(_) => unreachable!("a control without limit and flag never halts"),
        }
    }

    /// [`outer_gram`](Self::outer_gram) within the limit of `control`.
    ///
    /// # Errors
    /// [`LinalgError::Halted`].
    ///
    /// # Panics
    /// As there.
    pub fn outer_gram_within(
        features: MatRef<'_, T>,
        masks: &Masks,
        control: &Control<'_>,
    ) -> Result<ShiftedGram<T>, LinalgError> {
        assert_eq!(
            features.ncols(),
            masks.n_samples(),
            "masks: one entry a row of the data"
        );
        let n = masks.n_samples();
        let indicator = Mat::from_fn(masks.n_blocks(), n, |b, i| {
            T::of(f64::from(masks.column(b)[i]))
        });
        ShiftedGram::from_tiles_within(n, control, |row, col, mut tile| {
            let (height, width) = (tile.nrows(), tile.ncols());
            let mut count = Mat::<T>::zeros(height, width);
            let seq = faer::Par::Seq;
            let one = T::of(1.0);
            faer::linalg::matmul::matmul(
                count.as_mut(),
                Accum::Replace,
                indicator.as_ref().subcols(row, height).transpose(),
                indicator.as_ref().subcols(col, width),
                one,
                seq,
            );
            faer::linalg::matmul::matmul(
                tile.as_mut(),
                Accum::Replace,
                features.subcols(row, height).transpose(),
                features.subcols(col, width),
                one,
                seq,
            );
            for j in 0..width {
                for i in 0..height {
                    tile[(i, j)] *= count[(i, j)];
                }
            }
        })
    }
}

/// `A' A` of [`MaskedBlocks`]: block `(a, b)` is `R' D_a D_b R`.
///
/// **Cost** `n (rank n_blocks)^2` flops, `(rank n_blocks)^2` numbers.
#[must_use]
pub fn masked_gram<T: Real>(blocks: &MaskedBlocks<'_, T>) -> ShiftedGram<T> {
    match masked_gram_within(blocks, &Control::default()) {
        Ok(gram) => gram,
        Err(_) => unreachable!("a control without limit and flag never halts"),
    }
}

/// [`masked_gram`] within the limit of `control`.
///
/// # Errors
/// [`LinalgError::Halted`].
pub fn masked_gram_within<T: Real>(
    blocks: &MaskedBlocks<'_, T>,
    control: &Control<'_>,
) -> Result<ShiftedGram<T>, LinalgError> {
    let (rank, masks) = (blocks.rank(), blocks.masks);
    let n = masks.n_samples();
    // A tile of the result touches whole columns of A only: make A once per tile row.
    ShiftedGram::from_tiles_within(rank * masks.n_blocks(), control, |row, col, mut tile| {
        let mut beta = Accum::Replace;
        let (height, width) = (tile.nrows(), tile.ncols());
        let step = 1024.min(n.max(1));
        let mut left = Mat::<T>::zeros(step, height);
        let mut right = Mat::<T>::zeros(step, width);
        let mut first = 0;
        if n == 0 {
            tile.fill(T::of(0.0));
        }
        // a tile of many rows is long
        while first < n && control.halt().is_none() {
            let count = step.min(n - first);
            fill_columns(blocks, first, count, row, left.as_mut());
            fill_columns(blocks, first, count, col, right.as_mut());
            faer::linalg::matmul::matmul(
                tile.as_mut(),
                beta,
                left.as_ref().subrows(0, count).transpose(),
                right.as_ref().subrows(0, count),
                T::of(1.0),
                faer::Par::Seq,
            );
            beta = Accum::Add;
            first += count;
        }
    })
}

/// Columns `col..` of the matrix of the operator, rows `first..first + count`.
fn fill_columns<T: Real>(
    blocks: &MaskedBlocks<'_, T>,
    first: usize,
    count: usize,
    col: usize,
    mut out: MatMut<'_, T>,
) {
    let rank = blocks.rank();
    for j in 0..out.ncols() {
        let (block, feature) = ((col + j) / rank, (col + j) % rank);
        let mask = &blocks.masks.column(block)[first..first + count];
        for (i, &bit) in mask.iter().enumerate() {
            out[(i, j)] = if bit == 0 {
                T::of(0.0)
            } else {
                blocks.data[(feature, first + i)]
            };
        }
    }
}

impl<T: Real> LinearOperator<T> for MaskedBlocks<'_, T> {
    fn rows(&self) -> usize {
        self.masks.n_samples()
    }

    fn cols(&self) -> usize {
        self.rank() * self.masks.n_blocks()
    }

    fn scratch_len(&self) -> usize {
        (self.rank() + self.rows()) * self.chunk(1)
    }

    fn block_scratch_len(&self, k: usize) -> usize {
        match k {
            0 | 1 => self.scratch_len(),
            // fewer columns may cut into longer chunks
            _ => (self.rank() + self.rows()) * (k * self.masks.n_blocks()).clamp(1, CHUNK),
        }
    }

    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.apply_block(1, x, y, scratch);
    }

    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.apply_adjoint_block(1, y, x, scratch);
    }

    /// The blocks of all columns lie one after the other, so they share the products.
    fn apply_block(&self, k: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
        assert_eq!(x.len(), k * self.cols(), "x: the operator's width");
        assert_eq!(y.len(), k * self.rows(), "y: the operator's height");
        let (rank, n, chunk) = (self.rank(), self.rows(), self.chunk(k));
        let n_blocks = self.masks.n_blocks();
        y.fill(T::of(0.0));
        if rank == 0 || n == 0 {
            return;
        }
        let (packed, images) = scratch[..(rank + n) * chunk].split_at_mut(rank * chunk);
        let mut held = [0usize; CHUNK];
        let mut count = 0;
        for pair in 0..k * n_blocks {
            let part = &x[pair * rank..(pair + 1) * rank];
            if part.iter().any(|v| *v != T::of(0.0)) {
                packed[count * rank..(count + 1) * rank].copy_from_slice(part);
                held[count] = pair;
                count += 1;
            }
            if count > 0 && (count == chunk || pair + 1 == k * n_blocks) {
                let images = &mut images[..n * count];
                product(
                    MatMut::from_column_major_slice_mut(images, n, count),
                    Accum::Replace,
                    self.data.transpose(),
                    MatRef::from_column_major_slice(&packed[..rank * count], rank, count),
                    T::of(1.0),
                );
                self.add_masked(&held[..count], images, y);
                count = 0;
            }
        }
    }

    fn apply_adjoint_block(&self, k: usize, y: &[T], x: &mut [T], scratch: &mut [T]) {
        assert_eq!(x.len(), k * self.cols(), "x: the operator's width");
        assert_eq!(y.len(), k * self.rows(), "y: the operator's height");
        let (rank, n, chunk) = (self.rank(), self.rows(), self.chunk(k));
        let n_blocks = self.masks.n_blocks();
        if rank == 0 {
            return;
        }
        if n == 0 {
            x.fill(T::of(0.0));
            return;
        }
        let copy = |pair: usize, out: &mut [T]| {
            let (column, block) = (pair / n_blocks, pair % n_blocks);
            let y = &y[column * n..(column + 1) * n];
            Arch::new().dispatch(CopyMasked(self.masks.column(block), y, out));
        };
        let mut pair = 0;
        while pair < k * n_blocks {
            let count = chunk.min(k * n_blocks - pair);
            let masked = &mut scratch[..n * count];
            if n * count > 65_536 {
                let mut columns: Vec<&mut [T]> = masked.chunks_mut(n).collect();
                for_each_mut(&mut columns, |i, out| copy(pair + i, out));
            } else {
                for (i, out) in masked.chunks_mut(n).enumerate() {
                    copy(pair + i, out);
                }
            }
            product(
                MatMut::from_column_major_slice_mut(
                    &mut x[pair * rank..(pair + count) * rank],
                    rank,
                    count,
                ),
                Accum::Replace,
                self.data,
                MatRef::from_column_major_slice(masked, n, count),
                T::of(1.0),
            );
            pair += count;
        }
    }
}

impl<T: Real> MaskedBlocks<'_, T> {
    /// Adds images, each through its mask, to the columns of `y` that they belong to; pair `p` is
    /// block `p % n_blocks` of column `p / n_blocks`.
    fn add_masked(&self, held: &[usize], images: &[T], y: &mut [T]) {
        let (n, n_blocks) = (self.rows(), self.masks.n_blocks());
        let of_column = n.div_ceil(ROWS);
        let columns = y.chunks_mut(n);
        let mut parts: Vec<&mut [T]> = columns.flat_map(|y| y.chunks_mut(ROWS)).collect();
        for_each_mut(&mut parts, |part, y| {
            let (column, first) = (part / of_column, part % of_column * ROWS);
            let rows = first..first + y.len();
            for (i, &pair) in held.iter().enumerate() {
                if pair / n_blocks == column {
                    let image = &images[i * n..(i + 1) * n][rows.clone()];
                    let mask = &self.masks.column(pair % n_blocks)[rows.clone()];
                    Arch::new().dispatch(AddMasked(mask, image, y));
                }
            }
        });
    }
}

struct AddMasked<'a, T>(&'a [u8], &'a [T], &'a mut [T]);

impl<T: Real> WithSimd for AddMasked<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        for ((bit, value), out) in self.0.iter().zip(self.1).zip(self.2) {
            *out += if *bit == 0 { T::of(0.0) } else { *value };
        }
    }
}

struct CopyMasked<'a, T>(&'a [u8], &'a [T], &'a mut [T]);

impl<T: Real> WithSimd for CopyMasked<'_, T> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) {
        for ((bit, value), out) in self.0.iter().zip(self.1).zip(self.2) {
            *out = if *bit == 0 { T::of(0.0) } else { *value };
        }
    }
}
