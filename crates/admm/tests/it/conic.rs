//! The same problems for Clarabel, an interior-point solver that shares no code with ours.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettings, DefaultSolver, IPSolver, NonnegativeConeT, SecondOrderConeT, SolverStatus,
    SupportedConeT,
};
use faer::{Mat, MatRef};

fn sparse(m: &Mat<f64>, keep: impl Fn(usize, usize) -> bool) -> CscMatrix<f64> {
    let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
    for j in 0..m.ncols() {
        for i in (0..m.nrows()).filter(|&i| keep(i, j) && m[(i, j)] != 0.0) {
            rows.push(i);
            values.push(m[(i, j)]);
        }
        starts.push(rows.len());
    }
    CscMatrix::new(m.nrows(), m.ncols(), starts, rows, values)
}

/// `min |A x - y|^2 / 2 + weight 1't` over `(x, t)` with `-rows (x, t)` in the cones.
fn minimise(
    a: MatRef<'_, f64>,
    y: &[f64],
    extra: usize,
    weight: f64,
    rows: &Mat<f64>,
    cones: &[SupportedConeT<f64>],
) -> Vec<f64> {
    let n = a.ncols();
    let gram = a.transpose() * a;
    let square = Mat::from_fn(n + extra, n + extra, |i, j| {
        if i.max(j) < n { gram[(i, j)] } else { 0.0 }
    });
    let linear = crate::data::image(a.transpose(), y);
    let linear: Vec<f64> = (0..n + extra)
        .map(|j| if j < n { -linear[j] } else { weight })
        .collect();
    let settings = DefaultSettings {
        verbose: false,
        tol_gap_abs: 1e-11,
        tol_gap_rel: 1e-11,
        tol_feas: 1e-11,
        ..DefaultSettings::default()
    };
    let (p, lhs) = (sparse(&square, |i, j| i <= j), sparse(rows, |_, _| true));
    let rhs = vec![0.0; rows.nrows()];
    let mut solver = DefaultSolver::new(&p, &linear, &lhs, &rhs, cones, settings).unwrap();
    solver.solve();
    let status = solver.solution.status;
    assert!(
        matches!(status, SolverStatus::Solved | SolverStatus::AlmostSolved),
        "Clarabel: {status:?}"
    );
    solver.solution.x[..n].to_vec()
}

/// `min |A x - y|^2 / 2 + weight |x|_1`, with `|x_j| <= t_j`.
pub(crate) fn lasso(a: MatRef<'_, f64>, y: &[f64], weight: f64) -> Vec<f64> {
    let n = a.ncols();
    let rows = Mat::from_fn(2 * n, 2 * n, |i, j| match (i / n, j / n, i % n == j % n) {
        (0, 0, true) => 1.0,
        (1, 0, true) | (_, 1, true) => -1.0,
        _ => 0.0,
    });
    minimise(a, y, n, weight, &rows, &[NonnegativeConeT(2 * n)])
}

/// `min |A x - y|^2 / 2` with `x >= 0`.
pub(crate) fn nonnegative(a: MatRef<'_, f64>, y: &[f64]) -> Vec<f64> {
    let n = a.ncols();
    let rows = Mat::from_fn(n, n, |i, j| if i == j { -1.0 } else { 0.0 });
    minimise(a, y, 0, 0.0, &rows, &[NonnegativeConeT(n)])
}

/// `min |A x - y|^2 / 2 + weight sum_b |x_b|`, with `(t_b, x_b)` in second-order cones.
pub(crate) fn group_lasso(a: MatRef<'_, f64>, y: &[f64], length: usize, weight: f64) -> Vec<f64> {
    let (n, groups) = (a.ncols(), a.ncols() / length);
    let mut rows = Mat::zeros(groups * (length + 1), n + groups);
    for b in 0..groups {
        rows[(b * (length + 1), n + b)] = -1.0;
        for k in 0..length {
            rows[(b * (length + 1) + 1 + k, b * length + k)] = -1.0;
        }
    }
    let cones = vec![SecondOrderConeT(length + 1); groups];
    minimise(a, y, groups, weight, &rows, &cones)
}
