use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crelu_model::global::{GlobalProblem, Neurons, SearchSize, Searcher, search, slide};
use crelu_model::{
    Clock, Control, Dataset, FitSettings, LossChoice, Prove, TargetColumn, Task, fit,
};
use faer::{Accum, Mat};
use linalg_core::product;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::{Value, json};

use crate::record;
use crate::stopwatch::Stopwatch;

const SEED: u64 = 71;
/// Shares of the matrix product's rate that slides and searches are to reach, with AVX-512.
const GOALS: [(usize, f64); 9] = [
    (8, 0.4),
    (11, 0.5),
    (16, 0.5),
    (32, 0.6),
    (58, 0.6),
    (100, 0.5),
    (197, 0.5),
    (400, 0.5),
    (785, 0.5),
];
/// Neurons of the network that slides, and ascents a sign of the searches.
const NEURONS: usize = 96;
const ASCENTS: usize = 96;

/// Rates of slides and searches as shares of that of a matrix product in the same run, on all threads
/// and on one; then whole fits with the default options, beside scikit-learn's `MLPClassifier` where
/// Python has it.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let quick = match args {
        [] => false,
        [one] if one == "--quick" => true,
        _ => return Err("usage: cargo xtask bench speed [--quick]".to_owned()),
    };
    let mut rows = rates(quick)?;
    rows.extend(fits(quick)?);
    let file = record::write("speed", SEED, rows)?;
    println!("written to {}", file.display());
    Ok(())
}

/// The best of a few runs, in GFLOP/s.
fn best(runs: usize, mut work: impl FnMut() -> f64) -> f64 {
    let one = |_| {
        let begun = Instant::now();
        let flops = work();
        flops / begun.elapsed().as_secs_f64() / 1e9
    };
    (0..runs).map(one).fold(0.0, f64::max)
}

fn normal(count: usize, rng: &mut Xoshiro256PlusPlus) -> Vec<f64> {
    (0..count).map(|_| StandardNormal.sample(rng)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of flops")]
fn rates(quick: bool) -> Result<Vec<Value>, String> {
    let side = if quick { 800 } else { 2000 };
    let a = Mat::<f32>::from_fn(side, side, |i, j| ((i * 7 + j * 13) % 17) as f32 - 8.0);
    let mut out = Mat::<f32>::zeros(side, side);
    let mut matrix = || {
        best(if quick { 3 } else { 7 }, || {
            product(out.as_mut(), Accum::Replace, a.as_ref(), a.as_ref(), 1.0);
            2.0 * (side * side * side) as f64
        })
    };
    println!("f32, {NEURONS} neurons; product {side} x {side} x {side}, GFLOP/s; shares of it");
    println!("rank  rows   product  slide  share  search  share  goal   one thread: slide, search");
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let one = one.map_err(|e| e.to_string())?;
    let mut rows = Vec::new();
    for (rank, goal) in GOALS {
        let n = if quick { 2048 } else { 12_288 };
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(SEED + rank as u64);
        let values = normal(n * rank, &mut rng);
        let data = Mat::from_fn(rank, n, |k, i| values[i * rank + k]);
        let target = normal(n, &mut rng);
        let problem =
            GlobalProblem::new(data, target, 0.01 * n as f64).map_err(|e| e.to_string())?;
        let mut network = Neurons::none(rank);
        for i in 0..NEURONS {
            let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
            network.push(&normal(rank, &mut rng), sign, 0.1);
        }
        let runs = if quick { 1 } else { 5 };
        let control = Control::default();
        let slides = || {
            best(runs, || {
                let before = problem.flops();
                slide(&problem, &mut network.clone(), 20, &control);
                (problem.flops() - before) as f64
            })
        };
        let theta = problem.theta(&network.fitted(&problem));
        let size = SearchSize {
            ascents: ASCENTS,
            steps: if quick { 10 } else { 40 },
            keep: 10,
            rows: None,
            broad: false,
        };
        let searches = || {
            best(runs, || {
                let before = problem.flops();
                let searcher = Searcher { seed: 1, round: 1 };
                let found = search(&problem, &theta, &network, size, 1.0, searcher, &control);
                assert!(found.max_price > 0.0, "a noisy target has a price");
                (problem.flops() - before) as f64
            })
        };
        let whole = matrix();
        let (slid, searched) = (slides(), searches());
        let (slid_alone, searched_alone) = one.install(|| (slides(), searches()));
        println!(
            "{rank:<6}{n:<7}{whole:<9.0}{slid:<7.0}{:<7.2}{searched:<8.0}{:<7.2}{goal:<7}{slid_alone:.0}, {searched_alone:.0}",
            slid / whole,
            searched / whole
        );
        rows.push(json!({
            "rank": rank, "n": n, "product": whole, "slide": slid, "search": searched,
            "slide_one_thread": slid_alone, "search_one_thread": searched_alone, "goal": goal,
        }));
    }
    Ok(rows)
}

/// Seconds are told to this much above the lowest J of the run, too.
const NEAR: f64 = 1.01;
/// Rows and columns of a noisy two-class table, the penalty as a share of the largest, and the noise as
/// one of the teacher's deviation: 0.4 leaves an eighth of the rows on the wrong side, as real tables do.
const TABLES: [(usize, usize, f64, f64); 7] = [
    (20_000, 10, 0.02, 0.4),
    (5000, 30, 0.02, 0.4),
    (10_000, 50, 0.02, 0.4),
    (12_000, 10, 0.002, 0.4),
    (19_020, 10, 0.0007, 0.4),
    (14_265, 10, 0.02, 1.0),
    (5000, 60, 0.02, 1.0),
];
/// Seconds that a fit may take, and the thorough one beside it.
const LIMIT: f64 = 60.0;

fn fits(quick: bool) -> Result<Vec<Value>, String> {
    let tables = if quick {
        vec![(600, 8, 0.02, 0.4)]
    } else {
        TABLES.to_vec()
    };
    println!(
        "rows x columns, beta/beta_max, noise: status, seconds, J, thorough J, accuracy, neurons; MLPClassifier"
    );
    let mut rows = Vec::new();
    for (n, d, fraction, noise) in tables {
        let (features, labels) = table(n, d, noise);
        let target = TargetColumn::numbers(labels.clone());
        let data = Dataset::from_rows(&features, n, d, target).map_err(|e| e.to_string())?;
        let train = |settings: FitSettings, limit: f64| {
            let clock = Stopwatch::start();
            let settings = settings.task(Task::Classify).prove(Prove::Quick);
            let settings = settings.beta_frac(fraction).check();
            let settings = settings.map_err(|e| e.to_string())?;
            let control = Control::with_clock(&clock).deadline(limit);
            let fitted = fit(&data, None, &settings, &control, &mut ());
            fitted
                .map_err(|e| e.to_string())
                .map(|fit| (fit.report, clock.seconds()))
        };
        let (report, seconds) = train(FitSettings::default().loss(LossChoice::Squared), LIMIT)?;
        let most = if quick {
            5.0
        } else {
            (10.0 * seconds).clamp(20.0, LIMIT)
        };
        let (thorough, _) = train(
            FitSettings::default()
                .loss(LossChoice::Squared)
                .thorough(true)
                .thin(0.0),
            most,
        )?;
        let peer = classifier(&features, d, &labels);
        let ratio = report.objective_network / thorough.objective_network;
        let best = report.objective_network.min(thorough.objective_network);
        let near = report
            .history
            .iter()
            .find(|entry| entry.objective_network <= NEAR * best);
        let near = near.map(|entry| entry.seconds);
        println!(
            "{n} x {d}, {fraction}, {noise}: {} {seconds:.2} s ({} s to {NEAR} of the lowest J), J {:.6} ({ratio:.4} of thorough), accuracy {:.4}, {} neurons; {}",
            report.status.name(),
            near.map_or("no".to_owned(), |s| format!("{s:.2}")),
            report.objective_network,
            report.train.accuracy().unwrap_or(0.0),
            report.neurons,
            peer.map_or("no Python with scikit-learn".to_owned(), |(s, a)| format!(
                "{s:.2} s, accuracy {a:.4}: {:.2} of ours",
                s / seconds
            ))
        );
        rows.push(json!({
            "n": n, "d": d, "fraction": fraction, "noise": noise, "status": report.status.name(),
            "seconds": report.seconds, "wall": seconds, "objective": report.objective_network,
            "of_thorough": ratio, "near": near, "work": report.work, "mlp": peer.map(|(s, _)| s),
        }));
    }
    Ok(rows)
}

/// A teacher's classes with noise: no network is right on all rows.
fn table(n: usize, d: usize, noise: f64) -> (Vec<f64>, Vec<f64>) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(SEED + n as u64);
    let features = normal(n * d, &mut rng);
    let teachers: Vec<Vec<f64>> = (0..8).map(|_| normal(d, &mut rng)).collect();
    let disturbance = normal(n, &mut rng);
    let output = |row: &[f64]| -> f64 {
        let each = teachers.iter().enumerate().map(|(t, u)| {
            let h: f64 = u.iter().zip(row).map(|(u, x)| u * x).sum();
            if t % 2 == 0 { h.max(0.0) } else { -h.max(0.0) }
        });
        each.sum()
    };
    let outputs: Vec<f64> = features.chunks_exact(d).map(output).collect();
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let count = n as f64;
    let mean = outputs.iter().sum::<f64>() / count;
    let variance = outputs.iter().map(|f| (f - mean).powi(2)).sum::<f64>() / count;
    let spread = noise * variance.sqrt();
    let above = |(f, e): (&f64, &f64)| f64::from(u8::from(f + spread * e > mean));
    let labels = outputs.iter().zip(&disturbance).map(above).collect();
    (features, labels)
}

/// Seconds and training accuracy of a default `MLPClassifier` on standardised columns, where `PYTHON`
/// or `python3` has scikit-learn.
fn classifier(features: &[f64], d: usize, labels: &[f64]) -> Option<(f64, f64)> {
    let mut text = String::new();
    for (row, label) in features.chunks_exact(d).zip(labels) {
        for value in row {
            text.push_str(&format!("{value},"));
        }
        text.push_str(&format!("{label}\n"));
    }
    let file = Path::new("target/bench/speed.csv");
    std::fs::create_dir_all(file.parent()?).ok()?;
    std::fs::write(file, text).ok()?;
    let script = "import sys, time, warnings; warnings.simplefilter('ignore'); import numpy as np\n\
        from sklearn.neural_network import MLPClassifier\n\
        a = np.loadtxt(sys.argv[1], delimiter=','); X, y = a[:, :-1], a[:, -1]\n\
        X = (X - X.mean(0)) / X.std(0); t = time.time(); m = MLPClassifier(random_state=0).fit(X, y)\n\
        print(time.time() - t, m.score(X, y))";
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let out = Command::new(python)
        .args(["-c", script])
        .arg(file)
        .output()
        .ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let mut words = text.split_whitespace().map(str::parse::<f64>);
    Some((words.next()?.ok()?, words.next()?.ok()?))
}
