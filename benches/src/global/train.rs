use crelu_model::global::{
    GlobalObserver, GlobalProblem, GlobalSettings, Neurons, Round, Trained, train,
};
use crelu_model::{Clock, Control};
use serde_json::{Value, json};

use super::case::{Case, problem, row_space};
use crate::stopwatch::Stopwatch;

/// Where a training stood after a round.
#[derive(Debug, Clone, Copy)]
struct At {
    seconds: f64,
    objective: f64,
    neurons: usize,
    flops: u64,
}

struct Course<'a> {
    clock: &'a Stopwatch,
    problem: &'a GlobalProblem,
    count: f64,
    points: Vec<At>,
}

impl GlobalObserver for Course<'_> {
    fn round(&mut self, round: &Round<'_>) -> bool {
        self.points.push(At {
            seconds: self.clock.seconds(),
            objective: round.objective / self.count,
            neurons: round.neurons.len(),
            flops: self.problem.flops(),
        });
        true
    }
}

/// Trains for at most `limit` seconds, and hands back the row of the record: `J` of the returned and of the best network,
/// neurons, seconds, flops, what the last search said, and the course of it all. The seconds are
/// from the preprocessed data to the network; the certificate over the network's own patterns,
/// which `fit` adds, is not in them.
pub(crate) fn global_row(
    case: &Case,
    settings: &GlobalSettings,
    limit: f64,
) -> Result<Value, String> {
    let clock = Stopwatch::start();
    let space = row_space(&case.inputs)?;
    let problem = problem(&space, &case.target, case.beta)?;
    let setup = clock.seconds();
    let mut course = Course {
        clock: &clock,
        problem: &problem,
        count: case.count(),
        points: Vec::new(),
    };
    let control = Control::with_clock(&clock).deadline(limit);
    let start = Neurons::none(problem.rank());
    let settings = settings.clone().check().map_err(|e| e.to_string())?;
    let trained = train(&problem, start, &settings, &control, &mut course);
    let seconds = clock.seconds();
    let flops = problem.flops();
    let points = course.points;
    Ok(row(
        case, &problem, &trained, setup, seconds, flops, &points,
    ))
}

fn row(
    case: &Case,
    problem: &GlobalProblem,
    trained: &Trained,
    setup: f64,
    seconds: f64,
    flops: u64,
    points: &[At],
) -> Value {
    let count = case.count();
    let objective = trained.neurons.objective(problem) / count;
    let best = trained.best.objective(problem) / count;
    let gap = trained
        .search_bound
        .map(|bound| (1.0 - bound / count / best).max(0.0));
    let fitted = trained.neurons.fitted(problem);
    let score = crate::sets::score(&fitted, &case.target, case.task);
    json!({
        "set": case.set, "n": case.target.len(), "d": case.inputs.nrows(), "rank": problem.rank(),
        "fraction": case.fraction, "beta": case.beta, "status": trained.status.name(),
        "objective": objective, "best": best,
        "neurons": trained.neurons.len(), "best_neurons": trained.best.len(),
        "max_price": trained.max_price, "search_gap": gap, "ascents": trained.ascents,
        "rounds": trained.rounds, "seconds": seconds, "setup": setup,
        "pricing": trained.seconds.pricing, "correct": trained.seconds.correct,
        "slide": trained.seconds.slide, "thin": trained.seconds.thin, "flops": flops,
        "accuracy": score.accuracy(), "r2": score.r2(),
        "frontier": trained.frontier.iter()
            .map(|p| json!([p.neurons, p.objective / count])).collect::<Vec<_>>(),
        "course": points.iter()
            .map(|p| json!([p.seconds, p.objective, p.neurons, p.flops])).collect::<Vec<_>>(),
    })
}
