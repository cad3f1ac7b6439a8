use linalg_core::Control;

use super::completion::Completion;
use super::proven::Proven;
use super::settings::ProofSettings;
use crate::certificate::{Certificate, Proof};
use crate::cones::{ConeSettings, dearest_in_cones, is_in_few_dimensions};
use crate::enumerate::{Dearest, dearest_neuron, is_enumerable};
use crate::error::BoundError;
use crate::problem::BoundProblem;
use crate::verify::verify;

/// A network whose dearest neuron costs less than this, in units of the threshold, is optimal.
const CLOSED: f64 = 1.0 + 1e-7;
/// How far a proven price may be above that of a neuron, in four to six dimensions.
pub(super) const CONE_TOLERANCE: f64 = 1e-3;
/// While neurons are dearer than the threshold, this share of how much dearer is tolerance enough.
const COARSE: f64 = 0.3;
/// Visits of a row by a cone in all rounds together, where `--prove` does not ask for more: about half a
/// second of one core, and as much for checks.
const CONE_VISITS: usize = 5_000_000;
/// The same where it does.
const MOST_CONE_VISITS: usize = 1_000_000_000;
/// Share of the seconds, or of those left, that the search over cones gets; its checks take at most as
/// much again.
const CONE_SHARE: f64 = 0.4;
/// Rounds of closing: price, insert, correct, slide.
const CLOSINGS: usize = 40;
/// Unless it is asked for, no more than so many rows are visited by rounds, and four of them made: a
/// round of 20000 rows takes up to seconds.
const CLOSING_ROWS: usize = 80_000;
const LEAST_CLOSINGS: usize = 4;
/// Seconds that the verifier, which has no limit, may go on past that of the run.
const LATE: f64 = 0.1;

/// How many dimensions the data span, as far as the proof asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimensions {
    UpToThree,
    UpToSix,
    More,
}

impl Dimensions {
    pub(super) fn of(problem: &BoundProblem<'_>) -> Self {
        if is_enumerable(problem) {
            Self::UpToThree
        } else if is_in_few_dimensions(problem) {
            Self::UpToSix
        } else {
            Self::More
        }
    }
}

/// What the prices of all neurons came to.
pub(super) struct Closed {
    /// The best of what was verified.
    pub(super) proven: Proven,
    /// Whether no neuron is above the threshold any more: nothing is left to prove but the tolerance.
    pub(super) is_complete: bool,
}

/// Every neuron priced, to rounding in up to three dimensions, to a tolerance in four to six; None
/// beyond. The network is completed by its dearest neurons until there is none above the threshold: then
/// its residual proves it optimal, to that.
///
/// Where a limit comes before, the best of what was verified by then.
pub(super) fn close(
    problem: &BoundProblem<'_>,
    dimensions: Dimensions,
    completion: &mut dyn Completion,
    settings: &ProofSettings,
    seconds: Option<f64>,
    control: &Control<'_>,
) -> Result<Option<Closed>, BoundError> {
    let closing = Closing {
        problem,
        completion,
        rounds: match seconds {
            Some(_) => CLOSINGS,
            None => (CLOSING_ROWS / problem.n_samples()).clamp(LEAST_CLOSINGS, CLOSINGS),
        },
    };
    if dimensions == Dimensions::UpToThree {
        let price =
            |theta: &[f64]| Some((dearest_neuron(problem, theta, control)?, Proof::Enumeration));
        return closing.run(CLOSED, price, control, control);
    }
    if dimensions == Dimensions::More {
        return Ok(None);
    }
    let mut cones = ConeSettings {
        tolerance: CONE_TOLERANCE,
        visits: CONE_VISITS,
        ..ConeSettings::default()
    };
    let now = control.seconds();
    let mut end = control.ends_at();
    if let Some(seconds) = seconds.filter(|seconds| *seconds > 0.0) {
        cones.visits = MOST_CONE_VISITS;
        end = Some(end.map_or(now + seconds, |end| end.min(now + seconds)));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a conversion of a float saturates"
    )]
    let memory = (0.5 * settings.memory) as usize;
    cones.bytes = cones.bytes.min(memory);
    let until = |end: Option<f64>| control.clocked().map_or(*control, |it| *it.deadline(end));
    let whole = until(end);
    let search = until(end.map(|end| now + CONE_SHARE * (end - now).max(0.0)));
    let closed = 1.0 + CONE_TOLERANCE;
    let price = |theta: &[f64]| {
        while cones.visits > 0 {
            let checked = cones.clone().check().ok()?;
            let found = dearest_in_cones(problem, theta, &checked, &search)?;
            cones.visits = cones.visits.saturating_sub(found.visits);
            let was_coarse = cones.tolerance > CONE_TOLERANCE;
            // a neuron far above the threshold comes in first: the next search may be as coarse
            let share = found.dearest.price / problem.threshold();
            cones.tolerance = CONE_TOLERANCE.max(COARSE * (share - 1.0));
            let again = share <= closed && was_coarse && cones.visits > 0;
            if !again || search.halt().is_some() {
                let price = found.dearest.bound;
                return Some((found.dearest, Proof::Cones { price }));
            }
        }
        None
    };
    closing.run(closed, price, &search, &whole)
}

struct Closing<'a> {
    problem: &'a BoundProblem<'a>,
    completion: &'a mut dyn Completion,
    rounds: usize,
}

impl Closing<'_> {
    /// `closed`: the price at which to stop, in units of the threshold; `search`: what `price` looks at;
    /// `whole`: the limit of its checks too.
    fn run(
        self,
        closed: f64,
        mut price: impl FnMut(&[f64]) -> Option<(Dearest, Proof)>,
        search: &Control<'_>,
        whole: &Control<'_>,
    ) -> Result<Option<Closed>, BoundError> {
        let problem = self.problem;
        let mut best: Option<Proven> = None;
        let mut least = f64::INFINITY;
        let mut is_complete = false;
        for _ in 0..self.rounds {
            let begun = whole.seconds();
            let Some(outputs) = self.completion.outputs() else {
                break;
            };
            let theta = problem.theta(&outputs);
            let Some((dearest, proof)) = price(&theta) else {
                break;
            };
            // the verifier searches once more, as long as this took, and is not to be interrupted
            let now = whole.seconds();
            let is_late = |limit| now + (now - begun) > limit + LATE;
            if whole.halt().is_some() || whole.ends_at().is_some_and(is_late) {
                break;
            }
            let certificate = Certificate::new(theta, proof);
            // a check of a larger price costs as much and proves less
            let is_lower = dearest.bound < least;
            least = least.min(dearest.bound);
            if is_lower
                && let Some(bound) = verify(problem, &certificate)?.bound()
                && best
                    .as_ref()
                    .is_none_or(|best| bound.value > best.bound.value)
            {
                best = Some(Proven { certificate, bound });
            }
            is_complete = dearest.price <= closed * problem.threshold();
            if is_complete || search.halt().is_some() {
                break;
            }
            self.completion
                .take_in(&dearest.direction, dearest.sign, whole);
        }
        Ok(best.map(|proven| Closed {
            proven,
            is_complete,
        }))
    }
}
