use faer::Mat;
use krylov::{CgStatus, CgWorkspace, NormalOperator};
use linalg_core::{Collective, DenseOperator, LinearOperator, RowSharded, distance, norm};
use testkit::{Stream, on_ranks};

use crate::data::{Laplacian, cg, definite, settings};

#[test]
fn cg_start_at_the_solution_takes_no_iteration() {
    let mut stream = Stream::new(1);
    let matrix = definite(&mut stream, 30, 1e3);
    let op = DenseOperator::new(matrix.as_ref());
    let (b, mut x) = (stream.vector(30), vec![0.0; 30]);
    let mut work = CgWorkspace::new();
    let tight = settings(1e-12, 1000);
    cg(&op, &b, &mut x, &tight, &mut work).unwrap();
    let before = x.clone();
    let report = cg(&op, &b, &mut x, &settings(1e-8, 1000), &mut work).unwrap();
    assert_eq!((report.status, report.iterations), (CgStatus::Converged, 0));
    assert_eq!(x, before);
    let none = settings(1e-12, 0);
    assert_eq!(
        cg(&op, &b, &mut x, &none, &mut work).unwrap().status,
        CgStatus::Converged
    );
}

#[test]
fn cg_good_start_takes_fewer_iterations() {
    let op = Laplacian(300);
    let b: Vec<f64> = Stream::new(2).vector(300);
    let run = |x: &mut [f64], tol| {
        let limits = settings(tol, 10_000);
        cg(&op, &b, x, &limits, &mut CgWorkspace::new())
            .unwrap()
            .iterations
    };
    let mut x = vec![0.0; 300];
    let cold = run(&mut x, 1e-10);
    let mut near = vec![0.0; 300];
    run(&mut near, 1e-4);
    let warm = run(&mut near, 1e-10);
    assert!(
        warm < cold,
        "{warm} iterations from a near start, {cold} from zero"
    );
}

#[test]
fn cg_powers_of_two_scale_the_answer_bit_by_bit() {
    let mut stream = Stream::new(3);
    let matrix = definite(&mut stream, 40, 1e4);
    let b: Vec<f64> = stream.vector(40);
    let run = |of_matrix: f64, of_rhs: f64| {
        let scaled = Mat::from_fn(40, 40, |i, j| of_matrix * matrix[(i, j)]);
        let rhs: Vec<f64> = b.iter().map(|v| of_rhs * v).collect();
        let op = DenseOperator::new(scaled.as_ref());
        let mut x = vec![0.0; 40];
        let report = cg(
            &op,
            &rhs,
            &mut x,
            &settings(1e-8, 1000),
            &mut CgWorkspace::new(),
        )
        .unwrap();
        (x, report)
    };
    let (want, first) = run(1.0, 1.0);
    for (of_matrix, of_rhs) in [(4.0, 4.0), (1.0, 1024.0), (0.125, 1.0), (1_048_576.0, 0.5)] {
        let (got, report) = run(of_matrix, of_rhs);
        assert_eq!(report, first, "{of_matrix}, {of_rhs}");
        let back: Vec<f64> = got.iter().map(|v| v * (of_matrix / of_rhs)).collect();
        assert_eq!(back, want, "{of_matrix}, {of_rhs}");
    }
}

#[test]
fn cg_used_workspace_does_not_show() {
    let mut stream = Stream::new(4);
    let matrix = definite(&mut stream, 25, 1e3);
    let op = DenseOperator::new(matrix.as_ref());
    let (b, other): (Vec<f64>, Vec<f64>) = (stream.vector(25), stream.vector(25));
    let (mut x, mut again, mut used) = (vec![0.0; 25], vec![0.0; 25], CgWorkspace::new());
    let limits = settings(1e-8, 1000);
    let first = cg(&op, &b, &mut x, &limits, &mut CgWorkspace::new()).unwrap();
    cg(&op, &other, &mut [0.0; 25], &limits, &mut used).unwrap();
    assert_eq!(cg(&op, &b, &mut again, &limits, &mut used).unwrap(), first);
    assert_eq!(again, x);
}

#[test]
fn cg_sharded_rows_give_the_answer_of_the_whole_on_every_rank() {
    let shards = [(0, 20), (20, 7), (27, 23)];
    let mut stream = Stream::new(5);
    let (a, b) = (stream.matrix::<f64>(50, 12), stream.vector::<f64>(12));
    let limits = settings(1e-12, 100);
    let solve = |inner: &dyn LinearOperator<f64>| {
        let op = NormalOperator::new(inner, 1.0, 0.2);
        let mut x = vec![0.0; 12];
        let report = cg(&op, &b, &mut x, &limits, &mut CgWorkspace::new());
        (x, report)
    };
    let (want, whole) = solve(&DenseOperator::new(a.as_ref()));
    assert_eq!(whole.unwrap().status, CgStatus::Converged);
    let (answers, _) = on_ranks(3, |rank| {
        let (first, count) = shards[rank.rank()];
        let rows = DenseOperator::new(a.as_ref().subrows(first, count));
        let (x, report) = solve(&RowSharded::new(rows, rank));
        (x, report.unwrap())
    });
    for (x, report) in &answers {
        assert_eq!(
            (x, report),
            (&answers[0].0, &answers[0].1),
            "the ranks agree bit by bit"
        );
        assert_eq!(report.status, CgStatus::Converged);
        // both are within the tolerance times the condition number, about 100
        assert!(distance(x, &want) <= 1e-9 * norm(&want));
    }
}
