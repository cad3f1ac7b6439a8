use nalgebra::{Cholesky, DMatrix, DMatrixViewMut, Dyn, RealField};

use crate::control::Control;
use crate::error::LinalgError;
use crate::real::Real;
use crate::shifted_solve::ShiftedSolve;

/// A symmetric matrix `H` and the Cholesky factor of `shift I + scale H`, as
/// [`ShiftedGram`](crate::ShiftedGram) keeps them.
///
/// **Cost** two squares, while it is factored three; `dim^3 / 3` flops on one thread, which
/// cannot be stopped halfway.
#[derive(Debug, Clone)]
pub struct ReferenceGram<T: Real + RealField> {
    matrix: DMatrix<T>,
    factor: Option<Cholesky<T, Dyn>>,
}

impl<T: Real + RealField> ReferenceGram<T> {
    /// Takes a symmetric matrix.
    ///
    /// # Errors
    /// [`LinalgError::Shape`] if it is not square.
    pub fn new(matrix: DMatrix<T>) -> Result<Self, LinalgError> {
        if !matrix.is_square() {
            return Err(LinalgError::Shape {
                what: "matrix",
                want: matrix.nrows(),
                got: matrix.ncols(),
            });
        }
        Ok(Self {
            matrix,
            factor: None,
        })
    }

    /// `H = A'A` of a dense matrix.
    #[must_use]
    pub fn inner(a: &DMatrix<T>) -> Self {
        Self {
            matrix: a.tr_mul(a),
            factor: None,
        }
    }

    /// `H = A A'` of a dense matrix.
    #[must_use]
    pub fn outer(a: &DMatrix<T>) -> Self {
        Self {
            matrix: a * a.transpose(),
            factor: None,
        }
    }

    /// `H`.
    #[must_use]
    pub fn matrix(&self) -> &DMatrix<T> {
        &self.matrix
    }
}

impl<T: Real + RealField> ShiftedSolve<T> for ReferenceGram<T> {
    fn dim(&self) -> usize {
        self.matrix.nrows()
    }

    fn trace(&self) -> T {
        self.matrix.trace()
    }

    fn factor(&mut self, shift: T, scale: T, control: &Control<'_>) -> Result<(), LinalgError> {
        self.factor = None;
        if control.halt().is_some() {
            return Err(LinalgError::Halted);
        }
        let dim = self.dim();
        let shifted = &self.matrix * scale + DMatrix::from_diagonal_element(dim, dim, shift);
        match factored(shifted.clone()) {
            Some(factor) => {
                self.factor = Some(factor);
                Ok(())
            }
            None => Err(LinalgError::NotPositiveDefinite {
                index: first_bad_pivot(&shifted),
                dim,
                precision: T::NAME,
            }),
        }
    }

    fn solve_block(&self, k: usize, rhs: &mut [T]) {
        let dim = self.dim();
        assert_eq!(rhs.len(), k * dim, "rhs: {k} columns of the matrix's side");
        let factor = self.factor.as_ref();
        let factor = factor.expect("solve: a factor must stand, as the trait says");
        factor.solve_mut(&mut DMatrixViewMut::from_slice(rhs, dim, k));
    }
}

/// The factor, if all its pivots are positive and finite.
fn factored<T: Real + RealField>(matrix: DMatrix<T>) -> Option<Cholesky<T, Dyn>> {
    let factor = Cholesky::new(matrix)?;
    let lower = factor.l_dirty();
    let good = (0..lower.nrows()).all(|i| {
        let pivot = lower[(i, i)].wide();
        pivot.is_finite() && pivot > 0.0
    });
    good.then_some(factor)
}

/// The last index of the smallest leading block that has no factor.
fn first_bad_pivot<T: Real + RealField>(matrix: &DMatrix<T>) -> usize {
    let (mut good, mut bad) = (0, matrix.nrows());
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        let leading = matrix.view((0, 0), (middle, middle)).into_owned();
        match factored(leading) {
            Some(_) => good = middle,
            None => bad = middle,
        }
    }
    bad - 1
}
