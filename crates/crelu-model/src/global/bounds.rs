use linalg_core::dot;

/// The lower bound on the optimum over all networks, in sum scaling, that holds if no unit neuron
/// is priced above `max_price` times `beta_sum` at `theta`, for squared loss:
///
/// ```text
///     c = min(1 / max(1, max_price), theta'y / |theta|^2),   bound = c theta'y - c^2 |theta|^2 / 2
/// ```
///
/// Evidence where `max_price` comes from a search, proof where it is a proven bound on the price.
/// **Source** the Fenchel dual over all neurons; DESIGN.md, section 6.
///
/// # Panics
/// If the lengths differ.
#[must_use]
pub fn search_bound(theta: &[f64], target: &[f64], max_price: f64) -> f64 {
    let (along, square) = (dot(theta, target), dot(theta, theta));
    let best = if square > 0.0 { along / square } else { 0.0 };
    let c = (1.0 / max_price.max(1.0)).min(best).max(0.0);
    let bound = c * along - 0.5 * c * c * square;
    if bound.is_finite() {
        bound.max(0.0)
    } else {
        0.0
    }
}
