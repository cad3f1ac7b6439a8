use crelu_bound::{
    BoundProblem, KnownNetwork, QuickBound, QuickKind, QuickSettings, TightSettings, quick_bound,
    tighten,
};
use crelu_model::global::{GlobalObserver, GlobalProblem, GlobalSettings, Neurons, Round, train};
use crelu_model::programme::Activation;
use crelu_model::{Clock, Control, Network};
use linalg_core::RowSpace;
use serde_json::{Value, json};

use super::options::Options;
use super::{SECONDS, page, sets};
use crate::convergence::programme;
use crate::sets::{Set, load};
use crate::stopwatch::Stopwatch;
use crate::store::Store;

/// Patterns over which beta_max is taken.
const PATTERNS: usize = 100;
/// Seconds of training, at most.
const TRAINING: f64 = 60.0;

/// A row a set and penalty.
pub(crate) fn measure(store: &mut Store, options: &Options) -> Result<(), String> {
    for name in sets().filter(|name| options.wants(name)) {
        let set = load(name)?;
        for &fraction in options.fractions() {
            let row = store.row(&key(name, fraction), || one(&set, fraction, options.quick))?;
            eprintln!("{}", page::line(row));
        }
    }
    Ok(())
}

pub(crate) fn key(set: &str, fraction: f64) -> String {
    format!("table|{set}|{fraction}")
}

/// The best objective and what the search says of it, round by round: seconds, `J`, bound.
struct Course<'a> {
    clock: &'a Stopwatch,
    count: f64,
    met: Vec<[f64; 3]>,
}

impl GlobalObserver for Course<'_> {
    fn round(&mut self, round: &Round<'_>) -> bool {
        let objective = round.objective / self.count;
        let bound = objective * (1.0 - round.search_gap);
        self.met.push([self.clock.seconds(), objective, bound]);
        true
    }
}

fn one(set: &Set, fraction: f64, quick: bool) -> Result<Value, String> {
    let beta_sum = programme(set, PATTERNS, fraction, Activation::Relu)?.beta_sum();
    let (x, n) = (set.inputs.transpose(), set.target.len());
    let space = RowSpace::svd(x).map_err(|e| e.to_string())?;
    let problem = GlobalProblem::new(space.rows().to_owned(), set.target.clone(), beta_sum)
        .map_err(|e| e.to_string())?;
    let clock = Stopwatch::start();
    let control = Control::with_clock(&clock).limit(Some(TRAINING));
    let start = Neurons::none(space.rank());
    let how = GlobalSettings::default();
    let count = n as f64;
    let mut search = Course {
        clock: &clock,
        count,
        met: Vec::new(),
    };
    let trained = train(&problem, start, &how, &control, &mut search);
    let (training, search) = (clock.seconds(), search.met);
    let directions = space.expand(trained.best.blocks().as_ref());
    let network = Network::from_blocks(directions.as_ref(), trained.best.signs(), None);
    let objective = trained.best_objective / count;
    let evidence = trained
        .search_bound
        .map(|bound| 1.0 - bound / trained.best_objective);
    let bound = BoundProblem::new(x, &set.target, beta_sum / count).map_err(|e| e.to_string())?;
    let known = KnownNetwork {
        hidden: network.hidden.as_ref(),
        output: &network.output,
    };
    let gap = |value: f64| ((objective - value) / objective).max(0.0);
    let plain = timed_quick(&bound, QuickKind::Plain, known)?;
    let turned = timed_quick(&bound, QuickKind::Turned, known)?;

    let clock = Stopwatch::start();
    let most = if quick { SECONDS[0] } else { SECONDS[2] };
    let control = Control::with_clock(&clock).limit(Some(most));
    let first = turned.0.as_ref().map(|found| &found.certificate);
    let mut course = Vec::new();
    let tight = tighten(
        &bound,
        Some(known),
        first,
        &TightSettings::default(),
        &control,
        &mut |now| course.push((clock.seconds(), now.bound)),
    )
    .map_err(|e| e.to_string())?;
    let ended = clock.seconds();
    // a proof that ends a little late belongs to the second it was begun for
    let at: Vec<Value> = SECONDS
        .iter()
        .map(|limit| {
            let until = course
                .iter()
                .filter(|(seconds, _)| *seconds <= limit * 1.05);
            let best = until.map(|(_, bound)| *bound).fold(0.0, f64::max);
            let best = best.max(turned.0.as_ref().map_or(0.0, |found| found.verified.value));
            let is_known = *limit <= most;
            if is_known {
                json!(gap(best))
            } else {
                Value::Null
            }
        })
        .collect();
    let quick_row = |(found, seconds): &(Option<QuickBound>, f64)| {
        json!({
            "gap": found.as_ref().map(|found| gap(found.verified.value)),
            "limit": found.as_ref().map(|found| gap(found.limit)),
            "evaluations": found.as_ref().map(|found| found.evaluations),
            "seconds": seconds,
        })
    };
    Ok(json!({
        "set": set.name, "n": n, "rank": space.rank(), "fraction": fraction,
        "beta": beta_sum / count, "objective": objective, "neurons": trained.best.len(),
        "training": training, "search": search, "evidence": evidence,
        "plain": quick_row(&plain), "turned": quick_row(&turned),
        "tight": at, "tight_final": gap(tight.bound.value), "tight_seconds": ended,
        "tight_status": format!("{:?}", tight.status), "iterations": tight.iterations,
        "blocks": tight.blocks,
        "course": course.iter().map(|(s, b)| json!([s, gap(*b)])).collect::<Vec<_>>(),
    }))
}

fn timed_quick(
    problem: &BoundProblem<'_>,
    kind: QuickKind,
    start: KnownNetwork<'_>,
) -> Result<(Option<QuickBound>, f64), String> {
    let clock = Stopwatch::start();
    let settings = QuickSettings::default().kind(kind);
    let control = Control::with_clock(&clock);
    let found =
        quick_bound(problem, &settings, Some(start), &control).map_err(|e| e.to_string())?;
    Ok((found, clock.seconds()))
}
