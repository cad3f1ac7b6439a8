//! Right-hand sides of every size that a precision holds.

use krylov::{CgProgress, CgSettings, CgStatus, CgWorkspace, Control, LinearOperator, SymmetricFn};
use linalg_core::{DenseOperator, Real};
use num_traits::Float;
use proptest::prelude::*;

use crate::data::{block, cg, definite, pcg, rounded, settings};
use testkit::Stream;

const DIM: usize = 30;

/// The right-hand sides of a well-conditioned system scaled to the largest entry `2^e`.
fn scaled<T: Real>(b: &[T], e: i32) -> Vec<T> {
    let half = T::of(2.0_f64.powi(e / 2));
    let rest = T::of(2.0_f64.powi(e - e / 2));
    b.iter().map(|v| *v * half * rest).collect()
}

/// `|b - A x| / |b|` in units in which `b` is of size 1, whatever it is.
fn measured<T: Real>(op: &dyn LinearOperator<T>, b: &[T], x: &[T]) -> f64 {
    let largest = b.iter().fold(0.0, |most: f64, v| most.max(v.wide().abs()));
    let unit: Vec<f64> = x.iter().map(|v| v.wide() / largest).collect();
    let mut square = 0.0;
    let mut size = 0.0;
    for i in 0..b.len() {
        let mut image = 0.0;
        for (j, x) in unit.iter().enumerate() {
            let mut column = vec![T::of(0.0); b.len()];
            let mut e = vec![T::of(0.0); b.len()];
            e[j] = T::of(1.0);
            op.apply(&e, &mut column, &mut []);
            image += column[i].wide() * x;
        }
        let want = b[i].wide() / largest;
        square += (want - image).powi(2);
        size += want * want;
    }
    (square / size).sqrt()
}

fn any_size<T: Real>(exponents: &[i32], tol: f64) {
    let mut stream = Stream::new(31);
    let matrix = rounded::<T>(definite(&mut stream, DIM, 50.0).as_ref());
    let op = DenseOperator::new(matrix.as_ref());
    let b: Vec<T> = stream.vector(DIM);
    let diagonal: Vec<T> = (0..DIM).map(|i| matrix[(i, i)]).collect();
    let jacobi = crate::data::Diagonal(diagonal);
    let limits = settings(tol, 200);
    let mut want = vec![T::of(0.0); DIM];
    let mut work = CgWorkspace::new();
    let plain = cg(&op, &b, &mut want, &limits, &mut work).unwrap();
    assert_eq!(plain.status, CgStatus::Converged);
    for &e in exponents {
        let small = scaled(&b, e);
        let mut x = vec![T::of(0.0); DIM];
        let report = cg(&op, &small, &mut x, &limits, &mut work).unwrap();
        assert_eq!(report.status, CgStatus::Converged, "2^{e}: {report:?}");
        assert!(report.iterations > 5, "2^{e}: {report:?}");
        let true_one = measured(&op, &small, &x);
        assert!(true_one <= 4.0 * tol, "2^{e}: {true_one}, {report:?}");
        // a start at the answer is kept to the bit
        let before = x.clone();
        let again = cg(&op, &small, &mut x, &limits, &mut work).unwrap();
        assert_eq!((again.status, again.iterations), (CgStatus::Converged, 0));
        assert_eq!(x, before, "2^{e}");
        // a start that is far off is left, and what is reported of it is true
        let mut far = vec![T::of(1.0); DIM];
        let none = cg(&op, &small, &mut far, &settings(tol, 0), &mut work).unwrap();
        assert_eq!(none.status, CgStatus::IterationLimit);
        let off = measured(&op, &small, &far);
        assert!(none.residual.is_finite(), "2^{e}: {none:?}");
        // the measure of this test squares the ratio, which overflows for the smallest sizes
        assert!(
            off.is_infinite() && none.residual > 1e100 || (none.residual / off - 1.0).abs() < 1e-3,
            "2^{e}: {} of {off}",
            none.residual
        );
        let mut x = vec![T::of(0.0); DIM];
        let report = pcg(&op, &jacobi, &small, &mut x, &limits, &mut work).unwrap();
        assert_eq!(report.status, CgStatus::Converged, "2^{e}: {report:?}");
        assert!(measured(&op, &small, &x) <= 4.0 * tol, "2^{e}");
    }
}

#[test]
fn cg_right_hand_side_of_any_size_is_solved_in_f64() {
    // squares vanish at 2^-665 (1e-200) and overflow at 2^512 (1e154)
    any_size::<f64>(&[-900, -665, -540, 0, 511, 513, 700, 1000], 1e-10);
}

#[test]
fn cg_right_hand_side_of_any_size_is_solved_in_f32() {
    // squares vanish at 2^-76 (1e-23) and overflow at 2^64
    any_size::<f32>(&[-110, -76, -70, 0, 63, 66, 110], 1e-5);
}

proptest! {
    #![proptest_config(testkit::cases(117, 60))]

    #[test]
    fn cg_scaling_by_a_power_of_two_changes_no_bit_of_the_answer(seed in any::<u64>(), e in -900_i32..900, dim in 2_usize..12) {
        let mut stream = Stream::new(seed);
        let matrix = definite(&mut stream, dim, 100.0);
        let op = DenseOperator::new(matrix.as_ref());
        let b: Vec<f64> = stream.vector(dim);
        let limits = settings(1e-12, 100);
        let (mut x, mut other) = (vec![0.0; dim], vec![0.0; dim]);
        let mut work = CgWorkspace::new();
        let plain = cg(&op, &b, &mut x, &limits, &mut work).unwrap();
        let report = cg(&op, &scaled(&b, e), &mut other, &limits, &mut work).unwrap();
        prop_assert_eq!(plain, report);
        prop_assert_eq!(scaled(&x, e), other);
    }
}

#[test]
fn block_cg_columns_of_very_different_sizes_are_solved_together() {
    let mut stream = Stream::new(5);
    let matrix = definite(&mut stream, DIM, 20.0);
    let op = DenseOperator::new(matrix.as_ref());
    let b: Vec<f64> = stream.vector(DIM);
    let exponents = [-800, 0, 700];
    let mut all: Vec<f64> = exponents.iter().flat_map(|&e| scaled(&b, e)).collect();
    all.extend(vec![0.0; DIM]);
    let (mut x, limits) = (vec![1.0; 4 * DIM], settings(1e-10, 200));
    x[..3 * DIM].fill(0.0);
    let mut work = CgWorkspace::new();
    let reports = block(&op, 4, &all, &mut x, &limits, &mut work).unwrap();
    for (report, b) in reports.iter().zip(all.chunks(DIM)).take(3) {
        assert_eq!(report.status, CgStatus::Converged, "{report:?}");
        assert!(report.residual <= 1e-10 && b.len() == DIM);
    }
    for (k, &e) in exponents.iter().enumerate() {
        let part = k * DIM..(k + 1) * DIM;
        assert!(measured(&op, &all[part.clone()], &x[part]) <= 1e-9, "2^{e}");
    }
    // the zero column
    assert_eq!(reports[3].residual, 0.0);
    assert!(x[3 * DIM..].iter().all(|v| *v == 0.0));
}

#[test]
fn cg_errors_state_curvatures_in_the_units_of_the_operator() {
    let negative = SymmetricFn::new(1, |x: &[f64], y: &mut [f64]| y[0] = -x[0]);
    let limits = settings(1e-8, 10);
    let mut work = CgWorkspace::new();
    let error = cg(&negative, &[8.0], &mut [0.0], &limits, &mut work).unwrap_err();
    let want = krylov::KrylovError::NotPositiveDefinite {
        curvature: -64.0,
        iteration: 1,
    };
    assert_eq!(error, want);
}

#[test]
fn cg_tells_its_observer_of_every_step() {
    let op = crate::data::Laplacian(40);
    let b: Vec<f64> = scaled(&Stream::new(9).vector(40), -700);
    let mut seen: Vec<CgProgress> = Vec::new();
    let mut x = vec![0.0; 40];
    let report = krylov::cg(
        &op,
        &b,
        &mut x,
        &CgSettings::default().tol(1e-9).check().unwrap(),
        &Control::default(),
        &mut |progress: &CgProgress| seen.push(*progress),
        &mut CgWorkspace::new(),
    )
    .unwrap();
    assert_eq!(seen.len(), report.iterations);
    assert!(
        seen.iter()
            .enumerate()
            .all(|(k, p)| p.iteration == k + 1 && p.column == 0)
    );
    let last = seen.last().unwrap().residual;
    assert!(last <= 1e-9 && Float::abs(last - report.residual) <= 1e-9);
}
