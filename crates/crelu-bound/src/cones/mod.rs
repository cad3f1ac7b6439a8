//! Prices over all neurons where the data lie in a few dimensions more than three: branch and bound
//! over simplicial cones, to a tolerance.

mod cone;
mod nearest;
mod search;
mod settings;

use linalg_core::Control;

use self::search::{is_at_most, largest};
pub use self::settings::{CheckedConeSettings, ConeSettings};
use crate::enumerate::{Dearest, space::Plane};
use crate::problem::BoundProblem;

/// What is added to a price that is stated, so that a check in other units, whose roundings differ,
/// goes through.
const SLIP: f64 = 1e-9;

/// What a search over cones found.
#[derive(Debug, Clone, PartialEq)]
pub struct ConeReport {
    /// The dearest neuron met, and a bound that holds wherever the search ended.
    pub dearest: Dearest,
    /// Visits of a row by a cone.
    pub visits: usize,
}

/// The rows in the fewest dimensions that hold them.
enum Space {
    Four(Box<Plane<4>>),
    Five(Box<Plane<5>>),
    Six(Box<Plane<6>>),
}

impl Space {
    fn new(problem: &BoundProblem<'_>) -> Option<Self> {
        // the widest first: it is what most data fail
        let six = Plane::<6>::new(problem)?;
        match six.rank {
            0..=4 => Plane::new(problem).map(|plane| Self::Four(Box::new(plane))),
            5 => Plane::new(problem).map(|plane| Self::Five(Box::new(plane))),
            _ => Some(Self::Six(Box::new(six))),
        }
    }
}

/// The dearest neuron of `theta` by branch and bound over simplicial cones, where the data span at
/// most six dimensions (in seven it does not end in time); None beyond, or where they hold values out of range.
///
/// The orthants of the row space are halved at their longest edges, the most promising first. On a
/// cone a row of positive weight and open sign is at most what it is at the corners, joined linearly;
/// one of negative weight is concave and bounded by the best of its tangents: all that is lost on a cone
/// is lost on the open rows of positive weight, and goes with the square of the cone's width.
/// The result does not depend on the number of threads, unless `control` ends it.
///
/// **Cost** some 50 to 100 ns a visit. Of 442 and 569 rows, to a tolerance of 1e-3: 1e6 visits in four
/// dimensions; 2e7 in five, 5e8 in six at 1 % of the largest penalty; a tenth at 10 %.
#[must_use]
pub fn dearest_in_cones(
    problem: &BoundProblem<'_>,
    theta: &[f64],
    settings: &CheckedConeSettings,
    control: &Control<'_>,
) -> Option<ConeReport> {
    let settings = settings.get();
    if theta.len() != problem.n_samples() {
        return None;
    }
    match Space::new(problem)? {
        Space::Four(plane) => report(&plane, theta, settings, control),
        Space::Five(plane) => report(&plane, theta, settings, control),
        Space::Six(plane) => report(&plane, theta, settings, control),
    }
}

/// Whether [`dearest_in_cones`] serves these data.
#[must_use]
pub fn is_in_few_dimensions(problem: &BoundProblem<'_>) -> bool {
    Space::new(problem).is_some()
}

fn report<const R: usize>(
    plane: &Plane<R>,
    theta: &[f64],
    settings: &ConeSettings,
    control: &Control<'_>,
) -> Option<ConeReport> {
    let found = largest(plane, theta, settings, control)?;
    let bound = plane.lifted(found.bound * (1.0 + SLIP), theta)?;
    Some(ConeReport {
        dearest: Dearest {
            bound,
            price: found.price,
            sign: found.sign,
            direction: plane.expand(found.at),
        },
        visits: found.visits,
    })
}

/// Whether both prices of `theta` are proven to be at most `price`; None as for [`dearest_in_cones`].
pub(crate) fn is_price_at_most(
    problem: &BoundProblem<'_>,
    theta: &[f64],
    price: f64,
) -> Option<bool> {
    match Space::new(problem)? {
        Space::Four(plane) => is_at_most(&plane, theta, price),
        Space::Five(plane) => is_at_most(&plane, theta, price),
        Space::Six(plane) => is_at_most(&plane, theta, price),
    }
}
