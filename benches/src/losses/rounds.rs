use std::sync::Arc;

use crelu_model::global::{
    GlobalProblem, GlobalSettings, Neurons, SearchSize, Searcher, correct_weights, search, slide,
    train,
};
use crelu_model::{Clock, Control, LossKind};
use faer::Mat;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};

use crate::stopwatch::{Stopwatch, thread_seconds};
use crate::store::{Store, number};

const SEED: u64 = 83;
/// Rows and columns of the tables.
pub(crate) const TABLES: [(usize, usize); 3] = [(5000, 20), (5000, 60), (4000, 400)];
pub(crate) const QUICK: (usize, usize) = (400, 12);
/// Losses by name, with the outputs that they have here.
pub(crate) const LOSSES: [(&str, usize); 5] = [
    ("squared", 1),
    ("logistic", 1),
    ("huber", 1),
    ("squared", 10),
    ("softmax", 10),
];
/// The share of the penalty at which the network is zero.
const FRACTION: f64 = 0.02;
/// Rounds of a training.
const ROUNDS: usize = 12;
/// A round beside a network of so many neurons.
const NEURONS: usize = 96;
const SLIDE: usize = 30;
const SEARCH: SearchSize = SearchSize {
    ascents: 100,
    steps: 50,
    keep: 20,
    rows: None,
    broad: false,
};
/// The quickest of so many counts: what else the machine does only adds.
const RUNS: usize = 5;

/// What a round of every loss takes, each beside the squared loss of one output: of a training, and of
/// one network's search, correction and slide.
pub(crate) fn measure(store: &mut Store, quick: bool) -> Result<(), String> {
    let tables = match quick {
        true => &[QUICK][..],
        false => &TABLES,
    };
    for &(n, d) in tables {
        let made = Table::new(n, d);
        for (loss, k) in LOSSES {
            let row = store.row(&key(n, d, loss, k), || made.row(loss, k, quick))?;
            println!(
                "{n} x {d}, {loss}, {k} outputs: {:.4} core s a round with {} neurons at the end, beside {NEURONS} \
                 neurons search {:.4}, correct {:.4}, slide {:.4} s",
                number(row, "round"),
                row["neurons"],
                number(row, "search"),
                number(row, "correct"),
                number(row, "slide"),
            );
        }
    }
    Ok(())
}

pub(crate) fn key(n: usize, d: usize, loss: &str, k: usize) -> String {
    format!("rounds|{n} x {d}|{loss}|{k}")
}

/// Gaussian rows, and for ten classes the outputs of as many small networks, with noise.
struct Table {
    data: Mat<f64>,
    /// `10` numbers a row.
    scores: Vec<f64>,
}

const CLASSES: usize = 10;
/// Neurons of each class's network.
const TEACHERS: usize = 3;

impl Table {
    fn new(n: usize, d: usize) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(SEED + (n * d) as u64);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let data = Mat::from_fn(d, n, |_, _| normal());
        let teachers = Mat::from_fn(CLASSES * TEACHERS, d, |_, _| normal());
        let images = &teachers * &data;
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let noise = (d as f64).sqrt();
        let score = |i: usize, k: usize| -> f64 {
            let own = k * TEACHERS..(k + 1) * TEACHERS;
            own.map(|t| images[(t, i)].max(0.0)).sum()
        };
        let mut scores = vec![0.0; n * CLASSES];
        for i in 0..n {
            for k in 0..CLASSES {
                scores[i * CLASSES + k] = score(i, k) + noise * normal();
            }
        }
        Self { data, scores }
    }

    /// The problem of a loss at [`FRACTION`] of the largest price at zero.
    fn problem(&self, loss: &str, k: usize) -> Result<GlobalProblem, String> {
        let rows = self.scores.chunks_exact(CLASSES);
        let sign = |row: &[f64]| if row[0] > row[1] { 1.0 } else { -1.0 };
        let (kind, target): (LossKind, Vec<f64>) = match (loss, k) {
            ("softmax", _) | ("squared", CLASSES) => {
                let one_hot = |row: &[f64]| -> [f64; CLASSES] {
                    let largest = |a: &usize, b: &usize| row[*a].total_cmp(&row[*b]);
                    let best = (0..CLASSES).max_by(largest);
                    std::array::from_fn(|k| f64::from(u8::from(Some(k) == best)))
                };
                let kind = match loss {
                    "softmax" => LossKind::Softmax,
                    _ => LossKind::Squared,
                };
                (kind, rows.flat_map(one_hot).collect())
            }
            ("logistic", _) => (LossKind::Logistic, rows.map(sign).collect()),
            ("huber", _) => (
                LossKind::Huber { delta: vec![0.5] },
                rows.map(sign).collect(),
            ),
            _ => (LossKind::Squared, rows.map(sign).collect()),
        };
        let loss = kind.of(target, k, None).map_err(|e| e.to_string())?;
        let made = |beta| {
            let made = GlobalProblem::with_loss(self.data.clone(), Arc::clone(&loss), beta);
            made.map_err(|e| e.to_string())
        };
        let unit = made(1.0)?;
        let zeros = vec![0.0; unit.n_samples() * k];
        let theta = unit.theta(&zeros);
        let none = Neurons::with_outputs(unit.rank(), k);
        let found = search(
            &unit,
            &theta,
            &none,
            SEARCH,
            1.0,
            searcher(),
            &Control::default(),
        );
        made(FRACTION * found.max_price)
    }

    fn row(&self, loss: &str, k: usize, quick: bool) -> Result<Value, String> {
        let problem = self.problem(loss, k)?;
        let (rounds, runs) = if quick { (3, 1) } else { (ROUNDS, RUNS) };
        let settings = GlobalSettings::default()
            .max_rounds(rounds)
            .thin(0.0)
            .tol(0.0);
        let settings = settings.settle(0.0).check().map_err(|e| e.to_string())?;
        let none = || Neurons::with_outputs(problem.rank(), k);
        let mut trained = None;
        let round = least(runs.min(2), || {
            let clock = Stopwatch::start();
            let control = Control::with_clock(&clock);
            trained = Some(train(&problem, none(), &settings, &control, &mut ()));
        });
        let trained = trained.ok_or("no training")?;
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let round = round / trained.rounds.max(1) as f64;

        let network = self.network(k);
        let control = Control::default();
        let theta = problem.theta(&network.fitted(&problem));
        let searched = least(runs, || {
            let found = search(
                &problem,
                &theta,
                &network,
                SEARCH,
                1.0,
                searcher(),
                &control,
            );
            assert!(found.max_price > 0.0, "a noisy target has a price");
        });
        let mut corrected = network.clone();
        let correct = least(runs, || {
            corrected = network.clone();
            correct_weights(&problem, &mut corrected, &control);
        });
        let slid = least(runs, || {
            slide(&problem, &mut network.clone(), SLIDE, &control);
        });
        Ok(json!({
            "loss": loss, "outputs": k, "n": problem.n_samples(), "d": problem.rank(),
            "round": round, "rounds": trained.rounds, "neurons": trained.best.len(),
            "pricing": trained.seconds.pricing, "correct_of_rounds": trained.seconds.correct,
            "slide_of_rounds": trained.seconds.slide, "objective": trained.best_objective,
            "search": searched, "correct": correct, "slide": slid, "kept": corrected.len(),
        }))
    }

    /// Random neurons, the same for every loss.
    fn network(&self, k: usize) -> Neurons {
        let rank = self.data.nrows();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(SEED);
        let mut normal = |count: usize| -> Vec<f64> {
            (0..count)
                .map(|_| StandardNormal.sample(&mut rng))
                .collect()
        };
        let mut network = Neurons::with_outputs(rank, k);
        for i in 0..NEURONS {
            let direction = normal(rank);
            if k == 1 {
                network.push(&direction, if i % 2 == 0 { 1.0 } else { -1.0 }, 0.01);
            } else {
                network.push_head(&direction, &normal(k), 0.01);
            }
        }
        network
    }
}

fn searcher() -> Searcher {
    Searcher { seed: 1, round: 1 }
}

/// Core seconds of the quickest of a few runs; seconds where the system does not tell those.
fn least(runs: usize, mut work: impl FnMut()) -> f64 {
    let clock = Stopwatch::start();
    let now = || thread_seconds().unwrap_or_else(|| clock.seconds());
    let one = |_| {
        let begun = now();
        work();
        now() - begun
    };
    (0..runs).map(one).fold(f64::INFINITY, f64::min)
}
