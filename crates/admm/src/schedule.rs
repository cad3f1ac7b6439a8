/// How exact an inexact primal step must be.
///
/// ```text
///     tol_k = max(floor, min(first / k^(1 + delta), share sqrt(p d)))
/// ```
///
/// with `p` and `d` the primal and the dual residual of the iteration before, both in units of the
/// step. The first part is summable, which is what convergence asks for; the second keeps an error
/// from hiding the progress that it is made beside.
///
/// **Source** Eckstein & Bertsekas 1992, theorem 8 (summable errors); Zhao, Frangella & Udell 2022
/// (NysADMM: the geometric mean of the residuals).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InnerSchedule {
    first: f64,
    share: f64,
}

/// Excess of the exponent over 1: the sum of all is at most `first (1 + 1 / DELTA)`.
const DELTA: f64 = 0.1;
/// Share of the mean of the residuals.
const SHARE: f64 = 0.3;
/// The dual residual counts for at least this share of the primal one: it is zero where a step
/// leaves the penalised copy as it was, which asks nothing of the next.
const AT_REST: f64 = 0.01;
/// What is left of the tolerance where a run makes no progress.
const TIGHTER: f64 = 1e-3;
/// Nothing is asked below this, relative to the step: a few thousand roundings.
const FLOOR: f64 = 1e-12;

impl InnerSchedule {
    /// A schedule that begins with the tolerance `first`.
    #[must_use]
    pub fn new(first: f64) -> Self {
        Self { first, share: 1.0 }
    }

    /// Asks for more from now on, where the iteration makes no progress: a thousandth; the second
    /// time for all that rounding leaves.
    pub fn tighten(&mut self) {
        self.share = if self.share < 1.0 { 0.0 } else { TIGHTER };
    }

    /// The tolerance of iteration `k`, counted from 1, on the error relative to the step `u - w`.
    /// `primal` and `dual`: the residuals of the iteration before over the length of the step;
    /// infinite before the first.
    #[must_use]
    pub fn tolerance(&self, k: usize, primal: f64, dual: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "an iteration count")]
        let summable = self.first / (k.max(1) as f64).powf(1.0 + DELTA);
        let tied = SHARE * (primal * dual.max(AT_REST * primal)).sqrt();
        // NaN residuals leave the summable part: min ignores NaN
        (self.share * summable.min(tied)).max(FLOOR)
    }
}
