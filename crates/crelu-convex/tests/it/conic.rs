//! The same problems for Clarabel, an interior-point solver that shares no code with ours.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettings, DefaultSolver, IPSolver, NonnegativeConeT, SecondOrderConeT, SolverStatus,
    SupportedConeT,
};
use crelu_convex::{Activation, Programme};
use faer::{Mat, MatRef};

use crate::data::{dense_operator, image};

/// Column-wise entries `(row, value)`.
type Columns = Vec<Vec<(usize, f64)>>;

fn sparse(rows: usize, columns: &Columns) -> CscMatrix<f64> {
    let (mut starts, mut index, mut values) = (vec![0], Vec::new(), Vec::new());
    for column in columns {
        for &(row, value) in column.iter().filter(|e| e.1 != 0.0) {
            index.push(row);
            values.push(value);
        }
        starts.push(index.len());
    }
    CscMatrix::new(rows, columns.len(), starts, index, values)
}

fn upper(square: MatRef<'_, f64>, extra: usize) -> CscMatrix<f64> {
    let n = square.ncols();
    let columns: Columns = (0..n + extra)
        .map(|j| {
            (0..n.min(j + 1))
                .filter(|_| j < n)
                .map(|i| (i, square[(i, j)]))
                .collect()
        })
        .collect();
    sparse(n + extra, &columns)
}

/// `min x'Px / 2 + q'x` with `s = -A x` in the cones: the primal and the dual value, and `x`.
fn minimise(
    p: &CscMatrix<f64>,
    q: &[f64],
    a: &CscMatrix<f64>,
    cones: &[SupportedConeT<f64>],
) -> (f64, f64, Vec<f64>) {
    let settings = DefaultSettings {
        verbose: false,
        tol_gap_abs: 1e-11,
        tol_gap_rel: 1e-11,
        tol_feas: 1e-11,
        max_threads: 1,
        ..DefaultSettings::default()
    };
    let rhs = vec![0.0; a.m];
    let mut solver = DefaultSolver::new(p, q, a, &rhs, cones, settings).unwrap();
    solver.solve();
    let solution = &solver.solution;
    assert!(
        matches!(
            solution.status,
            SolverStatus::Solved | SolverStatus::AlmostSolved | SolverStatus::InsufficientProgress
        ),
        "Clarabel: {:?}",
        solution.status
    );
    (solution.obj_val, solution.obj_val_dual, solution.x.clone())
}

/// How far apart Clarabel's own primal and dual value may be, relative to `|y|^2 / 2`: well
/// below what is asserted with it.
const OWN_GAP: f64 = 1e-8;

/// The optimum of a programme, in sum scaling.
pub(crate) fn optimum(programme: &Programme) -> f64 {
    let (low, high) = bracket(programme);
    assert!(
        high - low <= OWN_GAP * programme.zero_objective(),
        "Clarabel: {high} against {low}"
    );
    0.5 * (low + high)
}

/// The optimum, between Clarabel's dual and primal value: rounding may end it before they meet.
pub(crate) fn bracket(programme: &Programme) -> (f64, f64) {
    let (rank, n, blocks) = (
        programme.rank(),
        programme.n_samples(),
        programme.n_blocks(),
    );
    let f = dense_operator(programme);
    let gram = f.transpose() * &f;
    let width = rank * blocks;
    let mut q: Vec<f64> = image(f.transpose(), programme.target());
    q.iter_mut().for_each(|x| *x = -*x);
    q.resize(width + blocks, programme.beta_sum());
    // (t_b, v_b) in a second-order cone, e_i x_i'v_b >= 0
    let relu = programme.activation() == Activation::Relu;
    let cone_rows = blocks * (rank + 1);
    let mut columns: Columns = vec![Vec::new(); width + blocks];
    for b in 0..blocks {
        columns[width + b].push((b * (rank + 1), -1.0));
        for k in 0..rank {
            let column = &mut columns[b * rank + k];
            column.push((b * (rank + 1) + 1 + k, -1.0));
            if relu {
                let mask = programme.masks().column(programme.pattern(b));
                column.extend((0..n).map(|i| {
                    let x = programme.data()[(k, i)];
                    (cone_rows + b * n + i, if mask[i] == 0 { x } else { -x })
                }));
            }
        }
    }
    let mut cones = vec![SecondOrderConeT(rank + 1); blocks];
    if relu {
        cones.push(NonnegativeConeT(blocks * n));
    }
    let rows = cone_rows + if relu { blocks * n } else { 0 };
    let (p, a) = (upper(gram.as_ref(), blocks), sparse(rows, &columns));
    let (primal, dual, _) = minimise(&p, &q, &a, &cones);
    let constant = programme.zero_objective();
    (constant + primal.min(dual), constant + primal.max(dual))
}

/// The projection of `z` on `{p : e o (R p) >= 0}`, `data = R'`, `e = 1` where the mask is set; none where
/// Clarabel's own gap stays open, as it may for a cone without an inside.
pub(crate) fn projection(data: MatRef<'_, f64>, mask: &[u8], z: &[f64]) -> Option<Vec<f64>> {
    let rank = data.nrows();
    // a row of zeros constrains nothing, but leaves Clarabel's cone without an inside
    let rows: Vec<usize> = (0..data.ncols())
        .filter(|&i| (0..rank).any(|k| data[(k, i)] != 0.0))
        .collect();
    let n = rows.len();
    let identity = Mat::<f64>::identity(rank, rank);
    let q: Vec<f64> = z.iter().map(|x| -x).collect();
    let columns: Columns = (0..rank)
        .map(|k| {
            let entry = |i: usize| {
                let value = data[(k, rows[i])];
                (i, if mask[rows[i]] == 0 { value } else { -value })
            };
            (0..n).map(entry).collect()
        })
        .collect();
    let (p, a) = (upper(identity.as_ref(), 0), sparse(n, &columns));
    let (primal, dual, x) = minimise(&p, &q, &a, &[NonnegativeConeT(n)]);
    ((primal - dual).abs() <= 1e-10).then_some(x)
}
