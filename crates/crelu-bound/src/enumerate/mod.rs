//! Prices over all neurons where the data lie in one, two or three dimensions.

mod cap;
mod search;
pub(crate) mod space;

use linalg_core::Control;

use self::search::largest;

use crate::problem::BoundProblem;

type Plane = space::Plane<3>;

/// The dearest neuron of a `theta`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dearest {
    /// What no price `max_{|u| <= 1} |theta'(X u)_+|` exceeds, rounding included.
    pub bound: f64,
    /// The price of the neuron found: where the search was complete, within 1e-9 of `bound`.
    pub price: f64,
    /// The sign of its output weight.
    pub sign: f64,
    /// `[n_features]`: its direction, of about unit length.
    pub direction: Vec<f64>,
}

/// The dearest neuron over the whole sphere and a proven bound of its price; None where the data
/// span more than three dimensions (with a fourth singular value above 1e-9 of the first), or
/// hold values beyond the range of `f64`.
///
/// The rows' hyperplanes cut the sphere into about `n^(r-1)` cells, on each of which the price is
/// linear. The cells are not listed: caps of the sphere are bounded and split, the most promising
/// first. Inside a cap the rows of certain sign are summed exactly, a row of positive weight whose
/// sign is open is bounded by its chord and one of negative weight by a line through zero, so that
/// nearly collinear rows need no case of their own.
///
/// **Cost** the rows whose sign is open are visited once a cap: some `30 n` visits in two
/// dimensions, some `300 n` to `3000 n` in three. After 3e8 visits (seconds), or when the limit of
/// `control` is up, which is looked at every million visits, what is known by then is returned: a
/// valid bound, but a loose one.
#[must_use]
pub fn dearest_neuron(
    problem: &BoundProblem<'_>,
    theta: &[f64],
    control: &Control<'_>,
) -> Option<Dearest> {
    let plane = Plane::new(problem)?;
    if theta.len() != problem.n_samples() {
        return None;
    }
    let mut best: Option<Dearest> = None;
    for sign in crate::certificate::SIGNS {
        let weights: Vec<f64> = theta.iter().map(|t| sign * t).collect();
        let found = largest(&plane, &weights, control)?;
        let bound = plane.lifted(found.bound, &weights)?;
        let larger = best.as_ref().is_none_or(|best| found.price > best.price);
        let most = best.as_ref().map_or(0.0, |best| best.bound).max(bound);
        if larger {
            best = Some(Dearest {
                bound: most,
                price: found.price,
                sign,
                direction: plane.expand(found.at),
            });
        } else if let Some(best) = &mut best {
            best.bound = most;
        }
    }
    best
}

/// An upper bound of both prices of `theta`, by a search without a limit: a certificate proves the
/// same however long it took to find; None as for [`dearest_neuron`].
pub(crate) fn price_bound(problem: &BoundProblem<'_>, theta: &[f64]) -> Option<f64> {
    dearest_neuron(problem, theta, &Control::default()).map(|dearest| dearest.bound)
}

/// Whether [`dearest_neuron`] serves these data.
#[must_use]
pub fn is_enumerable(problem: &BoundProblem<'_>) -> bool {
    Plane::new(problem).is_some()
}
