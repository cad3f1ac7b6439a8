use linalg_core::Control;

use crate::coarse::Coarse;
use crate::merge::merge;
use crate::neurons::Neurons;
use crate::problem::GlobalProblem;
use crate::run::{NO_FALL, SLIDE, TrainingRun};
use crate::settings::CheckedGlobalSettings;
use crate::slide::slide;
use crate::thin::{FrontierPoint, thin_to, thin_within};
use crate::trained::{GlobalObserver, Trained};
use crate::weights::correct_weights;
use crate::work::Work;

/// Thinning may take one part in so many of the training's flops, or this many.
const THINNING_SHARE: u64 = 4;
const THINNING: u64 = 300_000_000_000;
/// Rounds of exchange once the number of neurons is fixed, and those without gain that end them.
const EXCHANGES: usize = 8;
const IDLE_EXCHANGES: usize = 2;

/// Trains from `start` (an empty list for a start from nothing: of many rows and columns, from the
/// network of a part of the rows).
///
/// ```text
///     repeat
///       price    ascents over the sphere; every distinct pattern dearer than 1.00005 beta_sum
///       correct  the lasso over the weights of all neurons, old and new
///       merge    neurons of one sign and pattern add up
///       slide    L-BFGS on all directions and weights: 30 iterations, more while they pay
///       the next search is of the size that paid most, as far as searches take no more than the rest
///     until a largest search gives a gap of at most tol, or the course of J over the work says
///       that little is left, or a limit
///     thin
/// ```
///
/// `J` never rises from round to round; a limit or an interruption ends with the best so far.
pub fn train(
    problem: &GlobalProblem,
    start: Neurons,
    settings: &CheckedGlobalSettings,
    control: &Control<'_>,
    observer: &mut dyn GlobalObserver,
) -> Trained {
    let control = &problem.agreed(control);
    let before = match start.is_empty() {
        true => trained_coarsely(problem, settings, control),
        false => None,
    };
    let mut run = TrainingRun::new(problem, start, before, settings.get(), control);
    let ended = run.rounds(observer);
    run.look_once_more(ended);
    let status = run.status(ended);
    let returned = thinned(&mut run);
    run.evidence.met(run.objective);
    let work = Work {
        products: run.products,
        flops: run.before + run.flops(),
    };
    Trained {
        status,
        neurons: returned,
        best_objective: run.objective,
        max_price: run.last.as_ref().map(|last| last.max_price),
        ascents: run.last.as_ref().map(|last| last.ascents),
        search_bound: run.bound(),
        frontier: run.frontier,
        rounds: run.round,
        seconds: run.seconds,
        work,
        best: run.best,
    }
}

/// The network of a part of the rows, where there are so many that a round over all of them takes long.
fn trained_coarsely(
    problem: &GlobalProblem,
    settings: &CheckedGlobalSettings,
    control: &Control<'_>,
) -> Option<Trained> {
    let coarse = Coarse::of(problem, settings)?;
    let none = Neurons::with_outputs(problem.rank(), problem.outputs());
    let mut found = train(&coarse.problem, none, &coarse.settings, control, &mut ());
    found.work.products *= coarse.share;
    Some(found)
}

/// The network that is returned.
fn thinned(run: &mut TrainingRun<'_>) -> Neurons {
    let begun = run.control.seconds();
    let budget = match run.settings.thorough {
        true => u64::MAX,
        false => (run.flops() / THINNING_SHARE).max(THINNING),
    };
    let mut out = run.best.clone();
    if let Some(most) = run.settings.max_neurons {
        out = at_most(run, most);
    }
    let share = run.settings.thin_in_force();
    if share > 0.0 && run.control.halt().is_none() {
        let thinned = thin_within(run.problem, &out, share, budget, run.control);
        run.frontier.extend(thinned.frontier);
        run.products += thinned.products;
        out = thinned.neurons;
    }
    if run.frontier.is_empty() {
        run.frontier.push(FrontierPoint {
            neurons: run.best.len(),
            objective: run.objective,
        });
    }
    run.seconds.thin += run.control.seconds() - begun;
    out
}

/// The best network found with at most `most` neurons: thinned, then exchanged: new neurons in,
/// as many out.
fn at_most(run: &mut TrainingRun<'_>, most: usize) -> Neurons {
    let thinned = thin_to(run.problem, &run.best, most, run.control);
    run.frontier.extend(thinned.frontier);
    run.products += thinned.products;
    let (mut best, mut objective) = (thinned.neurons, thinned.objective);
    let mut idle = 0;
    if best.len() < most || most == 0 {
        return best;
    }
    for _ in 0..EXCHANGES {
        if idle >= IDLE_EXCHANGES || run.control.halt().is_some() {
            break;
        }
        let theta = run.problem.theta(&best.fitted(run.problem));
        let found = run.search(&theta, &best, run.ladder.beside(most));
        run.searches += 1;
        let control = run.control;
        let mut more = best.clone();
        more.extend(&found.found);
        correct_weights(run.problem, &mut more, control);
        let slid = slide(run.problem, &mut more, SLIDE, control);
        merge(run.problem, &mut more);
        let back = thin_to(run.problem, &more, most, control);
        run.products += found.products + slid.products + back.products;
        if back.objective < objective * (1.0 - NO_FALL) {
            (best, objective) = (back.neurons, back.objective);
            run.frontier.push(FrontierPoint {
                neurons: best.len(),
                objective,
            });
            idle = 0;
        } else {
            idle += 1;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::GlobalSettings;
    use faer::Mat;
    use testkit::Stream;

    #[test]
    fn coarse_network_is_of_a_part_and_near_the_answer() {
        // as many numbers as it takes, of few informative columns
        let (n, rank) = (20_000, 500);
        let mut stream = Stream::new(4);
        let data = Mat::from_fn(rank, n, |k, _| if k < 3 { stream.unit() } else { 0.0 });
        let target = (0..n).map(|i| data[(0, i)].max(0.0) - data[(1, i)] + 0.1 * stream.unit());
        let target: Vec<f64> = target.collect();
        let problem = GlobalProblem::new(data, target, 30.0).expect("finite, of one shape");
        let settings = GlobalSettings::default().check().expect("in range");
        let found = trained_coarsely(&problem, &settings, &Control::default())
            .expect("large enough")
            .best;
        let zero = problem.loss(&vec![0.0; n]);
        assert!(!found.is_empty() && found.objective(&problem) < 0.2 * zero);
        let small =
            GlobalProblem::new(Mat::identity(3, 3), vec![1.0; 3], 0.1).expect("of one shape");
        assert!(trained_coarsely(&small, &settings, &Control::default()).is_none());
    }
}
