use admm::{
    AdmmSettings, AdmmState, InnerPrimal, L1Norm, LeastSquaresStep, Lift, ResidualMonitor, solve,
};
use faer::{Accum, Mat, MatRef};
use linalg_core::{Control, DenseOperator, LinearOperator, ShiftedGram, product};

use crate::feasible_point::FeasiblePoint;
use crate::outputs::Outputs;
use crate::programme::Programme;

/// Gates that are used at most: the ones whose neurons lie best along the target.
const MOST: usize = 256;
/// Iterations and relative residual of the lasso: a start needs no more.
const ITERATIONS: usize = 200;
const TOLERANCE: f64 = 1e-3;

/// A point inside its cones before the first iteration: every gate vector lies strictly inside
/// its own cone, so the best sum of multiples of them, a lasso over `(R g_b)_+`, is feasible. A run
/// that is stopped early has this to return. A loss that is not squared is majorised at the zero
/// network by the bound `h` on its curvature: the squared loss of the targets `theta / h`, `h` times.
/// Outputs are apart.
///
/// **Cost** `2 n rank P` flops an output and a system of at most 256 unknowns; memory for the images of 256 gates.
pub(crate) fn gate_start(programme: &Programme, control: &Control<'_>) -> FeasiblePoint {
    let (rank, patterns) = (programme.rank(), programme.n_patterns());
    let zero = FeasiblePoint::zero(programme);
    let (n, outputs) = (programme.n_samples(), programme.outputs());
    let bend = programme.loss().curvature_bound();
    let can_majorise = bend.is_finite() && bend > 0.0;
    if !can_majorise {
        return zero;
    }
    let unit = unit_gates(programme);
    let mut along = vec![0.0; patterns * outputs];
    let all: Vec<usize> = (0..patterns).collect();
    for some in all.chunks(MOST) {
        if control.halt().is_some() {
            return zero;
        }
        let features = opened(programme, unit.as_ref(), some);
        let op = DenseOperator::new(features.as_ref());
        for (k, theta) in programme.target().chunks_exact(n).enumerate() {
            let along = &mut along[k * patterns + some[0]..][..some.len()];
            op.apply_adjoint(theta, along, &mut []);
        }
    }
    let most =
        |p: usize| (0..outputs).fold(0.0_f64, |most, k| most.max(along[k * patterns + p].abs()));
    let mut kept: Vec<usize> = (0..patterns)
        .filter(|&p| most(p) > programme.beta_sum())
        .collect();
    kept.sort_by(|&a, &b| most(b).total_cmp(&most(a)).then(a.cmp(&b)));
    kept.truncate(MOST);
    if kept.is_empty() {
        return zero;
    }
    let features = opened(programme, unit.as_ref(), &kept);
    let Some(weights) = lasso(&features, programme, bend, control) else {
        return zero;
    };
    if control.halt().is_some() {
        return zero;
    }
    let mut v = vec![0.0; rank * programme.n_blocks()];
    for (k, weights) in weights.chunks_exact(kept.len()).enumerate() {
        for (&p, &c) in kept.iter().zip(weights) {
            let block = 2 * k * patterns + if c > 0.0 { p } else { patterns + p };
            for i in 0..rank {
                v[block * rank + i] = c.abs() * unit[(i, p)];
            }
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

/// `min h |A c - theta / h|^2 / 2 + beta_sum |c|_1` of every output, to a few digits.
fn lasso(
    features: &Mat<f64>,
    programme: &Programme,
    bend: f64,
    control: &Control<'_>,
) -> Option<Vec<f64>> {
    let target: Vec<f64> = programme.target().iter().map(|t| t / bend).collect();
    let outputs = programme.outputs();
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
    let primal = InnerPrimal::new(&op, gram, Lift::Single).ok()?;
    let mut primal = LeastSquaresStep::new(Box::new(primal), &target);
    let mut prox = L1Norm::new(k * outputs, programme.beta_sum() / bend).ok()?;
    let op = Outputs::new(&op, outputs, 0);
    let mut state = AdmmState::zero(n * outputs, k * outputs, rho);
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
