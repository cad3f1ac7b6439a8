/// How the penalty parameter `rho` follows the iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum PenaltyRule {
    /// It stays.
    Fixed,
    /// Residual balancing: the ratio of the relative residuals.
    Balance,
    /// Residuals and the size of the active part together, so that `rho` comes to rest where
    /// half the shrinkage equals the mean norm of what is not zero: balancing alone overshoots.
    Calibrated,
}

/// Largest change of `rho` at a time.
const MOST: f64 = 10.0;
/// Change of `rho` while nothing is active.
const EMPTY: f64 = 10.0;
/// Weight of the shrinkage in the calibrated rule (found by measurement on seven real sets).
const WEIGHT: f64 = 0.4;
/// The calibrated rule lowers `rho` no further than keeps the copies this close, relative. A
/// smaller `rho` moves the penalised copy by as much more for the same error of the multipliers;
/// while that is large, the size of what is active is not the optimum's, but grows as `rho` falls,
/// and would ask for a smaller `rho` again, without end (measured on weak penalties; between 0.1
/// and 0.015 the number of iterations hardly depends on it).
const APART: f64 = 0.03;

impl PenaltyRule {
    /// The factor for `rho`, or none when it should stay.
    ///
    /// `primal`, `dual`: relative residuals; `shrinkage`: twice the threshold over the mean norm
    /// of the active parts; `empty`: `v` is zero; `band`: no change for a factor inside
    /// `[1 / band, band]`.
    pub(crate) fn factor(
        self,
        primal: f64,
        dual: f64,
        shrinkage: Option<f64>,
        empty: bool,
        band: f64,
    ) -> Option<f64> {
        if empty && self == Self::Calibrated && primal > 0.0 {
            // while v is zero the image of z must grow to H theta / rho, a step moves it by a
            // share rho / (rho + H) of that: too small a rho would take hundreds of steps
            return Some(EMPTY);
        }
        let ratio = primal / dual;
        if !(ratio.is_finite() && ratio > 0.0) {
            return None;
        }
        let balance = ratio.sqrt().clamp(1.0 / MOST, MOST);
        let factor = match (self, shrinkage) {
            (Self::Fixed, _) => return None,
            (Self::Balance, _) => balance,
            (Self::Calibrated, Some(size)) => (WEIGHT * size * balance).sqrt(),
            (Self::Calibrated, None) => return None,
        };
        if !factor.is_finite() {
            return None;
        }
        let mut factor = factor.clamp(1.0 / MOST, MOST);
        if self == Self::Calibrated && factor < 1.0 {
            factor = factor.max((primal / APART).min(1.0));
        }
        (factor < 1.0 / band || factor > band).then_some(factor)
    }
}
