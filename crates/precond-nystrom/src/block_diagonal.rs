use faer::{Accum, Mat, MatMut, MatRef};
use linalg_core::{Preconditioner, Real, ShiftedGram, product};

use crate::error::{PrecondError, positive};

/// The inverse of a matrix with the same small positive definite `K` in every block of its
/// diagonal, and zero elsewhere.
///
/// ```text
///     P^-1 = I (x) K^-1 = H'H,   H = I (x) L^-1,   K = L L'
/// ```
///
/// It stands for `A + shift I (x) K` where `A` is small beside the second part; a factor before
/// it does not matter to conjugate gradients, so the shift is left out.
///
/// **Shapes** `K`: `side x side`; the vectors have `n_blocks side` numbers, block after block.
/// **Cost** two products of `side^2` numbers with as many columns as there are blocks (one
/// multiplication an entry where `K` is diagonal); `side^2` numbers.
#[derive(Debug, Clone)]
pub struct BlockDiagonal<T> {
    root: Root<T>,
    side: usize,
    n_blocks: usize,
}

/// `L^-1`.
#[derive(Debug, Clone)]
enum Root<T> {
    Diagonal(Vec<T>),
    Lower(Mat<T>),
}

impl<T: Real> BlockDiagonal<T> {
    /// From a dense `K`; its upper triangle is read.
    ///
    /// # Errors
    /// [`PrecondError::Shape`] if it is not square, [`PrecondError::Linalg`] if it is not positive
    /// definite.
    pub fn new(k: MatRef<'_, T>, n_blocks: usize) -> Result<Self, PrecondError> {
        let side = k.nrows();
        let wide = Mat::from_fn(side, k.ncols(), |i, j| k[(i, j)].wide());
        let mut gram = ShiftedGram::from_dense(wide.as_ref())?;
        gram.factor(0.0, 1.0, &linalg_core::Control::default())?;
        let mut root = Mat::<f64>::identity(side, side);
        gram.half_solve_in_place(root.as_mut());
        Ok(Self {
            root: Root::Lower(Mat::from_fn(side, side, |i, j| T::of(root[(i, j)]))),
            side,
            n_blocks,
        })
    }

    /// From the eigenvalues of `K` where `K` is diagonal.
    ///
    /// # Errors
    /// [`PrecondError::Setting`] for an eigenvalue that is not a finite number above 0.
    pub fn diagonal(eigenvalues: &[T], n_blocks: usize) -> Result<Self, PrecondError> {
        for value in eigenvalues {
            positive("an eigenvalue", value.wide())?;
        }
        let root = |value: &T| T::of(1.0 / value.wide().sqrt());
        Ok(Self {
            root: Root::Diagonal(eigenvalues.iter().map(root).collect()),
            side: eigenvalues.len(),
            n_blocks,
        })
    }

    /// `z = H r`, or `z = H'r`, for `k` columns.
    pub(crate) fn half(&self, adjoint: bool, r: &[T], z: &mut [T]) {
        assert_eq!(r.len(), z.len(), "z: as long as r");
        if r.is_empty() {
            return;
        }
        match &self.root {
            Root::Diagonal(root) => {
                for (z, r) in z.chunks_mut(self.side).zip(r.chunks(self.side)) {
                    for ((z, r), root) in z.iter_mut().zip(r).zip(root) {
                        *z = *r * *root;
                    }
                }
            }
            Root::Lower(root) => {
                let columns = r.len() / self.side;
                product(
                    MatMut::from_column_major_slice_mut(z, self.side, columns),
                    Accum::Replace,
                    match adjoint {
                        true => root.transpose(),
                        false => root.as_ref(),
                    },
                    MatRef::from_column_major_slice(r, self.side, columns),
                    T::of(1.0),
                );
            }
        }
    }
}

impl<T: Real> Preconditioner<T> for BlockDiagonal<T> {
    fn dim(&self) -> usize {
        self.side * self.n_blocks
    }

    fn scratch_len(&self) -> usize {
        self.dim()
    }

    fn apply_inverse(&self, r: &[T], z: &mut [T], scratch: &mut [T]) {
        self.apply_inverse_block(1, r, z, scratch);
    }

    fn apply_inverse_block(&self, k: usize, r: &[T], z: &mut [T], scratch: &mut [T]) {
        let n = k * self.dim();
        assert_eq!(r.len(), n, "r: {k} columns of the preconditioner's side");
        assert_eq!(z.len(), n, "z: {k} columns of the preconditioner's side");
        let half = &mut scratch[..n];
        self.half(false, r, half);
        self.half(true, half, z);
    }
}
