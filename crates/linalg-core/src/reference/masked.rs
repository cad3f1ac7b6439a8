use nalgebra::{DMatrix, DMatrixView, DVectorView, DVectorViewMut, RealField, Scalar};

use crate::masks::Masks;
use crate::operator::LinearOperator;
use crate::real::Real;

/// `A x = sum_b D_b R x_b` block by block, as [`MaskedBlocks`](crate::MaskedBlocks) defines it.
///
/// **Shapes** `data` is `R` transposed, `rank x n_samples`, as there.
/// **Cost** a matrix-vector product a block, one vector of scratch.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceBlocks<'a, T: Scalar> {
    data: DMatrixView<'a, T>,
    masks: &'a Masks,
}

impl<'a, T: Real + RealField> ReferenceBlocks<'a, T> {
    /// Joins a data matrix and masks.
    ///
    /// # Panics
    /// If the masks are for another number of rows.
    #[must_use]
    pub fn new(data: DMatrixView<'a, T>, masks: &'a Masks) -> Self {
        assert_eq!(
            data.ncols(),
            masks.n_samples(),
            "masks: one entry a row of the data"
        );
        Self { data, masks }
    }

    /// The matrix of the operator, `n_samples x (rank n_blocks)`.
    #[must_use]
    pub fn to_dense(&self) -> DMatrix<T> {
        let rank = self.data.nrows();
        DMatrix::from_fn(self.rows(), self.cols(), |i, j| {
            match self.masks.column(j / rank)[i] {
                0 => T::of(0.0),
                _ => self.data[(j % rank, i)],
            }
        })
    }
}

impl<T: Real + RealField> LinearOperator<T> for ReferenceBlocks<'_, T> {
    fn rows(&self) -> usize {
        self.masks.n_samples()
    }

    fn cols(&self) -> usize {
        self.data.nrows() * self.masks.n_blocks()
    }

    fn scratch_len(&self) -> usize {
        self.rows()
    }

    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        assert_eq!(x.len(), self.cols(), "x: the operator's width");
        assert_eq!(y.len(), self.rows(), "y: the operator's height");
        let rank = self.data.nrows();
        let image = &mut scratch[..y.len()];
        y.fill(T::of(0.0));
        for block in 0..self.masks.n_blocks() {
            let part = DVectorView::from_slice(&x[block * rank..], rank);
            DVectorViewMut::from_slice(image, image.len()).gemv_tr(
                T::of(1.0),
                &self.data,
                &part,
                T::of(0.0),
            );
            for ((y, value), bit) in y.iter_mut().zip(&*image).zip(self.masks.column(block)) {
                if *bit != 0 {
                    *y += *value;
                }
            }
        }
    }

    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        assert_eq!(x.len(), self.cols(), "x: the operator's width");
        assert_eq!(y.len(), self.rows(), "y: the operator's height");
        let rank = self.data.nrows();
        let masked = &mut scratch[..y.len()];
        for block in 0..self.masks.n_blocks() {
            for ((out, value), bit) in masked.iter_mut().zip(y).zip(self.masks.column(block)) {
                *out = if *bit == 0 { T::of(0.0) } else { *value };
            }
            let masked = DVectorView::from_slice(masked, masked.len());
            let part = &mut x[block * rank..(block + 1) * rank];
            DVectorViewMut::from_slice(part, rank).gemv(
                T::of(1.0),
                &self.data,
                &masked,
                T::of(0.0),
            );
        }
    }
}
