use admm::{GroupNorm, L1Norm, Lift, NonNegative, PrimalError};
use faer::Mat;
use faer::Side;
use faer::linalg::solvers::{Llt, Solve};
use linalg_core::{Control, LinalgError, Real, norm};
use testkit::Stream;

use crate::conic;
use crate::data::{half_square, image, regression, rounded};
use crate::problem::{KINDS, Kind, LIFTS, Run, blocks, gap, primal};

/// Clarabel stops at a gap of 1e-11; the variables of a problem with a condition number of a few
/// hundred are then right to about its root.
const CLARABEL: f64 = 1e-5;
/// The objective of either is right to the gap, times the size of the objective.
const OBJECTIVE: f64 = 1e-8;

fn l1(x: &[f64]) -> f64 {
    x.iter().map(|v| v.abs()).sum()
}

#[test]
fn lasso_every_primal_step_and_lift_reaches_clarabels_optimum() {
    for (seed, (rows, cols)) in [(40, 12), (20, 30)].into_iter().enumerate() {
        let (a, y) = regression(seed as u64, rows, cols);
        let weight = 0.7;
        let want = conic::lasso(a.as_ref(), &y, weight);
        let value = |x: &[f64]| half_square(a.as_ref(), &y, x) + weight * l1(x);
        for kind in KINDS {
            for lift in LIFTS {
                let run = Run {
                    kind,
                    lift,
                    tol: 1e-10,
                    ..Run::new(&a, &y)
                };
                let got = run.optimum::<f64>(&mut L1Norm::new(lift.dim(cols), weight).unwrap());
                let apart = gap(&got, &want);
                assert!(
                    apart <= CLARABEL,
                    "seed {seed}, {kind:?}, {lift:?}: {apart}"
                );
                let excess = value(&got) - value(&want);
                assert!(
                    excess.abs() <= OBJECTIVE,
                    "seed {seed}, {kind:?}, {lift:?}: {excess}"
                );
            }
        }
    }
}

#[test]
fn group_lasso_every_primal_step_and_lift_reaches_clarabels_optimum() {
    let (length, groups, weight) = (3, 6, 1.5);
    let (a, y) = regression(2, 30, length * groups);
    let want = conic::group_lasso(a.as_ref(), &y, length, weight);
    let value = |x: &[f64]| {
        half_square(a.as_ref(), &y, x) + weight * x.chunks(length).map(norm).sum::<f64>()
    };
    assert!(
        want.chunks(length).any(|b| norm(b) < 1e-6),
        "a problem with a group at rest"
    );
    for kind in KINDS {
        for lift in LIFTS {
            let run = Run {
                kind,
                lift,
                tol: 1e-10,
                ..Run::new(&a, &y)
            };
            let mut prox =
                GroupNorm::new(length, lift.dim(length * groups) / length, weight).unwrap();
            let got = run.optimum::<f64>(&mut prox);
            let apart = gap(&got, &want);
            assert!(apart <= CLARABEL, "{kind:?}, {lift:?}: {apart}");
            let excess = value(&got) - value(&want);
            assert!(excess.abs() <= OBJECTIVE, "{kind:?}, {lift:?}: {excess}");
        }
    }
}

#[test]
fn nonnegative_least_squares_reaches_clarabels_optimum() {
    for seed in testkit::seeds(3..6) {
        let (a, y) = regression(seed, 30, 10);
        let want = conic::nonnegative(a.as_ref(), &y);
        for kind in KINDS {
            let run = Run {
                kind,
                ..Run::new(&a, &y)
            };
            let got = run.optimum::<f64>(&mut NonNegative::new(10));
            assert!(got.iter().all(|x| *x >= 0.0), "seed {seed}, {kind:?}");
            let apart = gap(&got, &want);
            assert!(apart <= CLARABEL, "seed {seed}, {kind:?}: {apart}");
        }
        // a pair of non-negative parts is free: plain least squares
        let run = Run {
            lift: Lift::Mirrored,
            ..Run::new(&a, &y)
        };
        let got = run.optimum::<f64>(&mut NonNegative::new(20));
        let gram = a.transpose() * &a;
        let rhs = image(a.transpose(), &y);
        let rhs = Mat::from_fn(10, 1, |i, _| rhs[i]);
        let free = Llt::new(gram.as_ref(), Side::Lower)
            .unwrap()
            .solve(rhs.as_ref());
        let free: Vec<f64> = (0..10).map(|i| free[(i, 0)]).collect();
        assert!(gap(&got, &free) <= CLARABEL, "seed {seed}, mirrored");
    }
}

#[test]
fn lasso_in_single_precision_comes_as_near_as_it_can() {
    let (a, y) = regression(7, 40, 12);
    let want = conic::lasso(a.as_ref(), &y, 0.7);
    for kind in KINDS.into_iter().filter(|kind| *kind != Kind::Refined) {
        for lift in LIFTS {
            let run = Run {
                kind,
                lift,
                tol: 1e-5,
                ..Run::new(&a, &y)
            };
            let got = run.optimum::<f32>(&mut L1Norm::new(lift.dim(12), 0.7f32).unwrap());
            // the residuals' tolerance, times a condition number of a few tens
            assert!(
                gap(&got, &want) <= 1e-3,
                "{kind:?}, {lift:?}: {}",
                gap(&got, &want)
            );
        }
    }
}

/// A step from `w` in both precisions against `(F'F + rho I) u = F'y + rho w`, solved densely.
fn assert_step_is_dense<T: Real>(
    kind: Kind,
    lift: Lift,
    rows: usize,
    cols: usize,
    rho: f64,
    tol: f64,
) {
    let seed = (rows * cols) as u64;
    let (a, y) = regression(seed, rows, cols);
    let mut stream = Stream::new(seed + 1);
    let dim = lift.dim(cols);
    let sign = |j: usize| if j < cols { 1.0 } else { -1.0 };
    let f = Mat::from_fn(rows, dim, |i, j| sign(j) * a[(i, j % cols)]);
    let w: Vec<f64> = stream.vector(dim);

    let (narrow, target): (_, Vec<T>) = (
        rounded::<T>(a.as_ref()),
        y.iter().map(|v| T::of(*v)).collect(),
    );
    let op = blocks(narrow.as_ref());
    let mut solver = primal(kind, lift, &op, a.as_ref());
    let (near, fw): (Vec<T>, Vec<T>) = (
        w.iter().map(|v| T::of(*v)).collect(),
        image(f.as_ref(), &w).iter().map(|v| T::of(*v)).collect(),
    );
    let (mut u, mut fu) = (vec![T::of(0.0); dim], vec![T::of(0.0); rows]);
    // twice, so that a penalty is replaced and a warm start is used
    for rho in [3.0 * rho, rho] {
        solver.set_penalty(T::of(rho), &Control::default()).unwrap();
        let report = solver
            .solve(&target, &near, &fw, 1e-13, &mut u, &mut fu)
            .unwrap();
        let gram = f.transpose() * &f;
        let system = Mat::from_fn(dim, dim, |i, j| {
            gram[(i, j)] + if i == j { rho } else { 0.0 }
        });
        let rhs = image(f.transpose(), &y);
        let rhs = Mat::from_fn(dim, 1, |i, _| rhs[i] + rho * w[i]);
        let want = Llt::new(system.as_ref(), Side::Lower)
            .unwrap()
            .solve(rhs.as_ref());
        let want: Vec<f64> = (0..dim).map(|i| want[(i, 0)]).collect();
        let got: Vec<f64> = u.iter().map(|v| v.wide()).collect();
        let got_image: Vec<f64> = fu.iter().map(|v| v.wide()).collect();
        let what = format!(
            "seed {seed}, {kind:?}, {lift:?}, rho {rho}, {}: {report:?}",
            T::NAME
        );
        let apart = gap(&got, &want);
        assert!(
            apart <= tol * norm(&want).max(1.0),
            "{what}: u off by {apart}"
        );
        let apart = gap(&got_image, &image(f.as_ref(), &want));
        assert!(apart <= tol * norm(&y), "{what}: F u off by {apart}");
        assert_eq!(solver.is_exact(), !kind.is_inexact());
        assert_eq!(report.inner_iterations > 0, kind.is_inexact(), "{what}");
    }
}

#[test]
fn primal_step_equals_a_dense_solve() {
    /// What the brief of a direct or iterated solve in `f64` allows at condition numbers to 1e3.
    const EXACT: f64 = 1e-10;
    /// A factor in `f32`, corrected to 1e-12 of the right-hand side.
    const REFINED: f64 = 1e-9;
    /// `f32` throughout: 1e3 roundings.
    const SINGLE: f64 = 2e-4;
    for kind in KINDS {
        for lift in LIFTS {
            for (rows, cols) in [(1, 1), (25, 8), (8, 25), (20, 20)] {
                for rho in [0.05, 1.0, 20.0] {
                    let tol = if kind == Kind::Refined {
                        REFINED
                    } else {
                        EXACT
                    };
                    assert_step_is_dense::<f64>(kind, lift, rows, cols, rho, tol);
                    assert_step_is_dense::<f32>(kind, lift, rows, cols, rho.max(1.0), SINGLE);
                }
            }
        }
    }
}

#[test]
fn refined_step_with_a_hard_factor_is_right_or_an_error() {
    // a tall matrix makes M as ill-conditioned as 1 / rho: from easy to hopeless in f32
    let mut outcomes = [0; 3];
    for (seed, (rows, cols)) in [(30, 40), (60, 20), (60, 20), (60, 20)]
        .into_iter()
        .enumerate()
    {
        let (a, y) = regression(8 + seed as u64, rows, cols);
        let op = blocks(a.as_ref());
        let w = vec![0.0; cols];
        for power in 0..18 {
            let rho = 10f64.powf(-0.5 * f64::from(power));
            let mut solver = primal::<f64>(Kind::Refined, Lift::Single, &op, a.as_ref());
            if let Err(error) = solver.set_penalty(rho, &Control::default()) {
                let PrimalError::Linalg(LinalgError::NotPositiveDefinite { precision, .. }) = error
                else {
                    panic!("seed {seed}, rho {rho}: {error}");
                };
                assert_eq!(precision, "f32");
                outcomes[0] += 1;
                continue;
            }
            let (mut u, mut fu) = (vec![0.0; cols], vec![0.0; rows]);
            let report = match solver.solve(&y, &w, &vec![0.0; rows], 1e-13, &mut u, &mut fu) {
                Err(PrimalError::Inaccurate { residual }) => {
                    assert!(residual > 1e-9, "seed {seed}, rho {rho}: {residual}");
                    outcomes[1] += 1;
                    continue;
                }
                other => other.unwrap(),
            };
            outcomes[2] += 1;
            // theta = y - fu solves (I + A A' / rho) theta = y up to the residual stated
            let theta: Vec<f64> = y.iter().zip(&fu).map(|(y, p)| y - p).collect();
            let back = image(a.as_ref(), &image(a.transpose(), &theta));
            let miss: Vec<f64> = (0..rows).map(|i| y[i] - theta[i] - back[i] / rho).collect();
            let truth = norm(&miss) / norm(&y);
            // fu holds theta to roundings of y, and M, of a norm below |A|^2 / rho, multiplies them
            let rounding = 4.0 * f64::EPSILON * (1.0 + a.squared_norm_l2() / rho);
            assert!(
                (truth - report.residual).abs() <= 0.1 * truth + rounding,
                "seed {seed}, rho {rho}: {truth}, {report:?}"
            );
        }
    }
    assert!(
        outcomes.iter().all(|count| *count > 0),
        "refused, inaccurate, right: {outcomes:?}"
    );
}
