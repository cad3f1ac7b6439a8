use linalg_core::{Preconditioner, Real, SettingsError};

use crate::error::{PrecondError, positive};

/// Division by the exact diagonal of `A + shift W`, `W` diagonal (the identity by default).
///
/// The diagonal of `A` holds whatever factor stands before the data; that of `W` is what the
/// shift multiplies. Both enter: a diagonal without the shift is far off where the shift is large,
/// one without the factor where it is small.
///
/// **Cost** two or three vectors, a division an entry.
#[derive(Debug, Clone)]
pub struct Jacobi<T> {
    diagonal: Vec<T>,
    weights: Vec<T>,
    inverse: Vec<T>,
}

impl<T: Real> Jacobi<T> {
    /// From the diagonal of `A`, for `A + shift I`.
    ///
    /// # Errors
    /// [`PrecondError::Setting`] for a shift that is not above 0 or an entry that is negative or not
    /// finite.
    pub fn new(diagonal: Vec<T>, shift: T) -> Result<Self, PrecondError> {
        let weights = vec![T::of(1.0); diagonal.len()];
        Self::weighted(diagonal, weights, shift)
    }

    /// From the diagonals of `A` and of `W`, for `A + shift W`.
    ///
    /// # Errors
    /// As [`new`](Self::new), [`PrecondError::Setting`] for a weight that is not above 0,
    /// [`PrecondError::Shape`] for two lengths.
    pub fn weighted(diagonal: Vec<T>, weights: Vec<T>, shift: T) -> Result<Self, PrecondError> {
        PrecondError::shape("weights", diagonal.len(), weights.len())?;
        for value in diagonal.iter().map(|v| v.wide()) {
            let holds = value.is_finite() && value >= 0.0;
            let name = "an entry of the diagonal";
            SettingsError::unless(holds, name, value, "finite and not negative")?;
        }
        for weight in &weights {
            positive("a weight", weight.wide())?;
        }
        let mut jacobi = Self {
            inverse: vec![T::of(0.0); diagonal.len()],
            diagonal,
            weights,
        };
        jacobi.set_shift(shift)?;
        Ok(jacobi)
    }
}

impl<T: Real> Preconditioner<T> for Jacobi<T> {
    fn dim(&self) -> usize {
        self.diagonal.len()
    }

    fn apply_inverse(&self, r: &[T], z: &mut [T], _scratch: &mut [T]) {
        assert_eq!(r.len(), self.dim(), "r: the preconditioner's side");
        assert_eq!(z.len(), self.dim(), "z: the preconditioner's side");
        for ((z, r), inverse) in z.iter_mut().zip(r).zip(&self.inverse) {
            *z = *r * *inverse;
        }
    }

    /// # Errors
    /// [`SettingsError`] for a shift that is not a finite number above 0.
    fn set_shift(&mut self, shift: T) -> Result<(), SettingsError> {
        positive("shift", shift.wide())?;
        for ((inverse, d), w) in self
            .inverse
            .iter_mut()
            .zip(&self.diagonal)
            .zip(&self.weights)
        {
            *inverse = T::of(1.0) / (*d + shift * *w);
        }
        Ok(())
    }
}
