//! Rows divided over processes, here threads: each pass and whole fits against one process with all rows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use admm::Status;
use crelu_core::{Loss, LossKind};
use crelu_global::engine::{RowEngine, Sharded};
use crelu_global::{
    GlobalError, GlobalProblem, GlobalSettings, Neurons, Round, SearchSize, Searcher, Trained,
    correct_weights, merge, pattern_price, prices, search, slide_wide, train,
};
use faer::Mat;
use linalg_core::{Collective, Control, ExchangeError, SparseRows};
use testkit::{MovingClock, Rank, Stream, on_ranks};

/// Sums of the same numbers in `f64`, in another order.
const ROUNDING: f64 = 1e-12;
/// The same in `f32`, where the host sums up all rows of a task in it.
const NARROW: f64 = 1e-5;
/// Objectives of whole thorough fits, which go on until largest searches find nothing: the tolerance is wider,
/// since the evidence of a gap ends where the searches' `f32` does.
const FIT: f64 = 1e-6;

/// Rows of four blocks, the last of them short: `rank x n`, with a loss of `k` outputs.
struct Table {
    data: Mat<f64>,
    loss: Arc<dyn Loss>,
    beta: f64,
    is_sparse: bool,
}

const RANK: usize = 9;
const ROWS: usize = 1000;

fn table(k: usize, is_sparse: bool, seed: u64) -> Table {
    let mut stream = Stream::new(seed);
    let data = Mat::from_fn(RANK, ROWS, |_, _| match is_sparse && stream.below(3) > 0 {
        true => 0.0,
        false => stream.normal(),
    });
    let mut target = Vec::new();
    for i in 0..ROWS {
        let score = data[(0, i)].max(0.0) - data[(1, i)] + (data[(2, i)] + data[(3, i)]).max(0.0);
        let score = score + 0.3 * stream.normal();
        match k {
            1 => target.push(score),
            _ => target.extend(
                (0..k).map(|c| f64::from(c == usize::from(score > 0.0) + usize::from(score > 1.0))),
            ),
        }
    }
    let kind = if k == 1 {
        LossKind::Squared
    } else {
        LossKind::Softmax
    };
    let weights = (0..ROWS).map(|i| 0.5 + (i % 3) as f64).collect();
    Table {
        data,
        loss: kind.of(target, k, Some(weights)).unwrap(),
        beta: if k == 1 { 60.0 } else { 15.0 },
        is_sparse,
    }
}

/// Some columns of a dense table without their zeros.
fn sparse(data: &Mat<f64>, rows: core::ops::Range<usize>) -> SparseRows<f64> {
    let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for i in rows {
        for k in (0..data.nrows()).filter(|&k| data[(k, i)] != 0.0) {
            columns.push(u32::try_from(k).unwrap());
            values.push(data[(k, i)]);
        }
        starts.push(values.len());
    }
    SparseRows::new(data.nrows(), starts, columns, values).unwrap()
}

impl Table {
    fn whole(&self) -> GlobalProblem {
        let loss = Arc::clone(&self.loss);
        if self.is_sparse {
            GlobalProblem::of_sparse(sparse(&self.data, 0..ROWS), loss, self.beta).unwrap()
        } else {
            GlobalProblem::with_loss(self.data.clone(), loss, self.beta).unwrap()
        }
    }

    fn engine(&self, ranks: impl Collective + Send + 'static) -> Sharded {
        let rows = Sharded::rows_of(ROWS, ranks.rank(), ranks.size());
        let engine = Sharded::new(Arc::new(ranks), rows.len()).unwrap();
        assert_eq!((engine.span(), engine.all()), (rows, ROWS));
        engine
    }

    /// What one rank has.
    fn part(&self, ranks: impl Collective + Send + 'static) -> GlobalProblem {
        let engine = self.engine(ranks);
        let (rows, loss) = (engine.span(), Arc::clone(&self.loss));
        if self.is_sparse {
            let rows = sparse(&self.data, rows);
            GlobalProblem::over_sparse_shards(rows, loss, self.beta, engine).unwrap()
        } else {
            let own = Mat::from_fn(RANK, rows.len(), |k, i| self.data[(k, rows.start + i)]);
            GlobalProblem::over_shards(own, loss, self.beta, engine).unwrap()
        }
    }

    /// Some neurons, two of them of one pattern.
    fn neurons(&self) -> Neurons {
        let (mut stream, k) = (Stream::new(77), self.loss.outputs());
        let mut out = Neurons::with_outputs(RANK, k);
        for _ in 0..7 {
            let u: Vec<f64> = (0..RANK).map(|_| stream.normal()).collect();
            let a: Vec<f64> = (0..k).map(|_| stream.normal()).collect();
            out.push_head(&u, &a, 0.1 + stream.unit().abs());
        }
        let (u, a) = (out.direction(0).to_vec(), out.head(0).to_vec());
        out.push_head(&u, &a, 0.2);
        out
    }
}

/// Answers of a pass, and by how much they may differ from those of the host.
type Answers = Vec<(&'static str, Vec<f64>, f64)>;

fn flat(neurons: &Neurons) -> Vec<f64> {
    let all = (0..neurons.len()).flat_map(|i| neurons.direction(i).iter().copied());
    all.chain(neurons.output_weights()).collect()
}

/// All that goes over rows; `engine` evaluates.
fn passes(problem: &GlobalProblem, engine: &dyn RowEngine, neurons: &Neurons) -> Answers {
    let control = Control::default();
    let theta = problem.theta(&neurons.fitted(problem));
    let mut out: Answers = Vec::new();
    let mut add = |name, values, room| out.push((name, values, room));
    add("objective", vec![neurons.objective(problem)], ROUNDING);
    add("prices", prices(problem, &theta, neurons), ROUNDING);
    let pattern = pattern_price(problem, neurons, &theta, &Control::default()).unwrap();
    add("pattern price", vec![pattern], ROUNDING);
    add("bound", vec![problem.search_bound(&theta, 3.0)], ROUNDING);
    let mut corrected = neurons.clone();
    correct_weights(problem, &mut corrected, &control);
    // weights are the answer of a linear system: its condition times a rounding
    add("correction", flat(&corrected), 1e4 * ROUNDING);
    let mut merged = neurons.clone();
    let gone = merge(problem, &mut merged);
    add("merge", vec![gone as f64], 0.0);
    let mut slid = neurons.clone();
    slide_wide(problem, &mut slid, 1, &control);
    // a difference of gradients is in the second step
    add("slide", flat(&slid), 1e2 * ROUNDING);

    let k = problem.outputs();
    let m = neurons.len();
    let mut x = vec![0.0; m * (RANK + k)];
    for i in 0..m {
        x[i * RANK..(i + 1) * RANK].copy_from_slice(neurons.direction(i));
        x[m * RANK + i * k..m * RANK + (i + 1) * k].copy_from_slice(neurons.head(i));
    }
    let mut gradient = vec![0.0; x.len()];
    let value = engine.balanced(problem, m).evaluate(&x, &mut gradient);
    gradient.push(value);
    add("balanced", gradient, NARROW);
    for (name, rows) in [("search", None), ("search on a sample", Some(300))] {
        let size = SearchSize {
            ascents: 60,
            steps: 30,
            keep: 20,
            rows,
            broad: false,
        };
        let searcher = Searcher { seed: 5, round: 1 };
        let found = search(problem, &theta, neurons, size, 1.0, searcher, &control);
        let mut values = vec![found.max_price, found.products];
        values.extend(&found.prices);
        values.extend(flat(&found.found));
        add(name, values, NARROW);
    }
    out
}

fn assert_near(answers: &Answers, want: &Answers, room: impl Fn(f64) -> f64, what: &str) {
    for ((name, got, _), (_, want, own)) in answers.iter().zip(want) {
        assert_eq!(got.len(), want.len(), "{what}: {name}");
        let size = linalg_core::norm(want);
        let off = linalg_core::distance(got, want);
        let room = room(*own);
        assert!(off <= room * size, "{what}: {name}: {off:e} of {size:e}");
    }
}

#[test]
fn passes_over_shards_are_those_of_one_process() {
    for (k, is_sparse) in [(1, false), (3, false), (1, true), (3, true)] {
        let table = table(k, is_sparse, 31);
        let neurons = table.neurons();
        let whole = table.whole();
        let host = passes(&whole, &crelu_global::engine::HostRows, &neurons);
        let over = |size| {
            let on = |rank: &Rank| {
                let engine = table.engine(rank.clone());
                passes(&table.part(rank.clone()), &engine, &neurons)
            };
            on_ranks(size, on).0
        };
        let one = over(1);
        assert_near(&one[0], &host, |own| own, &format!("{k} {is_sparse}, host"));
        for size in [2, 3] {
            let all = over(size);
            for answers in &all {
                let what = format!("{k} {is_sparse}, {size} ranks");
                // blocks of dense rows are summed up in f32 wherever they are: nothing but f64 differs
                let room = |own: f64| match own == NARROW && !is_sparse {
                    true => ROUNDING,
                    false => own,
                };
                assert_near(answers, &one[0], room, &what);
                assert_eq!(answers, &all[0], "{what}: every rank has the same");
            }
        }
    }
}

fn settings() -> GlobalSettings {
    let mut settings = GlobalSettings::default();
    settings.ascents = Some(100);
    settings.tol = 1e-6;
    settings.thorough = true;
    settings.thin = Some(0.0);
    settings.max_rounds = 60;
    settings
}

fn fit(problem: &GlobalProblem, settings: &GlobalSettings, control: &Control<'_>) -> Trained {
    let none = Neurons::with_outputs(problem.rank(), problem.outputs());
    train(
        problem,
        none,
        &settings.clone().check().unwrap(),
        control,
        &mut (),
    )
}

#[test]
fn fit_over_shards_is_that_of_one_process() {
    // so few neurons that every search finds them all: what is left is the tolerance
    for (k, beta) in [(1, 960.0), (3, 240.0)] {
        let mut table = table(k, false, 32);
        table.beta = beta;
        let mut settings = settings();
        (settings.tol, settings.settle) = (1e-5, Some(0.0));
        let control = Control::default();
        let whole = fit(&table.whole(), &settings, &control);
        assert!(whole.status == Status::Converged && whole.neurons.len() > 1);
        for size in [2, 3] {
            let (answers, _) = on_ranks(size, |rank| {
                fit(&table.part(rank.clone()), &settings, &Control::default())
            });
            for trained in &answers {
                let (got, want) = (trained.best_objective, whole.best_objective);
                let off = (got - want).abs() / want;
                assert!(
                    off <= FIT,
                    "{k} outputs, {size} ranks: {got} {want}: {off:e}"
                );
                assert_eq!(trained.status, whole.status);
                assert_eq!(trained.neurons, answers[0].neurons);
                assert_eq!(trained.work, answers[0].work);
            }
        }
    }
}

#[test]
fn limit_or_flag_of_one_rank_ends_all_with_the_same_network() {
    let table = table(1, false, 33);
    for is_flag in [false, true] {
        let (answers, _) = on_ranks(3, |rank| {
            // the clock of one goes on, those of the others stand still
            let clock = MovingClock::ticking(if rank.rank() == 1 { 0.1 } else { 0.0 });
            let flag = AtomicBool::new(is_flag && rank.rank() == 2);
            let control = Control::with_clock(&clock).interrupt(&flag);
            let control = control.deadline((!is_flag).then_some(30.0));
            fit(&table.part(rank.clone()), &settings(), &control)
        });
        let want = if is_flag {
            Status::Interrupted
        } else {
            Status::TimeLimit
        };
        for trained in &answers {
            assert_eq!(trained.status, want);
            assert_eq!(trained.rounds, answers[0].rounds);
            assert_eq!(trained.rounds > 0, !is_flag, "a limit in the middle");
            assert_eq!(trained.neurons, answers[0].neurons);
        }
    }
}

#[test]
fn rank_that_fails_leaves_the_others_with_their_best_network() {
    let table = table(3, false, 34);
    let (answers, _) = on_ranks(3, |rank| {
        let problem = table.part(rank.clone());
        // a panic, as of a process that fails
        let mut observer = |round: &Round<'_>| {
            assert!(rank.rank() != 1 || round.round < 3, "this process fails");
            true
        };
        let none = Neurons::with_outputs(RANK, 3);
        let train = || {
            train(
                &problem,
                none,
                &settings().check().unwrap(),
                &Control::default(),
                &mut observer,
            )
        };
        let trained = catch_unwind(AssertUnwindSafe(train)).ok();
        trained.map(|trained| (trained, problem.n_samples()))
    });
    assert!(answers[1].is_none());
    let [(first, _), (last, _)] = [0, 2].map(|rank| answers[rank].as_ref().unwrap());
    assert_eq!((first.status, first.rounds), (Status::Interrupted, 3));
    assert_eq!((last.status, last.rounds), (Status::Interrupted, 3));
    assert_eq!(first.neurons, last.neurons);
    assert!(!first.neurons.is_empty());
    // what they have is what its figures say
    let whole = table.whole();
    let objective = first.neurons.objective(&whole);
    assert!((objective - first.best_objective).abs() <= ROUNDING * objective);
    assert!(
        first
            .frontier
            .iter()
            .all(|point| point.objective.is_finite())
    );
    assert!(first.search_bound.is_some_and(f64::is_finite));
}

/// A rank whose exchanges fail from some moment on.
struct Dying {
    rank: Rank,
    left: AtomicUsize,
}

impl Dying {
    fn breathe(&self) -> Result<(), ExchangeError> {
        let less = |left: usize| left.checked_sub(1);
        let alive = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        alive.map(|_| ()).map_err(|_| ExchangeError::Lost)
    }
}

impl Collective for Dying {
    fn rank(&self) -> usize {
        self.rank.rank()
    }
    fn size(&self) -> usize {
        self.rank.size()
    }
    fn sum(&self, values: &mut [f64]) -> Result<(), ExchangeError> {
        self.breathe()?;
        self.rank.sum(values)
    }
    fn max(&self, values: &mut [f64]) -> Result<(), ExchangeError> {
        self.breathe()?;
        self.rank.max(values)
    }
    fn broadcast(&self, values: &mut [f64]) -> Result<(), ExchangeError> {
        self.breathe()?;
        self.rank.broadcast(values)
    }
}

/// Exchanges that make the problem.
const FIRST: usize = 3;

#[test]
fn exchange_that_fails_anywhere_is_an_interruption() {
    for k in [1, 3] {
        let table = table(k, false, 35);
        let zero = table.loss.value(&vec![0.0; ROWS * k]);
        let mut settings = settings();
        settings.thin = Some(1e-2);
        settings.max_neurons = Some(4);
        for left in [FIRST, FIRST + 1, 7, 20, 41, 90, 200, 500, 1000, 1500] {
            let (answers, _) = on_ranks(2, |rank| {
                let left = AtomicUsize::new(if rank.rank() == 0 { left } else { usize::MAX });
                let rank = rank.clone();
                fit(
                    &table.part(Dying { rank, left }),
                    &settings,
                    &Control::default(),
                )
            });
            for trained in &answers {
                assert_eq!(trained.status, Status::Interrupted, "{k}, {left}");
                // where the first exchange fails, no objective is known
                let known = trained.best_objective <= zero * (1.0 + ROUNDING);
                assert!(known || (left == FIRST && trained.best_objective.is_nan()));
                assert!(trained.neurons.len() <= 4);
                assert!(flat(&trained.best).iter().all(|x| x.is_finite()));
            }
        }
    }
}

#[test]
fn shard_that_cannot_be_trained_on_is_an_error_everywhere() {
    let table = table(1, false, 36);
    let made = |spoil: &(dyn Fn(usize, &mut Mat<f64>) + Sync)| {
        let (answers, _) = on_ranks(2, |rank| {
            let engine = table.engine(rank.clone());
            let rows = engine.span();
            let mut own = Mat::from_fn(RANK, rows.len(), |k, i| table.data[(k, rows.start + i)]);
            spoil(rank.rank(), &mut own);
            GlobalProblem::over_shards(own, Arc::clone(&table.loss), 1.0, engine).map(|_| ())
        });
        answers
    };
    let answers = made(&|rank, own| {
        if rank == 1 {
            own[(2, 3)] = f64::NAN;
        }
    });
    assert!(matches!(answers[0], Err(GlobalError::OtherProcess)));
    assert!(matches!(answers[1], Err(GlobalError::NotFinite { .. })));
    let answers = made(&|rank, own| {
        if rank == 1 {
            *own = Mat::zeros(RANK + 1, own.ncols());
        }
    });
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(GlobalError::OtherProcess)))
    );
    let lost = on_ranks(2, |rank| {
        let left = AtomicUsize::new(0);
        let rank = rank.clone();
        Sharded::new(Arc::new(Dying { rank, left }), 10).map(|_| ())
    });
    assert_eq!(lost.0, vec![Err(ExchangeError::Lost); 2]);
}
