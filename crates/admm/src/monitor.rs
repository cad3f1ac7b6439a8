use linalg_core::{Real, SettingsError};

use crate::state::AdmmState;
use crate::status::Status;

/// The residuals of an iteration, relative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Residuals {
    /// `|u - v| / max(|u|, |v|)`; with `|z|` for `|v|` where `v = 0`.
    pub primal: f64,
    /// `|v - v_before| / |z - v|`; with `|v|` for `|z - v|` where `z = v`.
    pub dual: f64,
}

/// What a [`Monitor`] makes of an iterate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Continue,
    /// There is no progress: the next steps are made more exact, and `rho` is balanced by the
    /// residuals, whatever its schedule says.
    Retune,
    /// End with this status.
    Stop(Status),
}

/// The caller's eye on the iteration: it is shown every iterate, and its word ends the run. A
/// closure serves.
pub trait Monitor<T: Real, X: ?Sized> {
    /// Looks at the iterate after its proximal step; `prox` is lent for exact re-evaluations.
    fn observe(&mut self, state: &AdmmState<T>, residuals: &Residuals, prox: &mut X) -> Verdict;
}

impl<T, X, F> Monitor<T, X> for F
where
    T: Real,
    X: ?Sized,
    F: FnMut(&AdmmState<T>, &Residuals, &mut X) -> Verdict,
{
    fn observe(&mut self, state: &AdmmState<T>, residuals: &Residuals, prox: &mut X) -> Verdict {
        self(state, residuals, prox)
    }
}

/// Stops when both relative residuals are within a tolerance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResidualMonitor {
    tol: f64,
}

impl ResidualMonitor {
    /// One with this tolerance; 0 runs to the limits.
    ///
    /// # Errors
    /// [`SettingsError`] if it is negative or not finite.
    pub fn new(tol: f64) -> Result<Self, SettingsError> {
        let holds = tol.is_finite() && tol >= 0.0;
        SettingsError::unless(holds, "tol", tol, "finite and at least 0")?;
        Ok(Self { tol })
    }
}

impl<T: Real, X: ?Sized> Monitor<T, X> for ResidualMonitor {
    fn observe(&mut self, _state: &AdmmState<T>, residuals: &Residuals, _prox: &mut X) -> Verdict {
        if residuals.primal <= self.tol && residuals.dual <= self.tol {
            Verdict::Stop(Status::Converged)
        } else {
            Verdict::Continue
        }
    }
}
