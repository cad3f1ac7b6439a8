use linalg_core::{
    Control, LinearOperator, Preconditioner, Real, SettingsError, SymmetricOperator,
};

use crate::block_diagonal::BlockDiagonal;
use crate::error::PrecondError;
use crate::nystrom::{CheckedAdaptiveRank, CheckedNystromSettings, Nystrom, RankReport};

/// A Nystrom preconditioner on top of a block one, for `A + shift I (x) K`.
///
/// ```text
///     A + shift K = L (L^-1 A L^-T + shift I) L',   K = L L'
///     P^-1 = L^-T N^-1 L^-1,   N the Nystrom preconditioner of the middle
/// ```
///
/// It is symmetric positive definite because the middle is, and exact where the middle is; where
/// the sketch is empty it is the block preconditioner.
///
/// **Cost** that of the two parts. **Source** the congruence; Frangella, Tropp & Udell 2023 for
/// the middle.
#[derive(Debug, Clone)]
pub struct BlockNystrom<T> {
    block: BlockDiagonal<T>,
    middle: Nystrom<T>,
}

impl<T: Real> BlockNystrom<T> {
    /// Sketches `A`, seen through the block preconditioner, with a rank that is given.
    ///
    /// # Errors
    /// As [`Nystrom::new`]; [`PrecondError::Shape`] if the block preconditioner has another side.
    pub fn new(
        op: &dyn LinearOperator<T>,
        block: BlockDiagonal<T>,
        settings: &CheckedNystromSettings,
        shift: T,
        control: &Control<'_>,
    ) -> Result<Self, PrecondError> {
        PrecondError::shape("block preconditioner", op.cols(), block.dim())?;
        let seen = Seen { op, block: &block };
        let middle = Nystrom::new(&seen, settings, shift, control)?;
        Ok(Self { block, middle })
    }

    /// The same with a rank that is found.
    ///
    /// # Errors
    /// As [`Nystrom::adaptive`]; [`PrecondError::Shape`] if the block preconditioner has another
    /// side.
    pub fn adaptive(
        op: &dyn LinearOperator<T>,
        block: BlockDiagonal<T>,
        settings: &CheckedAdaptiveRank,
        shift: T,
        control: &Control<'_>,
    ) -> Result<(Self, RankReport), PrecondError> {
        PrecondError::shape("block preconditioner", op.cols(), block.dim())?;
        let seen = Seen { op, block: &block };
        let (middle, report) = Nystrom::adaptive(&seen, settings, shift, control)?;
        Ok((Self { block, middle }, report))
    }

    /// The Nystrom preconditioner of the middle: its eigenvalues are those of `K^-1 A`, roughly.
    #[must_use]
    pub fn middle(&self) -> &Nystrom<T> {
        &self.middle
    }
}

impl<T: Real> Preconditioner<T> for BlockNystrom<T> {
    fn dim(&self) -> usize {
        self.block.dim()
    }

    fn scratch_len(&self) -> usize {
        2 * self.block.dim() + self.middle.scratch_len()
    }

    fn apply_inverse(&self, r: &[T], z: &mut [T], scratch: &mut [T]) {
        self.apply_inverse_block(1, r, z, scratch);
    }

    fn apply_inverse_block(&self, k: usize, r: &[T], z: &mut [T], scratch: &mut [T]) {
        let n = k * self.dim();
        assert_eq!(r.len(), n, "r: {k} columns of the preconditioner's side");
        let (inner, rest) = scratch.split_at_mut(n);
        let (outer, rest) = rest.split_at_mut(n);
        self.block.half(false, r, inner);
        self.middle.apply_inverse_block(k, inner, outer, rest);
        self.block.half(true, outer, z);
    }

    /// # Errors
    /// [`SettingsError`] for a shift that is not a finite number above 0.
    fn set_shift(&mut self, shift: T) -> Result<(), SettingsError> {
        self.middle.set_shift(shift)
    }
}

/// `L^-1 A L^-T`.
struct Seen<'a, T> {
    op: &'a dyn LinearOperator<T>,
    block: &'a BlockDiagonal<T>,
}

impl<T: Real> SymmetricOperator for Seen<'_, T> {
    type Scalar = T;

    fn dim(&self) -> usize {
        self.op.cols()
    }

    fn multiply_scratch_len(&self) -> usize {
        self.multiply_block_scratch_len(1)
    }

    fn multiply_block_scratch_len(&self, k: usize) -> usize {
        2 * k * self.op.cols() + self.op.block_scratch_len(k).max(self.op.scratch_len())
    }

    fn multiply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.multiply_block(1, x, y, scratch);
    }

    fn multiply_block(&self, k: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
        let n = k * self.op.cols();
        let (inner, rest) = scratch.split_at_mut(n);
        let (outer, rest) = rest.split_at_mut(n);
        self.block.half(true, x, inner);
        self.op.apply_block(k, inner, outer, rest);
        self.block.half(false, outer, y);
    }
}
