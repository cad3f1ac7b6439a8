use faer::Mat;
use linalg_core::{Control, LinalgError, LinearOperator, Real, norm, orthogonal};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::error::PrecondError;
use crate::nystrom::TestMatrix;

/// Columns of one block product: enough for it to run as a matrix product, few enough for its
/// scratch to stay below the sketch itself.
const COLUMNS: usize = 32;
/// ... of so many numbers in all: a control is asked between two products, and those of so long columns
/// take a tenth of a second each, by an operator that has matrix products within a column, too.
const NUMBERS: usize = 1 << 18;

/// An orthonormal basis of a random subspace and its image under an operator; columns can be
/// added without multiplying those that stand again.
pub(crate) struct Sketch<T> {
    /// `Omega`, `n x l`, orthonormal.
    pub(crate) basis: Mat<T>,
    /// `A Omega`, `n x l`.
    pub(crate) image: Mat<T>,
    test_matrix: TestMatrix,
    rng: Xoshiro256PlusPlus,
}

impl<T: Real> Sketch<T> {
    /// An empty one for a square operator.
    pub(crate) fn new(
        op: &dyn LinearOperator<T>,
        test_matrix: TestMatrix,
        seed: u64,
    ) -> Result<Self, PrecondError> {
        PrecondError::shape("operator rows", op.cols(), op.rows())?;
        Ok(Self {
            basis: Mat::zeros(op.cols(), 0),
            image: Mat::zeros(op.cols(), 0),
            test_matrix,
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
        })
    }

    pub(crate) fn width(&self) -> usize {
        self.basis.ncols()
    }

    /// Widens the subspace to `width` dimensions, at most the operator's side.
    ///
    /// The new columns are orthogonal to the old, so that a shift of the operator adds a multiple
    /// of the basis to its image (Frangella, Tropp & Udell 2023, algorithm 2.1, lines 2 to 5).
    pub(crate) fn widen(
        &mut self,
        op: &dyn LinearOperator<T>,
        width: usize,
        control: &Control<'_>,
    ) -> Result<(), PrecondError> {
        let (n, old) = (op.cols(), self.width());
        let width = width.min(n);
        if width <= old {
            return Ok(());
        }
        let fresh = self.test_matrix.draw(n, width - old, &mut self.rng);
        let stack = Mat::from_fn(n, width, |i, j| match j < old {
            true => self.basis[(i, j)].wide(),
            false => fresh[(i, j - old)],
        });
        let (q, _) = orthogonal(stack.as_ref(), width);
        drop((stack, fresh));
        let mut basis = Mat::zeros(n, width);
        let mut image = Mat::zeros(n, width);
        basis.as_mut().subcols_mut(0, old).copy_from(&self.basis);
        image.as_mut().subcols_mut(0, old).copy_from(&self.image);
        let chunk = COLUMNS.min(width - old).min((NUMBERS / n.max(1)).max(1));
        let (mut x, mut y) = (vec![T::of(0.0); n * chunk], vec![T::of(0.0); n * chunk]);
        let mut scratch = vec![T::of(0.0); op.block_scratch_len(chunk)];
        let mut first = old;
        while first < width {
            if control.halt().is_some() {
                return Err(LinalgError::Halted.into());
            }
            let count = chunk.min(width - first);
            for (k, x) in x.chunks_mut(n).take(count).enumerate() {
                for (i, x) in x.iter_mut().enumerate() {
                    *x = T::of(q[(i, first + k)]);
                    basis[(i, first + k)] = *x;
                }
            }
            let (x, y) = (&x[..n * count], &mut y[..n * count]);
            op.apply_block(count, x, y, &mut scratch);
            if !norm(y).wide().is_finite() {
                return Err(PrecondError::NotFinite);
            }
            for (k, y) in y.chunks(n).enumerate() {
                for (i, y) in y.iter().enumerate() {
                    image[(i, first + k)] = *y;
                }
            }
            first += count;
        }
        (self.basis, self.image) = (basis, image);
        Ok(())
    }
}
