use krylov::{CgStatus, CgWorkspace};
use linalg_core::{DenseOperator, Real, dot, sub_into};
use proptest::prelude::*;
use testkit::Stream;

use crate::data::{Laplacian, cg, definite, residual, rounded, settings};

/// The reported residual and one computed here differ by the rounding of the product.
const SAME: f64 = 1e-14;

#[test]
fn cg_iteration_cap_reports_the_residual_of_its_answer() {
    let op = Laplacian(100);
    let b = Stream::new(1).vector(100);
    let mut work = CgWorkspace::new();
    for max_iters in [0, 1, 2, 10, 40] {
        let mut x = vec![0.25; 100];
        let limits = settings(1e-10, max_iters);
        let report = cg(&op, &b, &mut x, &limits, &mut work).unwrap();
        assert_eq!(
            (report.status, report.iterations),
            (CgStatus::IterationLimit, max_iters)
        );
        let truth = residual(&op, &b, &x);
        assert!(
            (report.residual - truth).abs() <= SAME * truth,
            "{report:?}, truth {truth}"
        );
        assert!(truth > limits.get().tol);
    }
}

#[test]
fn cg_ill_conditioned_system_reports_an_honest_residual() {
    for seed in testkit::seeds(0..4) {
        let mut stream = Stream::new(seed);
        let matrix = definite(&mut stream, 60, 1e10);
        let op = DenseOperator::new(matrix.as_ref());
        let b = stream.vector::<f64>(60);
        for tol in [1e-6, 1e-10, 1e-15] {
            let mut x = vec![0.0; 60];
            let limits = settings(tol, 100_000);
            let report = cg(&op, &b, &mut x, &limits, &mut CgWorkspace::new()).unwrap();
            let truth = residual(&op, &b, &x);
            assert!(
                (report.residual - truth).abs() <= SAME * truth,
                "seed {seed}: {report:?}, {truth}"
            );
            match report.status {
                CgStatus::Converged => assert!(truth <= tol, "seed {seed}: {report:?}"),
                CgStatus::Stagnated => assert!(truth > tol, "seed {seed}: {report:?}"),
                other => panic!("seed {seed}: {other:?}"),
            }
        }
    }
}

fn assert_stagnates<T: Real>(tol: f64) {
    let mut stream = Stream::new(5);
    let matrix = rounded::<T>(definite(&mut stream, 40, 1e3).as_ref());
    let op = DenseOperator::new(matrix.as_ref());
    let (b, mut x) = (stream.vector::<T>(40), vec![T::of(0.0); 40]);
    let limits = settings(tol, 100_000);
    let report = cg(&op, &b, &mut x, &limits, &mut CgWorkspace::new()).unwrap();
    assert_eq!(report.status, CgStatus::Stagnated, "tol {tol}: {report:?}");
    // the residual is at the precision's limit: cond(A) roundings are within reach
    assert!(report.residual <= 1e3 * T::EPS, "tol {tol}: {report:?}");
    assert!(report.iterations < 1000, "tol {tol}: {report:?}");
}

#[test]
fn cg_tolerance_below_the_precision_stagnates() {
    for tol in [0.0, 1e-300, 1e-60, 1e-20] {
        assert_stagnates::<f64>(tol);
        assert_stagnates::<f32>(tol);
    }
}

proptest! {
    #![proptest_config(testkit::cases(113, 64))]

    #[test]
    fn cg_more_iterations_never_lose_energy(seed in any::<u64>(), dim in 2usize..40, exponent in 0.0..6.0f64) {
        let mut stream = Stream::new(seed);
        let matrix = definite(&mut stream, dim, 10f64.powf(exponent));
        let op = DenseOperator::new(matrix.as_ref());
        let (truth, start): (Vec<f64>, Vec<f64>) = (stream.vector(dim), stream.vector(dim));
        let mut b = vec![0.0; dim];
        linalg_core::LinearOperator::apply(&op, &truth, &mut b, &mut []);
        let energy = |x: &[f64]| {
            let (mut gap, mut image) = (vec![0.0; dim], vec![0.0; dim]);
            sub_into(x, &truth, &mut gap);
            linalg_core::LinearOperator::apply(&op, &gap, &mut image, &mut []);
            dot(&gap, &image).max(0.0).sqrt()
        };
        let first = energy(&start);
        let mut before = first;
        for max_iters in [1, 2, 4, 8, 16, 32] {
            let mut x = start.clone();
            let limits = settings(1e-14, max_iters);
            cg(&op, &b, &mut x, &limits, &mut CgWorkspace::new()).unwrap();
            let now = energy(&x);
            // exact arithmetic never grows; roundings are those of the energy at the start
            prop_assert!(now <= before + 1e-12 * first, "{} after {} iterations, {}", now, max_iters, before);
            before = now;
        }
    }
}
