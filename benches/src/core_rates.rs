use std::time::Instant;

use crelu_model::programme::{
    Activation, Programme, ProgrammeSettings, Splitting, Switch, WarmStart, solve,
};
use crelu_model::{Clock, Control, Precision};
use faer::{Accum, Mat, Par};
use linalg_core::{Real, product};
use serde_json::{Value, json};

use crate::convergence::programme;
use crate::paper_job;
use crate::record;
use crate::sets::{Set, teacher};
use crate::stopwatch::{Stopwatch, peak_memory};

const SEED: u64 = 21;
const ITERATIONS: usize = 50;

/// Fastest of a few runs, in seconds.
fn fastest(runs: usize, mut work: impl FnMut()) -> f64 {
    (0..runs)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

fn matrix<T: Real>(rows: usize, cols: usize) -> Mat<T> {
    #[expect(clippy::cast_precision_loss, reason = "a value below 1009")]
    Mat::from_fn(rows, cols, |i, j| {
        T::of(((i * 7919 + j * 104_729) % 1009) as f64 / 1009.0 - 0.5)
    })
}

/// GFLOP/s of this library's product, of the matrix library's own and of its Cholesky, at these sizes.
struct Rates {
    product: f64,
    library: f64,
    cholesky: f64,
    cholesky_seconds: f64,
}

fn rates<T: Real>(n: usize, d: usize, k: usize) -> Rates {
    let (a, b) = (matrix::<T>(d, n), matrix::<T>(d, k));
    let mut out = Mat::<T>::zeros(n, k);
    #[expect(clippy::cast_precision_loss, reason = "sizes")]
    let (flops, cube) = (
        2.0 * n as f64 * d as f64 * k as f64,
        (n as f64).powi(3) / 3.0,
    );
    let par = Par::rayon(0);
    let ours = fastest(3, || {
        product(
            out.as_mut(),
            Accum::Replace,
            a.transpose(),
            b.as_ref(),
            T::of(1.0),
        )
    });
    let theirs = fastest(3, || {
        faer::linalg::matmul::matmul(
            out.as_mut(),
            Accum::Replace,
            a.transpose(),
            b.as_ref(),
            T::of(1.0),
            par,
        );
    });
    drop((a, b, out));
    faer::set_global_parallelism(par);
    #[expect(clippy::cast_precision_loss, reason = "sizes")]
    let spd = Mat::<T>::from_fn(n, n, |i, j| {
        if i == j {
            T::of(n as f64)
        } else {
            T::of(0.5 / (1.0 + (i.abs_diff(j) % 97) as f64).powi(2))
        }
    });
    let cholesky_seconds = fastest(1, || {
        let factor = spd.llt(faer::Side::Lower);
        assert!(
            factor.is_ok(),
            "a diagonally dominant matrix has a Cholesky factor"
        );
    });
    Rates {
        product: flops / ours / 1e9,
        library: flops / theirs / 1e9,
        cholesky: cube / cholesky_seconds / 1e9,
        cholesky_seconds,
    }
}

pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let quick = match args {
        [] => false,
        [one] if one == "--quick" => true,
        _ => return Err("usage: cargo xtask bench core [--quick]".to_owned()),
    };
    let mut rows = Vec::new();
    headline(quick, &mut rows)?;
    certified(quick, &mut rows)?;
    paper_job::run(quick, &mut rows)?;
    let file = record::write("core", SEED, rows)?;
    println!("written to {}", file.display());
    Ok(())
}

/// Set-up and fifty three-block iterations at the paper's largest size, f32.
fn headline(quick: bool, rows: &mut Vec<Value>) -> Result<(), String> {
    let (n, d, patterns) = if quick {
        (1200, 384, 20)
    } else {
        (10_000, 3072, 50)
    };
    println!(
        "n = {n}, d = {d}, P = {patterns}, f32, three-block, {ITERATIONS} iterations, {} threads",
        rayon::current_num_threads()
    );
    let set = teacher("teacher", n, d, SEED);
    for activation in [Activation::Relu, Activation::Gated] {
        // the largest singular value and the gates are found before; nothing else is done outside
        let programme = programme_of(&set, patterns, activation)?;
        let mut settings = ProgrammeSettings::default();
        settings.tol = 0.0;
        settings.max_iters = ITERATIONS;
        settings.splitting = Splitting::ThreeBlock;
        settings.precision = Precision::F32;
        settings.check_every = 0;
        settings.newton = Switch::Off;
        settings.working_set = Switch::Off;
        let settings = settings.check().map_err(|e| e.to_string())?;
        let clock = Stopwatch::start();
        let solution = solve(
            &programme,
            &settings,
            &Control::with_clock(&clock),
            None::<&WarmStart>,
            &mut (),
        )
        .map_err(|e| e.to_string())?;
        let total = clock.seconds();
        let memory = peak_memory();
        // rates beside, in the same process and minute
        let rate = rates::<f32>(n, d, 2 * patterns);
        #[expect(clippy::cast_precision_loss, reason = "sizes")]
        let (nf, df, pf, its, fs) = (
            n as f64,
            d as f64,
            patterns as f64,
            solution.iterations as f64,
            solution.factorisations as f64,
        );
        let relu = activation == Activation::Relu;
        let per_iteration = if relu { 12.0 } else { 4.0 } * nf * df * pf;
        let cones = if relu {
            nf * df * df + df.powi(3) / 3.0 + nf * df * df
        } else {
            0.0
        };
        let products = cones + nf * nf * (df + pf) + 2.0 * nf * df * pf;
        let cholesky = fs * nf.powi(3) / 3.0;
        let setup_at_rate = (products / rate.product + cholesky / rate.cholesky) / 1e9;
        let seconds = &solution.seconds;
        let iteration = (seconds.primal + seconds.prox + seconds.dual) / its;
        let iteration_at_rate = per_iteration / rate.product / 1e9;
        let model = if relu { "ReLU" } else { "gated" };
        println!("{model}:");
        println!(
            "  product {:.0} GFLOP/s (the matrix library's own: {:.0}), Cholesky {:.0} GFLOP/s ({:.2} s)",
            rate.product, rate.library, rate.cholesky, rate.cholesky_seconds
        );
        println!(
            "  set-up {:.2} s with {} factorisations; its flops at these rates {:.2} s: ratio {:.2}",
            seconds.setup,
            solution.factorisations,
            setup_at_rate,
            seconds.setup / setup_at_rate
        );
        println!(
            "  iteration {iteration:.3} s (primal {:.3}, prox {:.3}, update {:.3}); {:.1} GFLOP at the product's rate {iteration_at_rate:.3} s: ratio {:.2}",
            seconds.primal / its,
            seconds.prox / its,
            seconds.dual / its,
            per_iteration / 1e9,
            iteration / iteration_at_rate
        );
        println!(
            "  certificate in f64 {:.2} s; in all {total:.2} s",
            seconds.monitor
        );
        if let Some(bytes) = memory {
            println!(
                "  peak resident memory of the process {:.0} MiB",
                bytes / 1_048_576.0
            );
        }
        println!(
            "  objective {:.6} of {:.6} at zero, gap {:.2e}",
            solution.point.objective,
            programme.zero_objective(),
            solution.gap()
        );
        rows.push(json!({
            "part": "headline", "model": model, "n": n, "d": d, "patterns": patterns,
            "product_gflops": rate.product, "library_gflops": rate.library, "cholesky_gflops": rate.cholesky,
            "setup": seconds.setup, "setup_at_rate": setup_at_rate, "iteration": iteration,
            "iteration_at_rate": iteration_at_rate, "certificate": seconds.monitor, "total": total,
            "peak_bytes": memory, "iterations": solution.iterations, "factorisations": solution.factorisations,
        }));
    }
    Ok(())
}

/// As `fit` makes it for a wide set: the columns as they are.
fn programme_of(set: &Set, patterns: usize, activation: Activation) -> Result<Programme, String> {
    programme(set, patterns, 0.01, activation)
}

/// Seconds to a certified gap of 1e-3 at n = 1000, d = 364, P = 50, beside one product.
fn certified(quick: bool, rows: &mut Vec<Value>) -> Result<(), String> {
    let (n, d, patterns) = if quick {
        (300, 100, 20)
    } else {
        (1000, 364, 50)
    };
    let set = teacher("teacher", n, d, 11);
    println!(
        "n = {n}, d = {d}, P = {patterns}: seconds to a certified gap of 1e-3, f64, patterns given"
    );
    for activation in [Activation::Gated, Activation::Relu] {
        for fraction in [0.1, 0.02] {
            let programme = programme(&set, patterns, fraction, activation)?;
            let settings = ProgrammeSettings::default()
                .check()
                .map_err(|e| e.to_string())?;
            let mut best: Option<(f64, usize, f64)> = None;
            let gemm = rates_of_product(n, d, 5000);
            for _ in 0..3 {
                let clock = Stopwatch::start();
                let solution = solve(
                    &programme,
                    &settings,
                    &Control::with_clock(&clock),
                    None,
                    &mut (),
                )
                .map_err(|e| e.to_string())?;
                let seconds = clock.seconds();
                if best.is_none_or(|b| seconds < b.0) {
                    best = Some((seconds, solution.iterations, solution.gap()));
                }
            }
            let Some((seconds, iterations, gap)) = best else {
                continue;
            };
            let model = if activation == Activation::Relu {
                "ReLU"
            } else {
                "gated"
            };
            println!(
                "  {model:5} at {fraction} of beta_max: {seconds:.3} s, {iterations} iterations, gap {gap:.1e}; one f64 product {n} x {d} x 5000 {gemm:.3} s: ratio {:.1}",
                seconds / gemm
            );
            rows.push(json!({
                "part": "certified", "model": model, "n": n, "d": d, "patterns": patterns, "beta_frac": fraction,
                "seconds": seconds, "iterations": iterations, "gap": gap, "product_seconds": gemm,
            }));
        }
    }
    Ok(())
}

/// Seconds of one f64 product by the matrix library, on all threads.
fn rates_of_product(n: usize, d: usize, k: usize) -> f64 {
    let (a, b) = (matrix::<f64>(d, n), matrix::<f64>(d, k));
    let mut out = Mat::<f64>::zeros(n, k);
    fastest(5, || {
        faer::linalg::matmul::matmul(
            out.as_mut(),
            Accum::Replace,
            a.transpose(),
            b.as_ref(),
            1.0,
            Par::rayon(0),
        );
    })
}
