use core::any::Any;

use faer::MatRef;
use nalgebra::{DMatrix, DMatrixView, RealField};

use crate::control::Control;
use crate::error::LinalgError;
use crate::masks::Masks;
use crate::matrix_library::MatrixLibrary;
use crate::operator::LinearOperator;
use crate::real::Real;
use crate::reference::{ReferenceBlocks, ReferenceGram, as_nalgebra};
use crate::shifted_solve::ShiftedSolve;

/// `nalgebra`, on one thread. A generic caller gets it from [`reference()`].
///
/// **Cost** the solvers form `A`, `n_samples rank n_blocks` numbers, while they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NalgebraLibrary;

/// The reference implementation in a scalar, for callers that are generic over it; none in a scalar
/// of another crate.
#[must_use]
pub fn reference<T: Real>() -> Option<&'static dyn MatrixLibrary<T>> {
    let wide: &'static dyn MatrixLibrary<f64> = &NalgebraLibrary;
    let narrow: &'static dyn MatrixLibrary<f32> = &NalgebraLibrary;
    let known: [&dyn Any; 2] = [&wide, &narrow];
    let of_scalar = |known: &dyn Any| {
        known
            .downcast_ref::<&'static dyn MatrixLibrary<T>>()
            .copied()
    };
    known.into_iter().find_map(of_scalar)
}

impl<T: Real + RealField> MatrixLibrary<T> for NalgebraLibrary {
    fn name(&self) -> &'static str {
        "nalgebra"
    }

    fn blocks<'a>(
        &self,
        data: MatRef<'a, T>,
        masks: &'a Masks,
    ) -> Box<dyn LinearOperator<T> + Send + 'a> {
        Box::new(ReferenceBlocks::new(forward(data), masks))
    }

    fn inner_gram(
        &self,
        data: MatRef<'_, T>,
        masks: &Masks,
        control: &Control<'_>,
    ) -> Result<Box<dyn ShiftedSolve<T>>, LinalgError> {
        match control.halt() {
            Some(_) => Err(LinalgError::Halted),
            None => Ok(Box::new(ReferenceGram::inner(&dense(data, masks)))),
        }
    }

    fn outer_gram(
        &self,
        data: MatRef<'_, T>,
        masks: &Masks,
        control: &Control<'_>,
    ) -> Result<Box<dyn ShiftedSolve<T>>, LinalgError> {
        match control.halt() {
            Some(_) => Err(LinalgError::Halted),
            None => Ok(Box::new(ReferenceGram::outer(&dense(data, masks)))),
        }
    }
}

fn dense<T: Real + RealField>(data: MatRef<'_, T>, masks: &Masks) -> DMatrix<T> {
    ReferenceBlocks::new(forward(data), masks).to_dense()
}

fn forward<T: Real + RealField>(data: MatRef<'_, T>) -> DMatrixView<'_, T> {
    as_nalgebra(data).expect("data with contiguous columns")
}
