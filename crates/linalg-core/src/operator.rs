use crate::real::Real;

/// A linear map given by its products.
///
/// All vectors are slices; lengths are asserted. Scratch belongs to the caller, so that an
/// iteration allocates nothing.
pub trait LinearOperator<T: Real>: Sync {
    /// Length of `A x`.
    fn rows(&self) -> usize;
    /// Length of `x`.
    fn cols(&self) -> usize;
    /// Numbers of scratch that one product needs.
    fn scratch_len(&self) -> usize {
        0
    }
    /// `y = A x`.
    ///
    /// # Panics
    /// If `x`, `y` or `scratch` has another length than [`cols`](Self::cols),
    /// [`rows`](Self::rows), at least [`scratch_len`](Self::scratch_len).
    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]);
    /// `x = A' y`.
    ///
    /// # Panics
    /// As [`apply`](Self::apply).
    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]);
    /// Numbers of scratch that a product of `k` columns needs; enough for fewer columns too.
    fn block_scratch_len(&self, _k: usize) -> usize {
        self.scratch_len()
    }
    /// `Y = A X` for `k` columns, column-major.
    ///
    /// # Panics
    /// As [`apply`](Self::apply), with `k` times the lengths and
    /// [`block_scratch_len`](Self::block_scratch_len).
    fn apply_block(&self, k: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
        assert_eq!(
            x.len(),
            k * self.cols(),
            "x: {k} columns of the operator's width"
        );
        assert_eq!(
            y.len(),
            k * self.rows(),
            "y: {k} columns of the operator's height"
        );
        for j in 0..k {
            let (rows, cols) = (self.rows(), self.cols());
            self.apply(
                &x[j * cols..(j + 1) * cols],
                &mut y[j * rows..(j + 1) * rows],
                scratch,
            );
        }
    }
    /// `X = A' Y` for `k` columns, column-major.
    ///
    /// # Panics
    /// As [`apply_block`](Self::apply_block).
    fn apply_adjoint_block(&self, k: usize, y: &[T], x: &mut [T], scratch: &mut [T]) {
        let (rows, cols) = (self.rows(), self.cols());
        assert_eq!(x.len(), k * cols, "x: {k} columns of the operator's width");
        assert_eq!(y.len(), k * rows, "y: {k} columns of the operator's height");
        for j in 0..k {
            self.apply_adjoint(
                &y[j * rows..(j + 1) * rows],
                &mut x[j * cols..(j + 1) * cols],
                scratch,
            );
        }
    }
}

macro_rules! boxed {
    ($inner:ty) => {
        impl<T: Real> LinearOperator<T> for Box<$inner> {
            fn rows(&self) -> usize {
                (**self).rows()
            }
            fn cols(&self) -> usize {
                (**self).cols()
            }
            fn scratch_len(&self) -> usize {
                (**self).scratch_len()
            }
            fn block_scratch_len(&self, k: usize) -> usize {
                (**self).block_scratch_len(k)
            }
            fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
                (**self).apply(x, y, scratch);
            }
            fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
                (**self).apply_adjoint(y, x, scratch);
            }
            fn apply_block(&self, k: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
                (**self).apply_block(k, x, y, scratch);
            }
            fn apply_adjoint_block(&self, k: usize, y: &[T], x: &mut [T], scratch: &mut [T]) {
                (**self).apply_adjoint_block(k, y, x, scratch);
            }
        }
    };
}

boxed!(dyn LinearOperator<T> + '_);
boxed!(dyn LinearOperator<T> + Send + '_);

/// `A'` of an operator `A`: the two products change places.
#[derive(Clone, Copy)]
pub struct Adjoint<'a, T> {
    inner: &'a dyn LinearOperator<T>,
}

impl<'a, T: Real> Adjoint<'a, T> {
    /// Wraps `A`.
    #[must_use]
    pub fn new(inner: &'a dyn LinearOperator<T>) -> Self {
        Self { inner }
    }
}

impl<T: Real> LinearOperator<T> for Adjoint<'_, T> {
    fn rows(&self) -> usize {
        self.inner.cols()
    }
    fn cols(&self) -> usize {
        self.inner.rows()
    }
    fn scratch_len(&self) -> usize {
        self.inner.scratch_len()
    }
    fn block_scratch_len(&self, k: usize) -> usize {
        self.inner.block_scratch_len(k)
    }
    fn apply(&self, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.inner.apply_adjoint(x, y, scratch);
    }
    fn apply_adjoint(&self, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.inner.apply(y, x, scratch);
    }
    fn apply_block(&self, k: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
        self.inner.apply_adjoint_block(k, x, y, scratch);
    }
    fn apply_adjoint_block(&self, k: usize, y: &[T], x: &mut [T], scratch: &mut [T]) {
        self.inner.apply_block(k, y, x, scratch);
    }
}
