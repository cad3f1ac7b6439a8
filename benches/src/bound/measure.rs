use crelu_bound::{
    BoundProblem, Certificate, KnownNetwork, QuickBound, QuickKind, QuickSettings, TightProgress,
    TightReport, TightSettings, TightStatus, quick_bound, tighten,
};
use crelu_model::global::{GlobalObserver, GlobalProblem, GlobalSettings, Neurons, Round, train};
use crelu_model::programme::Activation;
use crelu_model::{Clock, Control, Network};
use linalg_core::RowSpace;
use serde_json::{Value, json};

use super::options::Options;
use super::page;
use super::sets::{key, sets};
use crate::convergence::programme;
use crate::sets::{Set, load};
use crate::stopwatch::Stopwatch;
use crate::store::Store;

/// Seconds at which the tight bound is read.
const SECONDS: [f64; 3] = [1.0, 10.0, 60.0];
/// Patterns over which beta_max is taken.
const PATTERNS: usize = 100;
/// Seconds of training, at most.
const TRAINING: f64 = 60.0;

/// A row a set and penalty.
pub(crate) fn measure(store: &mut Store, options: &Options) -> Result<(), String> {
    for name in sets().filter(|name| options.wants(name)) {
        let set = load(name)?;
        for &fraction in options.fractions() {
            let row = store.row(&key(name, fraction), || {
                one(&set, fraction, options.flags.quick)
            })?;
            eprintln!("{}", page::line(row));
        }
    }
    Ok(())
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
    let control = Control::with_clock(&clock).deadline(TRAINING);
    let start = Neurons::none(space.rank());
    let how = GlobalSettings::default()
        .check()
        .map_err(|e| e.to_string())?;
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

    let first = turned.0.as_ref();
    let quick_value = first.map_or(0.0, |found| found.verified.value);
    let first = first.map(|found| &found.certificate);
    // every time is a run of its own, as `--prove` makes it, until one ends by itself
    let mut last: Option<TightRun> = None;
    let mut at = Vec::new();
    for (k, limit) in SECONDS.into_iter().enumerate() {
        if quick && k > 0 {
            at.push(Value::Null);
            continue;
        }
        if last.as_ref().is_none_or(TightRun::is_cut_short) {
            last = Some(timed_tight(&bound, known, first, limit)?);
        }
        let best = last.as_ref().map_or(0.0, |run| run.report.bound.value);
        at.push(json!(gap(best.max(quick_value))));
    }
    let Some(TightRun {
        report: tight,
        course,
        seconds: ended,
    }) = last
    else {
        return Err("no time for the tight bound is given".into());
    };
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

/// A tight bound, its course in seconds and bounds, and how long it took.
struct TightRun {
    report: TightReport,
    course: Vec<(f64, f64)>,
    seconds: f64,
}

impl TightRun {
    fn is_cut_short(&self) -> bool {
        self.report.status == TightStatus::TimeLimit
    }
}

fn timed_tight(
    problem: &BoundProblem<'_>,
    start: KnownNetwork<'_>,
    first: Option<&Certificate>,
    limit: f64,
) -> Result<TightRun, String> {
    let clock = Stopwatch::start();
    let control = Control::with_clock(&clock).deadline(limit);
    let settings = TightSettings::default()
        .check()
        .map_err(|e| e.to_string())?;
    let mut course = Vec::new();
    let mut note = |now: TightProgress| {
        course.push((clock.seconds(), now.bound));
        true
    };
    let report = tighten(problem, Some(start), first, &settings, &control, &mut note)
        .map_err(|e| e.to_string())?;
    Ok(TightRun {
        report,
        course,
        seconds: clock.seconds(),
    })
}

fn timed_quick(
    problem: &BoundProblem<'_>,
    kind: QuickKind,
    start: KnownNetwork<'_>,
) -> Result<(Option<QuickBound>, f64), String> {
    let clock = Stopwatch::start();
    let settings = QuickSettings::default().kind(kind);
    let settings = settings.check().map_err(|e| e.to_string())?;
    let control = Control::with_clock(&clock);
    let found =
        quick_bound(problem, &settings, Some(start), &control).map_err(|e| e.to_string())?;
    Ok((found, clock.seconds()))
}
