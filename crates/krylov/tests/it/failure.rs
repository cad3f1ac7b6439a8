use faer::Mat;
use krylov::{CgSettings, CgStatus, CgWorkspace, KrylovError, NormalOperator, cg};
use linalg_core::{DenseOperator, LinearOperator};
use testkit::Stream;

use crate::data::{Laplacian, definite};

fn solve(op: &dyn LinearOperator<f64>, b: &[f64], x: &mut [f64]) -> Result<CgStatus, KrylovError> {
    let settings = CgSettings {
        tol: 1e-10,
        max_iters: 100,
    };
    cg(op, b, x, &settings, &mut CgWorkspace::new(op)).map(|report| report.status)
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
        &CgSettings::default(),
        &mut CgWorkspace::new(&op),
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
    let settings = CgSettings::default();
    let mut small = CgWorkspace::new(&Laplacian(2));
    let result = cg(&op, &[1.0; 3], &mut [0.0; 3], &settings, &mut small);
    assert_eq!(
        result,
        Err(KrylovError::Shape {
            what: "workspace",
            want: 3,
            got: 2
        })
    );
}

#[test]
fn cg_workspace_of_another_operator_is_a_shape_error() {
    let tall = Mat::<f64>::zeros(5, 3);
    let inner = DenseOperator::new(tall.as_ref());
    let op = NormalOperator::new(&inner, 1.0, 1.0);
    let mut plain = CgWorkspace::new(&Laplacian(3));
    let result = cg(
        &op,
        &[1.0; 3],
        &mut [0.0; 3],
        &CgSettings::default(),
        &mut plain,
    );
    assert_eq!(
        result,
        Err(KrylovError::Shape {
            what: "workspace scratch",
            want: 5,
            got: 0
        })
    );
}
