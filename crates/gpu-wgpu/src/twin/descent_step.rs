use super::line_sum;

/// The step along a direction of square `square`, starting from eight times the last, by halves;
/// 0 for none.
pub(crate) fn run(parts: &[f32], (rho, factor): (f32, f32), square: f32, last: f32) -> f32 {
    let curvature = rho * square + factor * line_sum(parts.iter().copied());
    let mut step = (1.0 / rho).min(8.0 * last);
    if square == 0.0 {
        return step;
    }
    for _ in 0..150 {
        if 0.5 * curvature * step <= 0.5 * square {
            return step;
        }
        step *= 0.5;
    }
    0.0
}
