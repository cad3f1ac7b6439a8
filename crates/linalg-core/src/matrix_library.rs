use faer::MatRef;

use crate::control::Control;
use crate::error::LinalgError;
use crate::gram::ShiftedGram;
use crate::masked_blocks::{MaskedBlocks, masked_gram_within};
use crate::masks::Masks;
use crate::operator::LinearOperator;
use crate::real::Real;
use crate::shifted_solve::ShiftedSolve;

/// A library that carries the operator of row-masked data and its direct solvers.
///
/// **Shapes** everywhere `data` is `R` transposed, `rank x n_samples`, and `A = [D_1 R, .., D_P R]`
/// the operator of [`MaskedBlocks`].
pub trait MatrixLibrary<T: Real>: Sync {
    /// Its name in options and reports.
    fn name(&self) -> &'static str;
    /// The operator `A`.
    ///
    /// # Panics
    /// If the masks are for another number of rows, or the library cannot express the layout of the
    /// data (`nalgebra`: columns that are not contiguous).
    fn blocks<'a>(
        &self,
        data: MatRef<'a, T>,
        masks: &'a Masks,
    ) -> Box<dyn LinearOperator<T> + Send + 'a>;
    /// A solver for `shift I + scale A'A`, of side `rank n_blocks`.
    ///
    /// # Errors
    /// [`LinalgError::Halted`] when `control` says stop.
    ///
    /// # Panics
    /// As [`blocks`](Self::blocks).
    fn inner_gram(
        &self,
        data: MatRef<'_, T>,
        masks: &Masks,
        control: &Control<'_>,
    ) -> Result<Box<dyn ShiftedSolve<T>>, LinalgError>;
    /// A solver for `shift I + scale A A'`, of side `n_samples`.
    ///
    /// # Errors
    /// As [`inner_gram`](Self::inner_gram).
    ///
    /// # Panics
    /// As [`blocks`](Self::blocks).
    fn outer_gram(
        &self,
        data: MatRef<'_, T>,
        masks: &Masks,
        control: &Control<'_>,
    ) -> Result<Box<dyn ShiftedSolve<T>>, LinalgError>;
}

/// The library that everything here is made with, on all threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FaerLibrary;

impl<T: Real> MatrixLibrary<T> for FaerLibrary {
    fn name(&self) -> &'static str {
        "faer"
    }

    fn blocks<'a>(
        &self,
        data: MatRef<'a, T>,
        masks: &'a Masks,
    ) -> Box<dyn LinearOperator<T> + Send + 'a> {
        Box::new(MaskedBlocks::new(data, masks))
    }

    fn inner_gram(
        &self,
        data: MatRef<'_, T>,
        masks: &Masks,
        control: &Control<'_>,
    ) -> Result<Box<dyn ShiftedSolve<T>>, LinalgError> {
        let gram: ShiftedGram<T> = masked_gram_within(&MaskedBlocks::new(data, masks), control)?;
        Ok(Box::new(gram))
    }

    fn outer_gram(
        &self,
        data: MatRef<'_, T>,
        masks: &Masks,
        control: &Control<'_>,
    ) -> Result<Box<dyn ShiftedSolve<T>>, LinalgError> {
        Ok(Box::new(MaskedBlocks::outer_gram_within(
            data, masks, control,
        )?))
    }
}
