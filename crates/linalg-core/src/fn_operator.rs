use core::marker::PhantomData;

use crate::operator::LinearOperator;
use crate::real::Real;
use crate::symmetric_operator::SymmetricOperator;

/// A symmetric operator made of a closure `(x, y)` that writes `y = A x`.
///
/// ```
/// use linalg_core::{LinearOperator, SymmetricFn};
///
/// let twice = SymmetricFn::new(2, |x: &[f64], y: &mut [f64]| {
///     y[0] = 2.0 * x[0];
///     y[1] = 2.0 * x[1];
/// });
/// let mut y = [0.0; 2];
/// twice.apply(&[1.0, 3.0], &mut y, &mut []);
/// assert_eq!(y, [2.0, 6.0]);
/// ```
#[derive(Clone, Copy)]
pub struct SymmetricFn<T, F> {
    dim: usize,
    product: F,
    scalar: PhantomData<fn(T)>,
}

impl<T: Real, F: Fn(&[T], &mut [T]) + Sync> SymmetricFn<T, F> {
    /// An operator of side `dim`. The closure is handed vectors of that length.
    pub fn new(dim: usize, product: F) -> Self {
        Self {
            dim,
            product,
            scalar: PhantomData,
        }
    }
}

impl<T: Real, F: Fn(&[T], &mut [T]) + Sync> SymmetricOperator for SymmetricFn<T, F> {
    type Scalar = T;

    fn dim(&self) -> usize {
        self.dim
    }

    fn multiply(&self, x: &[T], y: &mut [T], _scratch: &mut [T]) {
        assert_eq!(x.len(), self.dim, "x: the operator's side");
        assert_eq!(y.len(), self.dim, "y: the operator's side");
        (self.product)(x, y);
    }
}

/// An operator made of two closures: `(x, y)` writes `y = A x`, `(y, x)` writes `x = A' y`.
///
/// [`assert_adjoint_consistent`](crate::assert_adjoint_consistent) tests that the two belong
/// together.
#[derive(Clone, Copy)]
pub struct FnOperator<T, F, G> {
    rows: usize,
    cols: usize,
    product: F,
    adjoint: G,
    scalar: PhantomData<fn(T)>,
}

impl<T: Real, F: Fn(&[T], &mut [T]) + Sync, G: Fn(&[T], &mut [T]) + Sync> FnOperator<T, F, G> {
    /// An operator of `rows x cols`. The closures are handed vectors of these lengths.
    pub fn new(rows: usize, cols: usize, product: F, adjoint: G) -> Self {
        Self {
            rows,
            cols,
            product,
            adjoint,
            scalar: PhantomData,
        }
    }
}

impl<T: Real, F: Fn(&[T], &mut [T]) + Sync, G: Fn(&[T], &mut [T]) + Sync> LinearOperator<T>
    for FnOperator<T, F, G>
{
    fn rows(&self) -> usize {
        self.rows
    }

    fn cols(&self) -> usize {
        self.cols
    }

    fn apply(&self, x: &[T], y: &mut [T], _scratch: &mut [T]) {
        assert_eq!(x.len(), self.cols, "x: the operator's width");
        assert_eq!(y.len(), self.rows, "y: the operator's height");
        (self.product)(x, y);
    }

    fn apply_adjoint(&self, y: &[T], x: &mut [T], _scratch: &mut [T]) {
        assert_eq!(y.len(), self.rows, "y: the operator's height");
        assert_eq!(x.len(), self.cols, "x: the operator's width");
        (self.adjoint)(y, x);
    }
}
