use faer::linalg::solvers::{Llt, Solve};
use faer::{Mat, Side};
use krylov::{CgStatus, CgWorkspace, KrylovError, NormalOperator, block_cg, block_pcg};
use linalg_core::{
    Adjoint, Control, DenseOperator, Identity, LinearOperator, Preconditioner, ShiftedGram,
    assert_adjoint_consistent, distance, norm,
};
use proptest::prelude::*;
use testkit::Stream;

use crate::data::{Diagonal, Laplacian, block, cg, definite, pcg, residual, settings};

/// The inverse itself.
struct Exact(ShiftedGram<f64>);

impl Exact {
    fn new(matrix: &Mat<f64>) -> Self {
        let mut gram = ShiftedGram::from_dense(matrix.as_ref()).unwrap();
        gram.factor(0.0, 1.0, &Control::default()).unwrap();
        Self(gram)
    }
}

impl Preconditioner<f64> for Exact {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn apply_inverse(&self, r: &[f64], z: &mut [f64], _scratch: &mut [f64]) {
        z.copy_from_slice(r);
        self.0.solve_vector(z);
    }
}

/// `D A D` with a well-conditioned `A` and scales over four orders of magnitude: a condition of about 1e9.
fn badly_scaled(stream: &mut Stream, dim: usize) -> Mat<f64> {
    let inner = definite(stream, dim, 10.0);
    let scale = |i: usize| 10f64.powf(4.0 * i as f64 / dim as f64 - 2.0);
    Mat::from_fn(dim, dim, |i, j| scale(i) * inner[(i, j)] * scale(j))
}

fn diagonal(matrix: &Mat<f64>) -> Diagonal<f64> {
    Diagonal((0..matrix.nrows()).map(|i| matrix[(i, i)]).collect())
}

#[test]
fn pcg_badly_scaled_system_agrees_with_dense_cholesky() {
    for (seed, dim) in [(1, 1), (2, 7), (3, 50)] {
        let mut stream = Stream::new(seed);
        let matrix = badly_scaled(&mut stream, dim);
        let b: Vec<f64> = stream.vector(dim);
        let (op, jacobi) = (DenseOperator::new(matrix.as_ref()), diagonal(&matrix));
        let mut work = CgWorkspace::new();
        let mut x = vec![0.0; dim];
        let report = pcg(&op, &jacobi, &b, &mut x, &settings(1e-12, 200), &mut work).unwrap();
        assert_eq!(
            report.status,
            CgStatus::Converged,
            "seed {seed}: {report:?}"
        );
        assert!(residual(&op, &b, &x) <= 1e-10, "seed {seed}");
        let want = Llt::new(matrix.as_ref(), Side::Lower)
            .unwrap()
            .solve(Mat::from_fn(dim, 1, |i, _| b[i]));
        let energy = |x: &dyn Fn(usize) -> f64| {
            let gap: Vec<f64> = (0..dim).map(|i| x(i) - want[(i, 0)]).collect();
            let mut image = vec![0.0; dim];
            op.apply(&gap, &mut image, &mut []);
            linalg_core::dot(&gap, &image).abs().sqrt()
        };
        let (error, size) = (energy(&|i| x[i]), energy(&|_| 0.0));
        // |error|_A <= |r| / sqrt(smallest eigenvalue), which is above 1e-5; |b|_2 below 10
        assert!(
            error <= 1e-6 + 1e-8 * size,
            "seed {seed}: {error} of {size}"
        );
    }
}

#[test]
fn pcg_with_the_inverse_takes_one_iteration() {
    let mut stream = Stream::new(4);
    let matrix = definite(&mut stream, 40, 1e6);
    let (op, exact) = (DenseOperator::new(matrix.as_ref()), Exact::new(&matrix));
    let (b, mut x) = (stream.vector::<f64>(40), vec![0.0; 40]);
    let mut work = CgWorkspace::new();
    let report = pcg(&op, &exact, &b, &mut x, &settings(1e-8, 100), &mut work).unwrap();
    assert_eq!((report.status, report.iterations), (CgStatus::Converged, 1));
}

#[test]
fn pcg_with_the_diagonal_needs_fewer_iterations_on_a_badly_scaled_system() {
    let mut stream = Stream::new(5);
    let matrix = badly_scaled(&mut stream, 60);
    let (op, jacobi) = (DenseOperator::new(matrix.as_ref()), diagonal(&matrix));
    let b: Vec<f64> = stream.vector(60);
    let mut work = CgWorkspace::new();
    let limits = settings(1e-8, 5000);
    let with = pcg(&op, &jacobi, &b, &mut [0.0; 60], &limits, &mut work).unwrap();
    let without = cg(&op, &b, &mut [0.0; 60], &limits, &mut work).unwrap();
    assert_eq!(with.status, CgStatus::Converged);
    assert!(
        5 * with.iterations < without.iterations,
        "{with:?} {without:?}"
    );
}

#[test]
fn pcg_with_the_identity_is_cg_bit_by_bit() {
    let mut stream = Stream::new(6);
    let matrix = definite(&mut stream, 30, 1e4);
    let op = DenseOperator::new(matrix.as_ref());
    let b: Vec<f64> = stream.vector(30);
    let identity = Identity::new(30);
    let mut work = CgWorkspace::new();
    let (mut x, mut y) = (vec![0.0; 30], vec![0.0; 30]);
    let limits = settings(1e-10, 500);
    let plain = cg(&op, &b, &mut x, &limits, &mut CgWorkspace::new()).unwrap();
    let other = pcg(&op, &identity, &b, &mut y, &limits, &mut work).unwrap();
    assert_eq!((plain, x), (other, y));
}

#[test]
fn pcg_iteration_cap_reports_the_residual_of_its_answer() {
    let mut stream = Stream::new(7);
    let matrix = badly_scaled(&mut stream, 80);
    let (op, jacobi) = (DenseOperator::new(matrix.as_ref()), diagonal(&matrix));
    let b: Vec<f64> = stream.vector(80);
    let mut work = CgWorkspace::new();
    for cap in [0, 1, 3, 7] {
        let mut x = vec![0.01; 80];
        let report = pcg(&op, &jacobi, &b, &mut x, &settings(1e-12, cap), &mut work).unwrap();
        let truth = residual(&op, &b, &x);
        assert_eq!(
            (report.status, report.iterations),
            (CgStatus::IterationLimit, cap)
        );
        assert!(
            (report.residual - truth).abs() <= 1e-13 * truth,
            "cap {cap}"
        );
    }
}

#[test]
fn pcg_indefinite_preconditioner_is_an_error() {
    let op = Laplacian(4);
    let bad = Diagonal(vec![1.0, 1.0, -1e-3, 1.0]);
    let mut work = CgWorkspace::new();
    let error = pcg(
        &op,
        &bad,
        &[0.1, 0.2, 1.0, 0.1],
        &mut [0.0; 4],
        &settings(1e-8, 100),
        &mut work,
    );
    assert!(
        matches!(error, Err(KrylovError::PreconditionerNotPositiveDefinite { product, iteration: 0 }) if product < 0.0),
        "{error:?}"
    );
}

#[test]
fn pcg_preconditioner_of_zeros_or_nan_is_an_error() {
    let op = Laplacian(3);
    for (value, nan) in [(f64::INFINITY, false), (f64::NAN, true)] {
        let bad = Diagonal(vec![value; 3]);
        let mut work = CgWorkspace::new();
        let limits = settings(1e-8, 1000);
        let error = pcg(&op, &bad, &[1.0; 3], &mut [0.0; 3], &limits, &mut work).unwrap_err();
        let want = match nan {
            true => KrylovError::NotFinite { iteration: 0 },
            false => KrylovError::PreconditionerNotPositiveDefinite {
                product: 0.0,
                iteration: 0,
            },
        };
        assert_eq!(error, want);
    }
}

#[test]
fn pcg_wrong_preconditioner_or_workspace_is_a_shape_error() {
    let op = Laplacian(3);
    let shape = |what, want, got| Err(KrylovError::Shape { what, want, got });
    let limits = settings(1e-8, 1000);
    let other = Identity::new(2);
    let mut work = CgWorkspace::new();
    assert_eq!(
        pcg(&op, &other, &[1.0; 3], &mut [0.0; 3], &limits, &mut work),
        shape("preconditioner", 3, 2)
    );
    // a workspace that was made for less is made larger
    let own = Identity::new(3);
    let report = pcg(&op, &own, &[1.0; 3], &mut [0.0; 3], &limits, &mut work).unwrap();
    assert_eq!(report.status, CgStatus::Converged);
    let mut x = [0.0; 9];
    let reports = block(&op, 3, &[1.0; 9], &mut x, &limits, &mut work).unwrap();
    assert!(reports.len() == 3 && reports.iter().all(|r| r.status.is_converged()));
    let (what, want, got) = ("b", 9, 8);
    assert_eq!(
        block(&op, 3, &[1.0; 8], &mut x, &limits, &mut work).unwrap_err(),
        KrylovError::Shape { what, want, got }
    );
}

/// Columns of different difficulty: zero, an eigenvector, a start at the answer, the rest random.
fn mixed_columns(stream: &mut Stream, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut b = vec![0.0; n];
    let frequency = std::f64::consts::PI / (n as f64 + 1.0);
    b.extend((0..n).map(|i| ((i as f64 + 1.0) * 3.0 * frequency).sin()));
    let answer: Vec<f64> = stream.vector(n);
    let mut image = vec![0.0; n];
    Laplacian(n).apply(&answer, &mut image, &mut []);
    b.extend(image);
    b.extend(stream.vector::<f64>(2 * n));
    let mut x = vec![0.0; 2 * n];
    x.extend(answer);
    x.extend(vec![0.0; 2 * n]);
    (b, x)
}

#[test]
fn block_cg_columns_end_as_they_do_alone() {
    let n = 60;
    let op = Laplacian(n);
    let mut stream = Stream::new(8);
    let (b, start) = mixed_columns(&mut stream, n);
    let limits = settings(1e-10, 400);
    let weights = Diagonal((0..n).map(|i| 1.0 + (i % 3) as f64).collect());
    let preconditioner: &dyn Preconditioner<f64> = &weights;
    for preconditioner in [None, Some(preconditioner)] {
        let mut x = start.clone();
        let mut work = CgWorkspace::new();
        let control = Control::default();
        let reports = match preconditioner {
            None => block_cg(&op, 5, &b, &mut x, &limits, &control, &mut (), &mut work),
            Some(p) => block_pcg(&op, p, 5, &b, &mut x, &limits, &control, &mut (), &mut work),
        }
        .unwrap();
        for (j, &got) in reports.iter().enumerate() {
            let column = j * n..(j + 1) * n;
            let mut alone = start[column.clone()].to_vec();
            let mut single = CgWorkspace::new();
            let report = match preconditioner {
                None => cg(&op, &b[column.clone()], &mut alone, &limits, &mut single),
                Some(p) => pcg(&op, p, &b[column.clone()], &mut alone, &limits, &mut single),
            }
            .unwrap();
            // the operator's block product is a loop over columns, so the bits are the same
            assert_eq!((got, &x[column]), (report, &alone[..]), "column {j}");
        }
        assert_eq!(reports[0].iterations, 0);
        assert_eq!(reports[2].iterations, 0);
        if preconditioner.is_none() {
            assert_eq!(reports[1].iterations, 1);
        }
    }
}

/// Counts the columns that pass through its products.
struct Counting<'a>(
    &'a dyn LinearOperator<f64>,
    &'a std::sync::atomic::AtomicUsize,
);

impl LinearOperator<f64> for Counting<'_> {
    fn rows(&self) -> usize {
        self.0.rows()
    }
    fn cols(&self) -> usize {
        self.0.cols()
    }
    fn apply(&self, x: &[f64], y: &mut [f64], scratch: &mut [f64]) {
        self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.0.apply(x, y, scratch);
    }
    fn apply_adjoint(&self, y: &[f64], x: &mut [f64], scratch: &mut [f64]) {
        self.apply(y, x, scratch);
    }
}

#[test]
fn block_cg_finished_columns_leave_the_products() {
    let n = 60;
    let (inner, count) = (Laplacian(n), std::sync::atomic::AtomicUsize::new(0));
    let op = Counting(&inner, &count);
    let mut stream = Stream::new(9);
    let (b, mut x) = mixed_columns(&mut stream, n);
    let mut work = CgWorkspace::new();
    let (limits, control) = (settings(1e-10, 400), Control::default());
    let reports = block_cg(&op, 5, &b, &mut x, &limits, &control, &mut (), &mut work).unwrap();
    let iterations: usize = reports.iter().map(|r| r.iterations).sum();
    let checks = count.into_inner() - iterations;
    // four columns are not zero; each is checked at the start, at the end, and at a restart
    assert!((7..=16).contains(&checks), "{checks} checks, {reports:?}");
}

#[test]
fn block_cg_interrupted_reports_the_residuals_of_what_stands() {
    let n = 50;
    let op = Laplacian(n);
    let mut stream = Stream::new(10);
    let b: Vec<f64> = stream.vector(2 * n);
    let flag = std::sync::atomic::AtomicBool::new(true);
    let control = Control::default().interrupt(&flag);
    let mut x = vec![0.5; 2 * n];
    let mut work = CgWorkspace::new();
    let limits = settings(1e-8, 1000);
    let reports = block_cg(&op, 2, &b, &mut x, &limits, &control, &mut (), &mut work).unwrap();
    for (j, report) in reports.iter().enumerate() {
        let column = j * n..(j + 1) * n;
        let truth = residual(&op, &b[column.clone()], &x[column]);
        assert_eq!(report.status, CgStatus::Halted);
        assert!((report.residual - truth).abs() <= 1e-13 * truth);
    }
    assert_eq!(x, vec![0.5; 2 * n]);
}

#[test]
fn block_cg_no_columns_report_nothing() {
    let op = Laplacian(3);
    let mut work = CgWorkspace::new();
    let (limits, control) = (settings(1e-8, 1000), Control::default());
    let reports = block_cg(&op, 0, &[], &mut [], &limits, &control, &mut (), &mut work).unwrap();
    assert!(reports.is_empty());
}

#[test]
fn normal_operator_of_the_adjoint_is_the_outer_system() {
    let mut stream = Stream::new(11);
    let a = stream.matrix::<f64>(9, 5);
    let inner = DenseOperator::new(a.as_ref());
    let adjoint = Adjoint::new(&inner);
    let op = NormalOperator::new(&adjoint, 2.0, 0.5);
    assert_adjoint_consistent(&op, 12);
    let x = stream.vector::<f64>(9);
    let (mut y, mut scratch) = (vec![0.0; 9], vec![0.0; op.scratch_len()]);
    op.apply(&x, &mut y, &mut scratch);
    let outer = &a * a.transpose();
    for i in 0..9 {
        let want = 0.5 * x[i] + (0..9).map(|j| 2.0 * outer[(i, j)] * x[j]).sum::<f64>();
        assert!((y[i] - want).abs() <= 14.0 * 20.0 * f64::EPSILON, "row {i}");
    }
}

proptest! {
    #![proptest_config(testkit::cases(114, 48))]

    #[test]
    fn block_pcg_any_diagonal_solves_every_column(seed in any::<u64>(), dim in 1usize..30, k in 1usize..6) {
        let mut stream = Stream::new(seed);
        let matrix = definite(&mut stream, dim, 100.0);
        let op = DenseOperator::new(matrix.as_ref());
        let weights = Diagonal((0..dim).map(|_| 10f64.powf(stream.unit())).collect());
        let answers: Vec<f64> = stream.vector(k * dim);
        let mut b = vec![0.0; k * dim];
        op.apply_block(k, &answers, &mut b, &mut []);
        let mut x = vec![0.0; k * dim];
        let mut work = CgWorkspace::new();
        let (limits, control) = (settings(1e-12, 500), Control::default());
        let reports = block_pcg(&op, &weights, k, &b, &mut x, &limits, &control, &mut (), &mut work).unwrap();
        for (j, report) in reports.iter().enumerate() {
            let column = j * dim..(j + 1) * dim;
            prop_assert_eq!(report.status, CgStatus::Converged);
            let truth = residual(&op, &b[column.clone()], &x[column.clone()]);
            prop_assert!((report.residual - truth).abs() <= 1e-13, "{} {}", report.residual, truth);
            let error = distance(&x[column.clone()], &answers[column.clone()]);
            // condition 100 times the tolerance, and its roundings
            prop_assert!(error <= 1e-9 * norm(&answers[column]), "{}", error);
        }
    }
}
