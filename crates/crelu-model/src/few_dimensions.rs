use crelu_bound::{
    BoundProblem, Certificate, ConeSettings, Dearest, Proof, VerifiedBound, dearest_in_cones,
    dearest_neuron, is_enumerable, is_in_few_dimensions, verify,
};
use faer::Mat;
use linalg_core::Control;

use crate::error::FitError;
use crate::global::{GlobalProblem, Neurons, correct_weights, merge, slide};
use crate::network::Network;
use crate::prepared::Prepared;

/// A network whose dearest neuron costs less than this, in units of the threshold, is optimal.
const CLOSED: f64 = 1.0 + 1e-7;
/// How far a proven price may be above that of a neuron, in four to six dimensions.
pub(crate) const CONE_TOLERANCE: f64 = 1e-3;
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
const SLIDE: usize = 200;
/// Seconds that the verifier, which has no limit, may go on past that of the run.
const LATE: f64 = 0.1;

/// How many dimensions the data span, as far as the proof asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dimensions {
    UpToThree,
    UpToSix,
    More,
}

impl Dimensions {
    pub(crate) fn of(problem: &BoundProblem<'_>) -> Self {
        if is_enumerable(problem) {
            Self::UpToThree
        } else if is_in_few_dimensions(problem) {
            Self::UpToSix
        } else {
            Self::More
        }
    }
}

/// What is asked of a proof by the prices of all neurons.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// The seconds of `--prove`, if it was given.
    pub(crate) seconds: Option<f64>,
    /// Bytes.
    pub(crate) memory: f64,
}

/// Every neuron priced, to rounding in up to three dimensions, to a tolerance in four to six; None
/// beyond. The network is completed by its dearest neurons until there is none above the threshold: then
/// its residual proves it optimal, to that.
///
/// Where a limit comes before, the best of what was verified by then.
pub(crate) fn close(
    problem: &BoundProblem<'_>,
    dimensions: Dimensions,
    prepared: &Prepared,
    network: &Network,
    asked: Asked,
    control: &Control<'_>,
) -> Result<Option<(Certificate, VerifiedBound)>, FitError> {
    let closing = Closing {
        problem,
        prepared,
        network,
        rounds: match asked.seconds {
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
    let mut settings = ConeSettings::default();
    settings.tolerance = CONE_TOLERANCE;
    settings.visits = CONE_VISITS;
    let now = control.seconds();
    let mut end = control.ends_at();
    if let Some(seconds) = asked.seconds.filter(|seconds| *seconds > 0.0) {
        settings.visits = MOST_CONE_VISITS;
        end = Some(end.map_or(now + seconds, |end| end.min(now + seconds)));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a conversion of a float saturates"
    )]
    let memory = (0.5 * asked.memory) as usize;
    settings.bytes = settings.bytes.min(memory);
    let until = |end: Option<f64>| control.clocked().map_or(*control, |it| *it.deadline(end));
    let whole = until(end);
    let search = until(end.map(|end| now + CONE_SHARE * (end - now).max(0.0)));
    let closed = 1.0 + CONE_TOLERANCE;
    let price = |theta: &[f64]| {
        while settings.visits > 0 {
            let found = dearest_in_cones(problem, theta, &settings, &search)?;
            settings.visits = settings.visits.saturating_sub(found.visits);
            let was_coarse = settings.tolerance > CONE_TOLERANCE;
            // a neuron far above the threshold comes in first: the next search may be as coarse
            let share = found.dearest.price / problem.threshold();
            settings.tolerance = CONE_TOLERANCE.max(COARSE * (share - 1.0));
            let again = share <= closed && was_coarse && settings.visits > 0;
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
    prepared: &'a Prepared,
    network: &'a Network,
    rounds: usize,
}

impl Closing<'_> {
    /// `closed`: the price at which to stop, in units of the threshold; `search`: what `price` looks at;
    /// `whole`: the limit of its checks too.
    fn run(
        &self,
        closed: f64,
        mut price: impl FnMut(&[f64]) -> Option<(Dearest, Proof)>,
        search: &Control<'_>,
        whole: &Control<'_>,
    ) -> Result<Option<(Certificate, VerifiedBound)>, FitError> {
        let (problem, space) = (self.problem, &self.prepared.space);
        // few columns: a sampled fit has given its own away
        let training = GlobalProblem::new(
            space.reduce(self.prepared.inputs.as_ref()),
            self.prepared.target.clone(),
            problem.threshold(),
        )?;
        let mut neurons = Neurons::from_network(&Network {
            hidden: space.reduce(self.network.hidden.as_ref()),
            output: self.network.output.clone(),
            gates: None,
        });
        let mut best: Option<(Certificate, VerifiedBound)> = None;
        let mut least = f64::INFINITY;
        for _ in 0..self.rounds {
            let theta = training.theta(&neurons.fitted(&training));
            let begun = whole.seconds();
            let Some((dearest, proof)) = price(&theta) else {
                break;
            };
            // the verifier searches once more, as long as this took, and is not to be interrupted
            let now = whole.seconds();
            let is_late = |limit| now + (now - begun) > limit + LATE;
            if whole.halt().is_some() || whole.ends_at().is_some_and(is_late) {
                break;
            }
            let certificate = Certificate { theta, proof };
            // a check of a larger price costs as much and proves less
            let is_lower = dearest.bound < least;
            least = least.min(dearest.bound);
            if is_lower
                && let Some(bound) = verify(problem, &certificate)?.bound()
                && best.as_ref().is_none_or(|best| bound.value > best.1.value)
            {
                best = Some((certificate, bound));
            }
            if dearest.price <= closed * problem.threshold() || search.halt().is_some() {
                break;
            }
            let d = dearest.direction.len();
            let direction = Mat::from_fn(d, 1, |k, _| dearest.direction[k]);
            let direction = space.reduce(direction.as_ref());
            let direction: Vec<f64> = (0..direction.nrows()).map(|k| direction[(k, 0)]).collect();
            neurons.push(&direction, dearest.sign, 0.0);
            correct_weights(&training, &mut neurons);
            merge(&training, &mut neurons);
            slide(&training, &mut neurons, SLIDE, whole);
            correct_weights(&training, &mut neurons);
        }
        Ok(best)
    }
}
