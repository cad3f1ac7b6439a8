use faer::Mat;
use krylov::{CgSettings, CgStatus, CgWorkspace, KrylovError, NormalOperator};
use linalg_core::{DenseOperator, LinearOperator};
use testkit::Stream;

use crate::data::{Laplacian, cg, definite, settings};

fn solve(op: &dyn LinearOperator<f64>, b: &[f64], x: &mut [f64]) -> Result<CgStatus, KrylovError> {
    let limits = settings(1e-10, 100);
    cg(op, b, x, &limits, &mut CgWorkspace::new()).map(|report| report.status)
}

#[test]
fn cg_indefinite_operator_is_an_error() {
    let matrix = Mat::from_fn(4, 4, |i, j| {
        if i == j {
            [3.0, 2.0, 1.0, -1.0][i]
        } else {
            0.0
        }
    });
    let op = DenseOperator::new(matrix.as_ref());
    let mut x = vec![0.0; 4];
    let error = solve(&op, &[1.0; 4], &mut x).unwrap_err();
    let KrylovError::NotPositiveDefinite {
        curvature,
        iteration,
    } = error
    else {
        panic!("{error}");
    };
    assert!(curvature <= 0.0 && (1..=4).contains(&iteration), "{error}");
    // the first direction is bad already: nothing has moved
    let mut x = vec![0.0; 4];
    let error = solve(&op, &[0.0, 0.0, 0.0, 2.0], &mut x).unwrap_err();
    assert_eq!(
        error,
        KrylovError::NotPositiveDefinite {
            curvature: -4.0,
            iteration: 1
        }
    );
    assert_eq!(x, [0.0; 4]);
}

#[test]
fn cg_zero_operator_is_not_positive_definite() {
    let zero = Mat::<f64>::zeros(3, 3);
    let error = solve(
        &DenseOperator::new(zero.as_ref()),
        &[1.0, 0.0, 0.0],
        &mut [0.0; 3],
    )
    .unwrap_err();
    assert_eq!(
        error,
        KrylovError::NotPositiveDefinite {
            curvature: 0.0,
            iteration: 1
        }
    );
}

#[test]
fn cg_zero_rhs_gives_zero() {
    let mut x = vec![3.0, f64::NAN, 1.0];
    let op = Laplacian(3);
    let report = cg(
        &op,
        &[0.0; 3],
        &mut x,
        &settings(1e-8, 1000),
        &mut CgWorkspace::new(),
    )
    .unwrap();
    assert_eq!(
        (report.status, report.iterations, report.residual),
        (CgStatus::Converged, 0, 0.0)
    );
    assert_eq!(x, [0.0; 3]);
}

#[test]
fn cg_side_zero_converges_at_once() {
    assert_eq!(solve(&Laplacian(0), &[], &mut []), Ok(CgStatus::Converged));
}

#[test]
fn cg_value_that_is_not_finite_is_an_error() {
    for bad in [f64::NAN, f64::INFINITY] {
        let at_start = Err(KrylovError::NotFinite { iteration: 0 });
        assert_eq!(
            solve(&Laplacian(3), &[1.0, bad, 0.0], &mut [0.0; 3]),
            at_start
        );
        assert_eq!(
            solve(&Laplacian(3), &[1.0; 3], &mut [0.0, bad, 0.0]),
            at_start
        );
        let mut matrix = definite(&mut Stream::new(1), 5, 10.0);
        matrix[(2, 2)] = bad;
        let result = solve(
            &DenseOperator::new(matrix.as_ref()),
            &[1.0; 5],
            &mut [0.0; 5],
        );
        assert!(
            matches!(result, Err(KrylovError::NotFinite { .. })),
            "{result:?}"
        );
    }
}

#[test]
fn cg_wrong_lengths_are_shape_errors() {
    let op = Laplacian(3);
    let shape = |what, got| Err(KrylovError::Shape { what, want: 3, got });
    assert_eq!(solve(&op, &[1.0; 2], &mut [0.0; 3]), shape("b", 2));
    assert_eq!(solve(&op, &[1.0; 3], &mut [0.0; 4]), shape("x", 4));
    let tall = Mat::<f64>::zeros(5, 3);
    let rectangle = DenseOperator::new(tall.as_ref());
    assert_eq!(
        solve(&rectangle, &[1.0; 3], &mut [0.0; 3]),
        shape("operator rows", 5)
    );
}

#[test]
fn cg_settings_out_of_range_are_refused() {
    for bad in [f64::NAN, f64::INFINITY, -1e-8] {
        let error = CgSettings::default().tol(bad).check().unwrap_err();
        assert_eq!(error.name, "tol");
        assert!(error.value == bad || error.value.is_nan() && bad.is_nan());
    }
    let held = *CgSettings::default()
        .tol(0.0)
        .max_iters(0)
        .check()
        .unwrap()
        .get();
    assert_eq!((held.tol, held.max_iters), (0.0, 0));
    let default = CgSettings::default();
    assert_eq!((default.tol, default.max_iters), (1e-8, 1000));
}

#[test]
fn cg_workspace_grows_with_its_use_and_does_not_show() {
    let mut work = CgWorkspace::new();
    let tall = Stream::new(3).matrix::<f64>(9, 6);
    let inner = DenseOperator::new(tall.as_ref());
    let normal = NormalOperator::new(&inner, 1.0, 1.0);
    let operators: [&dyn LinearOperator<f64>; 4] =
        [&Laplacian(2), &Laplacian(40), &normal, &Laplacian(3)];
    for op in operators {
        let b: Vec<f64> = Stream::new(4).vector(op.cols());
        let (mut used, mut fresh) = (vec![0.0; b.len()], vec![0.0; b.len()]);
        let limits = settings(1e-10, 200);
        let with = cg(op, &b, &mut used, &limits, &mut work);
        let without = cg(op, &b, &mut fresh, &limits, &mut CgWorkspace::new());
        assert_eq!(with, without);
        assert!(with.unwrap().status.is_converged());
        assert_eq!(used, fresh);
    }
}
