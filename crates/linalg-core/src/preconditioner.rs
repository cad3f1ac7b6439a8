use crate::real::Real;
use crate::settings::SettingsError;

/// An approximate inverse of a symmetric positive definite matrix `A + shift I`.
///
/// The map `r -> z` is linear, symmetric and positive definite itself, and the same at every call
/// until the shift changes: that is what conjugate gradients ask of it.
pub trait Preconditioner<T: Real>: Sync {
    /// The side of the matrix.
    fn dim(&self) -> usize;
    /// Numbers of scratch that applying it to one vector needs.
    fn scratch_len(&self) -> usize {
        0
    }
    /// `z = P^-1 r`.
    ///
    /// # Panics
    /// If `r`, `z` or `scratch` has another length than [`dim`](Self::dim), at least
    /// [`scratch_len`](Self::scratch_len).
    fn apply_inverse(&self, r: &[T], z: &mut [T], scratch: &mut [T]);
    /// `Z = P^-1 R` for `k` columns, column-major; `scratch`: `k` times
    /// [`scratch_len`](Self::scratch_len).
    ///
    /// # Panics
    /// As [`apply_inverse`](Self::apply_inverse), with `k` times the lengths.
    fn apply_inverse_block(&self, k: usize, r: &[T], z: &mut [T], scratch: &mut [T]) {
        let n = self.dim();
        assert_eq!(
            r.len(),
            k * n,
            "r: {k} columns of the preconditioner's side"
        );
        assert_eq!(
            z.len(),
            k * n,
            "z: {k} columns of the preconditioner's side"
        );
        for j in 0..k {
            let column = j * n..(j + 1) * n;
            self.apply_inverse(&r[column.clone()], &mut z[column], scratch);
        }
    }
    /// Follows a new shift, without a new look at the matrix. One that does not depend on the
    /// shift need not write this.
    ///
    /// # Errors
    /// [`SettingsError`] for a shift that the preconditioner cannot follow; it then stays as it
    /// was.
    fn set_shift(&mut self, _shift: T) -> Result<(), SettingsError> {
        Ok(())
    }
}

/// No preconditioning: `z = r`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    dim: usize,
}

impl Identity {
    /// The identity of a side.
    #[must_use]
    pub fn new(dim: usize) -> Self {
        Self { dim }
    }
}

impl<T: Real> Preconditioner<T> for Identity {
    fn dim(&self) -> usize {
        self.dim
    }

    fn apply_inverse(&self, r: &[T], z: &mut [T], _scratch: &mut [T]) {
        assert_eq!(r.len(), self.dim, "r: the preconditioner's side");
        z.copy_from_slice(r);
    }
}
