use admm::{AdmmSettings, AdmmState, InnerPrimal, L1Norm, Lift, ResidualMonitor, solve};
use faer::{Accum, Mat, MatRef};
use linalg_core::{Control, DenseOperator, LinearOperator, ShiftedGram, product};

use super::Programme;
use super::certificate::FeasiblePoint;

/// Gates that are used at most: the ones whose neurons lie best along the target.
const MOST: usize = 256;
/// Iterations and relative residual of the lasso: a start needs no more.
const ITERATIONS: usize = 200;
const TOLERANCE: f64 = 1e-3;

/// A point inside its cones before the first iteration: every gate vector lies strictly inside
/// its own cone, so the best sum of multiples of them, a lasso over `(R g_b)_+`, is feasible. A run
/// that is stopped early has this to return.
///
/// **Cost** `2 n rank P` flops and a system of at most 256 unknowns; memory for the images of 256 gates.
pub(super) fn gate_start(programme: &Programme, control: &Control<'_>) -> FeasiblePoint {
    let (rank, patterns) = (programme.rank(), programme.n_patterns());
    let zero = FeasiblePoint::zero(programme);
    let unit = unit_gates(programme);
    let mut along = vec![0.0; patterns];
    let all: Vec<usize> = (0..patterns).collect();
    for some in all.chunks(MOST) {
        if control.halt().is_some() {
            return zero;
        }
        let features = opened(programme, unit.as_ref(), some);
        let op = DenseOperator::new(features.as_ref());
        op.apply_adjoint(
            programme.target(),
            &mut along[some[0]..][..some.len()],
            &mut [],
        );
    }
    let mut kept: Vec<usize> = (0..patterns)
        .filter(|&p| along[p].abs() > programme.beta_sum())
        .collect();
    kept.sort_by(|&a, &b| along[b].abs().total_cmp(&along[a].abs()).then(a.cmp(&b)));
    kept.truncate(MOST);
    if kept.is_empty() {
        return zero;
    }
    let features = opened(programme, unit.as_ref(), &kept);
    let Some(weights) = lasso(&features, programme, control) else {
        return zero;
    };
    let mut v = vec![0.0; rank * programme.n_blocks()];
    for (&p, &c) in kept.iter().zip(&weights) {
        let block = if c > 0.0 { p } else { patterns + p };
        for i in 0..rank {
            v[block * rank + i] = c.abs() * unit[(i, p)];
        }
    }
    FeasiblePoint::from_point(programme, &v)
}

/// `(R g_p)_+` of some patterns.
fn opened(programme: &Programme, unit: MatRef<'_, f64>, some: &[usize]) -> Mat<f64> {
    let own = Mat::from_fn(programme.rank(), some.len(), |k, j| unit[(k, some[j])]);
    let mut features = Mat::<f64>::zeros(programme.n_samples(), some.len());
    product(
        features.as_mut(),
        Accum::Replace,
        programme.data().transpose(),
        own.as_ref(),
        1.0,
    );
    for (j, &p) in some.iter().enumerate() {
        for (i, &bit) in programme.masks().column(p).iter().enumerate() {
            let open = if bit == 0 { 0.0 } else { features[(i, j)] };
            features[(i, j)] = open.max(0.0);
        }
    }
    features
}

fn unit_gates(programme: &Programme) -> Mat<f64> {
    let gates = programme.gates();
    let sizes: Vec<f64> = (0..gates.ncols()).map(|p| gates.col(p).norm_l2()).collect();
    Mat::from_fn(gates.nrows(), gates.ncols(), |k, p| {
        if sizes[p] > 0.0 {
            gates[(k, p)] / sizes[p]
        } else {
            0.0
        }
    })
}

/// `min |A c - y|^2 / 2 + beta_sum |c|_1`, to a few digits.
fn lasso(features: &Mat<f64>, programme: &Programme, control: &Control<'_>) -> Option<Vec<f64>> {
    let (n, k) = (features.nrows(), features.ncols());
    let mut gram = Mat::<f64>::zeros(k, k);
    product(
        gram.as_mut(),
        Accum::Replace,
        features.transpose(),
        features.as_ref(),
        1.0,
    );
    let trace: f64 = (0..k).map(|j| gram[(j, j)]).sum();
    #[expect(clippy::cast_precision_loss, reason = "a count")]
    let rho = trace / k as f64;
    let op = DenseOperator::new(features.as_ref());
    let gram = ShiftedGram::from_dense(gram.as_ref()).ok()?;
    let mut primal = InnerPrimal::new(&op, programme.target(), gram, Lift::Single).ok()?;
    let mut prox = L1Norm::new(k, programme.beta_sum()).ok()?;
    let mut state = AdmmState::zero(n, k, rho);
    let settings = AdmmSettings::default().max_iters(ITERATIONS).check().ok()?;
    let mut problem = admm::Splitting {
        operator: &op,
        primal: &mut primal,
        prox: &mut prox,
    };
    let mut monitor = ResidualMonitor::new(TOLERANCE).ok()?;
    solve(&mut problem, &settings, control, &mut state, &mut monitor).ok()?;
    Some(state.v)
}
