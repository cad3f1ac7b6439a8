use crelu_model::{
    Clock, Control, Dataset, FitObserver, FitSettings, LossChoice, Precision, Progress,
    TargetColumn, TrainMode, fit,
};
use faer::Mat;
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::json;

use crate::record;
use crate::stopwatch::{Stopwatch, peak_memory};

const SEED: u64 = 31;
/// What the whole process may reach.
const LIMIT: f64 = 8.0 * 1024.0 * 1024.0 * 1024.0;

/// A run at the size of Fashion-MNIST (60000 x 784, 50 patterns) by the automatic choice, in `f32`
/// and with a time limit: what it chose, how far it came, and the memory it took beside the
/// memory it was priced at.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let quick = match args {
        [] => false,
        [one] if one == "--quick" => true,
        _ => return Err("usage: cargo xtask bench large [--quick]".to_owned()),
    };
    let (n, d, patterns, seconds, precision) = if quick {
        (6000, 160, 50, 20.0, Precision::F32)
    } else {
        (60_000, 784, 50, 420.0, Precision::F32)
    };
    println!("n = {n}, d = {d}, P = {patterns}, at most {seconds} s");
    let clock = Stopwatch::start();
    let data = images(n, d)?;
    let before = peak_memory();
    let mut settings = FitSettings::default()
        .loss(LossChoice::Squared)
        .train(TrainMode::Sampled)
        .n_patterns(patterns)
        .beta_frac(0.02)
        .tol(1e-2);
    settings.programme.precision = precision;
    // kernel and gram matrices are beyond it at the full size; the quick size is held to the same
    settings.programme.memory_limit = if quick { 250e6 } else { 0.75 * LIMIT };
    let settings = settings.check().map_err(|e| e.to_string())?;
    let control = Control::with_clock(&clock).deadline(clock.seconds() + seconds);
    let mut watch = Watch;
    let fitted = fit(&data, None, &settings, &control, &mut watch).map_err(|e| e.to_string())?;
    let (report, peak) = (&fitted.report, peak_memory());
    let primal = &report.primal;
    println!(
        "{}: {} iterations, {} inner, J {:.6}, gap {:.2e}, accuracy {:?}",
        report.status.name(),
        report.iterations,
        primal.inner_iterations,
        report.objective_network,
        report.gap,
        report.train.accuracy()
    );
    println!(
        "{} on the {} system in {}, {} splitting: {}",
        name(primal.method),
        name(primal.form),
        name(primal.precision),
        name(primal.splitting),
        primal.reason
    );
    let s = &report.seconds;
    println!(
        "seconds: {:.0} in all, set-up {:.0}, primal {:.0}, prox {:.0}, dual {:.0}, certificate {:.0}",
        s.total, s.setup, s.primal, s.prox, s.dual, s.certificate
    );
    let mega =
        |bytes: Option<f64>| bytes.map_or("unknown".to_owned(), |b| format!("{:.0} MB", b / 1e6));
    println!(
        "memory: {} with the data read, peak {}",
        mega(before),
        mega(peak)
    );
    let row = json!({
        "n": n, "d": d, "patterns": patterns, "status": report.status.name(),
        "iterations": report.iterations, "inner_iterations": primal.inner_iterations,
        "objective": report.objective_network, "gap": report.gap, "method": primal.method,
        "form": primal.form, "precision": primal.precision, "splitting": primal.splitting,
        "reason": primal.reason, "seconds": s.total, "memory_before": before, "memory_peak": peak,
    });
    let file = record::write("large", SEED, vec![row])?;
    println!("written to {}", file.display());
    match peak {
        Some(peak) if peak > LIMIT => {
            Err(format!("the peak of {:.0} MB is above 8 GiB", peak / 1e6))
        }
        _ => Ok(()),
    }
}

/// A choice, where there was one.
fn name(choice: Option<impl std::fmt::Display>) -> String {
    choice.map_or("none".to_owned(), |choice| choice.to_string())
}

struct Watch;

impl FitObserver for Watch {
    fn progress(&mut self, progress: Progress<'_>) -> bool {
        if let Progress::Check(entry) = progress {
            println!(
                "  iteration {}: {:.0} s, J {:.6}, gap {:.2e}",
                entry.iteration,
                entry.seconds,
                entry.objective_network,
                entry.gap.unwrap_or(f64::NAN)
            );
        }
        true
    }
}

/// Ten groups of smooth random images, one against the rest: correlated columns as pictures have.
fn images(n: usize, d: usize) -> Result<Dataset, String> {
    const GROUPS: usize = 10;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
    // neighbouring pixels are alike: a running mean of noise
    let mut smooth = |keep: f64| -> Vec<f64> {
        let mut last = normal();
        (0..d)
            .map(|_| {
                last = keep * last + (1.0 - keep * keep).sqrt() * normal();
                last
            })
            .collect()
    };
    let means: Vec<Vec<f64>> = (0..GROUPS).map(|_| smooth(0.95)).collect();
    let mut x = Mat::<f64>::zeros(d, n);
    let mut y = Vec::with_capacity(n);
    for i in 0..n {
        let group = i % GROUPS;
        let noise = smooth(0.8);
        for k in 0..d {
            x[(k, i)] = 0.3 * means[group][k] + noise[k];
        }
        y.push(if group == 0 { 1.0 } else { -1.0 });
    }
    Dataset::from_columns(x, TargetColumn::numbers(y)).map_err(|e| e.to_string())
}
