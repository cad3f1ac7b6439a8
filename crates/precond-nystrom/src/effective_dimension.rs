use linalg_core::Real;

use crate::nystrom::Nystrom;

/// Bounds on the effective dimension of `A` at a shift, `tr(A (A + shift)^-1)`: how many
/// directions stand out of the shift, and so the rank that a preconditioner needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectiveDimension {
    /// From below: `sum lambda_i / (lambda_i + shift)` of the approximation, whose eigenvalues are
    /// not above those of `A`.
    pub lower: f64,
    /// From above, if the trace of `A` is known: what the approximation misses of it, over the
    /// shift, is added.
    pub upper: Option<f64>,
}

/// The effective dimension at a shift, from an approximation and, for the upper bound, the trace
/// of `A`. Both are bounds up to the rounding of the eigenvalues.
///
/// **Units** `shift` and `trace` in those of `A`. **Cost** a division an eigenvalue.
/// **Source** Frangella, Tropp & Udell 2023 (definition); the upper bound follows from
/// `lambda_i <= lambda_i(A)` and the slope of `x / (x + shift)`, at most `1 / shift`.
#[must_use]
pub fn effective_dimension<T: Real>(
    approximation: &Nystrom<T>,
    shift: f64,
    trace: Option<f64>,
) -> EffectiveDimension {
    let eigenvalues = approximation.eigenvalues();
    let lower = eigenvalues.iter().map(|v| v / (v + shift)).sum();
    let upper = trace.map(|trace| {
        let missed = (trace - eigenvalues.iter().sum::<f64>()).max(0.0);
        lower + missed / shift
    });
    EffectiveDimension { lower, upper }
}
