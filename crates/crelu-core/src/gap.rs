/// `(objective - bound) / objective`, at least 0, and 0 when the objective is.
#[must_use]
pub fn relative_gap(objective: f64, bound: f64) -> f64 {
    if objective.is_finite() && objective > 0.0 {
        ((objective - bound) / objective).max(0.0)
    } else if objective == 0.0 {
        0.0
    } else {
        // an objective that is not finite proves nothing; NaN.max(0) would call it converged
        f64::INFINITY
    }
}
