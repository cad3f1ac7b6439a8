use std::time::Instant;

use crelu_model::programme::{
    Activation, Method, Programme, ProgrammeSettings, Solution, Switch, solve,
};
use crelu_model::{Clock, Control, FormChoice, PrimalChoice};
use faer::{Accum, Mat, MatMut, MatRef};
use linalg_core::{ShiftedGram, product};
use serde_json::{Value, json};

use crate::convergence::programme;
use crate::record;
use crate::sets::{spread, teacher};
use crate::stopwatch::Stopwatch;

const SEED: u64 = 41;
/// A choice is good within this of the fastest ...
const NEAR: f64 = 1.3;
/// ... and is to be good on this share of the grid.
const SHARE: f64 = 0.9;

/// The candidates of the automatic choice.
const METHODS: [(PrimalChoice, FormChoice); 6] = [
    (PrimalChoice::Cholesky, FormChoice::Kernel),
    (PrimalChoice::Cholesky, FormChoice::Gram),
    (PrimalChoice::Cg, FormChoice::Reduced),
    (PrimalChoice::PcgJacobi, FormChoice::Reduced),
    (PrimalChoice::PcgNystrom, FormChoice::Reduced),
    (PrimalChoice::Rbcd, FormChoice::Reduced),
];

/// Times what the cost model of the automatic choice is made of, then every method on a grid of
/// programmes, and says how near the choice comes to the fastest.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let quick = match args {
        [] => false,
        [one] if one == "--quick" => true,
        _ => return Err("usage: cargo xtask bench calibrate [--quick]".to_owned()),
    };
    rates(quick);
    let mut rows = Vec::new();
    let good = grid(quick, &mut rows)?;
    let file = record::write("calibrate", SEED, rows)?;
    println!("written to {}", file.display());
    if good < SHARE {
        println!("auto is within {NEAR} of the fastest on less than {SHARE} of the grid");
    }
    Ok(())
}

/// Seconds of the fastest of a few runs.
fn fastest(runs: usize, mut work: impl FnMut()) -> f64 {
    (0..runs)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

/// Flops of factorisations and triangular solves in flops of a product, at two sizes.
#[expect(clippy::cast_precision_loss, reason = "sizes")]
fn rates(quick: bool) {
    println!("side    product GFLOP/s    factor flop    solve flop    call, flops");
    let sides: &[usize] = if quick { &[600] } else { &[600, 2000] };
    for &n in sides {
        let k = 64;
        let a = Mat::<f64>::from_fn(n, n, |i, j| {
            ((i * 7919 + j * 104_729) % 1009) as f64 / 1009.0
        });
        let b = Mat::<f64>::from_fn(n, k, |i, j| ((i * 31 + j * 17) % 101) as f64 / 101.0);
        let mut out = Mat::<f64>::zeros(n, k);
        let one = fastest(5, || {
            product(out.as_mut(), Accum::Replace, a.as_ref(), b.as_ref(), 1.0);
        });
        let rate = 2.0 * (n * n * k) as f64 / one;
        let spd = Mat::<f64>::from_fn(n, n, |i, j| {
            if i == j {
                n as f64
            } else {
                0.5 / (1.0 + (i.abs_diff(j) % 97) as f64)
            }
        });
        let Ok(mut gram) = ShiftedGram::from_dense(spd.as_ref()) else {
            continue;
        };
        let factor = fastest(3, || {
            let done = gram.factor(1.0, 1.0, &Control::default());
            assert!(done.is_ok(), "a diagonally dominant matrix has a factor");
        });
        let mut rhs = vec![1.0; n];
        let solved = fastest(5, || gram.solve_vector(&mut rhs));
        let (tiny, mut answer) = (Mat::<f64>::zeros(8, 8), vec![0.0; 8]);
        let calls = fastest(5, || {
            for _ in 0..1000 {
                product(
                    MatMut::from_column_major_slice_mut(&mut answer, 8, 1),
                    Accum::Replace,
                    tiny.as_ref(),
                    MatRef::from_column_major_slice(&[1.0; 8], 8, 1),
                    1.0,
                );
            }
        }) / 1000.0;
        println!(
            "{n:<8}{:<19.1}{:<15.2}{:<14.2}{:.1e}",
            rate / 1e9,
            factor * rate / ((n as f64).powi(3) / 3.0),
            solved * rate / (2.0 * (n * n) as f64),
            calls * rate
        );
    }
}

fn settings(primal: PrimalChoice, form: FormChoice) -> ProgrammeSettings {
    let mut settings = ProgrammeSettings::default();
    settings.tol = 1e-3;
    settings.newton = Switch::Off;
    settings.working_set = Switch::Off;
    settings.primal = primal;
    settings.form = form;
    settings.check_every = 10;
    settings
}

fn timed(
    problem: &Programme,
    how: &ProgrammeSettings,
    limit: f64,
) -> Result<(f64, Solution), String> {
    let clock = Stopwatch::start();
    let control = Control::with_clock(&clock).deadline(limit);
    let how = how.clone().check().map_err(|e| e.to_string())?;
    let solution = solve(problem, &how, &control, None, &mut ()).map_err(|e| e.to_string())?;
    Ok((clock.seconds(), solution))
}

/// All methods on small programmes; the share of them on which the choice is near the fastest.
#[expect(clippy::cast_precision_loss, reason = "iteration counts")]
fn grid(quick: bool, rows: &mut Vec<Value>) -> Result<f64, String> {
    let (rows_of, widths, patterns): (&[usize], &[usize], &[usize]) = if quick {
        (&[200, 800], &[8], &[10])
    } else {
        (&[200, 800, 3000], &[4, 20, 80], &[10, 50])
    };
    // a method that takes many times as long as the fastest is not waited for
    let patience: f64 = if quick { 5.0 } else { 30.0 };
    println!("n, d, P, kind: method seconds (inner iterations a step) ...; auto / fastest");
    let (mut near, mut all) = (0, 0);
    for &n in rows_of {
        for &d in widths {
            for &p in patterns {
                for (kind, activation) in [
                    ("teacher relu", Activation::Relu),
                    ("teacher gated", Activation::Gated),
                    ("spread relu", Activation::Relu),
                ] {
                    let set = if kind.starts_with("spread") {
                        spread("spread", n, d, 1e4, SEED)
                    } else {
                        teacher("teacher", n, d, SEED)
                    };
                    let problem = programme(&set, p, 0.02, activation)?;
                    let mut best = f64::INFINITY;
                    let mut took = Vec::new();
                    let mut line = String::new();
                    for (primal, form) in METHODS {
                        let how = settings(primal, form);
                        let limit = patience.min(20.0 * best);
                        let (mut seconds, solution) = timed(&problem, &how, limit)?;
                        if seconds < 0.2 {
                            seconds = seconds.min(timed(&problem, &how, limit)?.0);
                        }
                        let converged = solution.status.is_converged();
                        let counted = if converged { seconds } else { f64::INFINITY };
                        best = best.min(counted);
                        let inner =
                            solution.inner_iterations as f64 / solution.iterations.max(1) as f64;
                        line.push_str(&format!(
                            " {}/{} {}{seconds:.3} ({inner:.1})",
                            primal.name(),
                            form.name(),
                            if converged { "" } else { ">" }
                        ));
                        took.push((primal, form, counted, inner));
                    }
                    let mut auto = settings(PrimalChoice::Auto, FormChoice::Auto);
                    auto.max_iters = 0;
                    let chosen = timed(&problem, &auto, patience)?.1.choice;
                    let time = took
                        .iter()
                        .find(|(primal, form, _, _)| {
                            primal.name() == chosen.method.name()
                                && (form.name() == chosen.form.name()
                                    || chosen.method != Method::Cholesky)
                        })
                        .map_or(f64::INFINITY, |(_, _, seconds, _)| *seconds);
                    let ratio = time / best;
                    all += 1;
                    near += usize::from(ratio <= NEAR);
                    println!(
                        "{n}, {d}, {p}, {kind}:{line}; {} {} {ratio:.2}",
                        chosen.method.name(),
                        chosen.form.name()
                    );
                    let methods: Vec<Value> = took
                        .iter()
                        .map(|(primal, form, seconds, inner)| {
                            json!({"method": primal.name(), "form": form.name(),
                                "seconds": seconds, "inner": inner})
                        })
                        .collect();
                    rows.push(json!({
                        "n": n, "d": d, "patterns": p, "kind": kind,
                        "methods": methods, "auto": chosen.method.name(),
                        "form": chosen.form.name(), "ratio": ratio,
                    }));
                }
            }
        }
    }
    println!("auto within {NEAR} of the fastest on {near} of {all}");
    Ok(near as f64 / f64::from(u32::try_from(all).unwrap_or(u32::MAX)))
}
