use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, Side};
use krylov::{CgStatus, CgWorkspace, NormalOperator};
use linalg_core::{DenseOperator, LinearOperator, Real, assert_adjoint_consistent, norm};
use testkit::Stream;

use crate::data::{Laplacian, cg, definite, residual, rounded, settings};

/// An error is at most the condition number times the residual; both sides are of one norm.
const MARGIN: f64 = 2.0;

fn assert_cg_is_dense<T: Real>(dim: usize, condition: f64, tol: f64) {
    let seed = dim as u64;
    let mut stream = Stream::new(seed);
    let matrix = rounded::<T>(definite(&mut stream, dim, condition).as_ref());
    let b = stream.vector::<T>(dim);
    let op = DenseOperator::new(matrix.as_ref());
    let (mut x, mut work) = (vec![T::of(0.0); dim], CgWorkspace::new());
    let limits = settings(tol, 20 * dim);
    let report = cg(&op, &b, &mut x, &limits, &mut work).unwrap();
    assert_eq!(
        report.status,
        CgStatus::Converged,
        "seed {seed}: {report:?}"
    );
    assert!(report.residual <= tol, "seed {seed}: {report:?}");

    let wide = Mat::from_fn(dim, dim, |i, j| matrix[(i, j)].wide());
    let rhs = Mat::from_fn(dim, 1, |i, _| b[i].wide());
    let want = Llt::new(wide.as_ref(), Side::Lower)
        .unwrap()
        .solve(rhs.as_ref());
    let gap: Vec<f64> = (0..dim).map(|i| x[i].wide() - want[(i, 0)]).collect();
    let allowed = MARGIN * condition * (tol + dim as f64 * T::EPS) * norm(&b).wide();
    assert!(
        norm(&gap) <= allowed,
        "seed {seed}: error {} > {allowed}",
        norm(&gap)
    );
}

#[test]
fn cg_small_systems_agree_with_dense_cholesky() {
    for dim in [1, 2, 3, 10, 33, 64] {
        assert_cg_is_dense::<f64>(dim, 100.0, 1e-12);
        assert_cg_is_dense::<f32>(dim, 20.0, 1e-5);
    }
}

#[test]
fn cg_tridiagonal_laplacian_gives_the_parabola() {
    // u'' = -1 with zero ends: the second difference is exact on a parabola
    let n = 200;
    let op = Laplacian(n);
    assert_adjoint_consistent(&op, 1);
    let (b, mut x) = (vec![1.0; n], vec![0.0; n]);
    let limits = settings(1e-12, 1000);
    let report = cg(&op, &b, &mut x, &limits, &mut CgWorkspace::new()).unwrap();
    assert_eq!(report.status, CgStatus::Converged);
    // in exact arithmetic n / 2 steps: the right-hand side is even about the middle
    assert!(report.iterations <= n, "{report:?}");
    for (i, value) in x.iter().enumerate() {
        let want = 0.5 * (i as f64 + 1.0) * (n as f64 - i as f64);
        // the condition number is 1.6e4, times the tolerance
        assert!(
            (value - want).abs() <= 1e-7 * want,
            "x[{i}] = {value}, not {want}"
        );
    }
}

#[test]
fn normal_operator_equals_its_matrix() {
    let mut stream = Stream::new(2);
    let a = stream.matrix::<f64>(9, 5);
    let inner = DenseOperator::new(a.as_ref());
    let mut op = NormalOperator::new(&inner, 2.0, 0.5);
    for shift in [0.5, 3.0] {
        op.set_shift(shift);
        assert_adjoint_consistent(&op, 3);
        let x = stream.vector::<f64>(5);
        let (mut y, mut back) = (vec![0.0; 5], vec![0.0; 5]);
        let mut scratch = vec![f64::NAN; op.scratch_len()];
        op.apply(&x, &mut y, &mut scratch);
        op.apply_adjoint(&x, &mut back, &mut scratch);
        assert_eq!(y, back);
        let gram = a.transpose() * &a;
        for i in 0..5 {
            let want = shift * x[i] + (0..5).map(|j| 2.0 * gram[(i, j)] * x[j]).sum::<f64>();
            // 9 + 5 terms of size below 20
            assert!((y[i] - want).abs() <= 14.0 * 20.0 * f64::EPSILON, "row {i}");
        }
    }
    assert_eq!(
        (
            LinearOperator::<f64>::rows(&op),
            LinearOperator::<f64>::cols(&op)
        ),
        (5, 5)
    );
}

#[test]
fn cg_normal_equations_solve_the_ridge() {
    let mut stream = Stream::new(4);
    let (a, y) = (stream.matrix::<f64>(40, 12), stream.vector::<f64>(40));
    let inner = DenseOperator::new(a.as_ref());
    let op = NormalOperator::new(&inner, 1.0, 0.3);
    let (mut rhs, mut w) = (vec![0.0; 12], vec![0.0; 12]);
    inner.apply_adjoint(&y, &mut rhs, &mut []);
    let limits = settings(1e-13, 100);
    cg(&op, &rhs, &mut w, &limits, &mut CgWorkspace::new()).unwrap();
    assert!(residual(&op, &rhs, &w) <= 2e-13);
    // gradient of |A w - y|^2 / 2 + 0.15 |w|^2, from the data
    let mut miss = vec![0.0; 40];
    inner.apply(&w, &mut miss, &mut []);
    linalg_core::axpy(-1.0, &y, &mut miss);
    let mut gradient = vec![0.0; 12];
    inner.apply_adjoint(&miss, &mut gradient, &mut []);
    linalg_core::axpy(0.3, &w, &mut gradient);
    assert!(norm(&gradient) <= 1e-12 * norm(&rhs));
}
