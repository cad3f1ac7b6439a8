use crate::operator::LinearOperator;
use crate::real::Real;

/// A symmetric linear map given by its one product; that is a [`LinearOperator`] too, its adjoint
/// being itself.
///
/// ```
/// use linalg_core::{LinearOperator, SymmetricOperator};
///
/// /// `tridiag(-1, 2, -1)`
/// struct SecondDifference(usize);
///
/// impl SymmetricOperator for SecondDifference {
///     type Scalar = f64;
///     fn dim(&self) -> usize {
///         self.0
///     }
///     fn multiply(&self, x: &[f64], y: &mut [f64], _scratch: &mut [f64]) {
///         for i in 0..self.0 {
///             let left = if i > 0 { x[i - 1] } else { 0.0 };
///             y[i] = 2.0 * x[i] - left - x.get(i + 1).unwrap_or(&0.0);
///         }
///     }
/// }
///
/// let mut y = [0.0; 3];
/// SecondDifference(3).apply_adjoint(&[1.0, 2.0, 4.0], &mut y, &mut []);
/// assert_eq!(y, [0.0, -1.0, 6.0]);
/// ```
pub trait SymmetricOperator: Sync {
    /// The numbers it works on.
    type Scalar: Real;

    /// Length of `x` and of `A x`.
    fn dim(&self) -> usize;
    /// `y = A x`.
    ///
    /// # Panics
    /// As [`LinearOperator::apply`].
    fn multiply(&self, x: &[Self::Scalar], y: &mut [Self::Scalar], scratch: &mut [Self::Scalar]);
    /// Numbers of scratch that one product needs.
    fn multiply_scratch_len(&self) -> usize {
        0
    }
    /// Numbers of scratch that a product of `k` columns needs; enough for fewer columns too.
    fn multiply_block_scratch_len(&self, _k: usize) -> usize {
        self.multiply_scratch_len()
    }
    /// `Y = A X` for `k` columns, column-major.
    ///
    /// # Panics
    /// As [`LinearOperator::apply_block`].
    fn multiply_block(
        &self,
        k: usize,
        x: &[Self::Scalar],
        y: &mut [Self::Scalar],
        scratch: &mut [Self::Scalar],
    ) {
        let n = self.dim();
        assert_eq!(x.len(), k * n, "x: {k} columns of the operator's side");
        assert_eq!(y.len(), k * n, "y: {k} columns of the operator's side");
        for j in 0..k {
            let column = j * n..(j + 1) * n;
            self.multiply(&x[column.clone()], &mut y[column], scratch);
        }
    }
}

impl<T: Real, S: SymmetricOperator<Scalar = T> + ?Sized> LinearOperator<T> for S {
    fn rows(&self) -> usize {
        self.dim()
    }
    fn cols(&self) -> usize {
        self.dim()
    }
    fn scratch_len(&self) -> usize {
        self.multiply_scratch_len()
    }
    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.multiply(x, y, scratch);
    }
    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.multiply(y, x, scratch);
    }
    fn block_scratch_len(&self, k: usize) -> usize {
        self.multiply_block_scratch_len(k)
    }
    fn apply_block(&self, k: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.multiply_block(k, x, y, scratch);
    }
    fn apply_adjoint_block(&self, k: usize, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.multiply_block(k, y, x, scratch);
    }
}
