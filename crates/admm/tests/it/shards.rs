//! A lasso whose rows are spread over three threads that exchange as processes would.

use admm::{
    AdmmError, AdmmSettings, AdmmSolution, AdmmState, CgPrimal, L1Norm, LeastSquaresStep, Lift,
    ResidualMonitor, Splitting, solve,
};
use faer::Mat;
use linalg_core::{Collective, Control, DenseOperator, LinearOperator, Mirrored, RowSharded};
use testkit::{Rank, on_ranks};

use crate::data::regression;
use crate::problem::{Kind, Run, gap};

const SHARDS: [(usize, usize); 3] = [(0, 21), (21, 4), (25, 15)];
const WEIGHT: f64 = 0.6;

type Answer = Result<(AdmmSolution, AdmmState<f64>), AdmmError>;

/// One rank's run: it sees its rows of the matrix and of the target alone.
fn on_rank(a: &Mat<f64>, y: &[f64], lift: Lift, collective: &Rank<'_>) -> Answer {
    let (first, count) = SHARDS[collective.rank()];
    let rows = DenseOperator::new(a.as_ref().subrows(first, count));
    let op = RowSharded::new(rows, collective);
    let pair = RowSharded::new(Mirrored::new(rows), collective);
    let operator: &dyn LinearOperator<f64> = match lift {
        Lift::Single => &op,
        Lift::Mirrored => &pair,
    };
    let primal = CgPrimal::new(&op, lift, 500)?;
    let mut primal = LeastSquaresStep::new(Box::new(primal), &y[first..first + count]);
    let dim = lift.dim(a.ncols());
    let mut prox = L1Norm::new(dim, WEIGHT).unwrap();
    let mut state = AdmmState::zero(count, dim, 1.0);
    let mut problem = Splitting {
        operator,
        primal: &mut primal,
        prox: &mut prox,
    };
    let settings = AdmmSettings::default().max_iters(20_000).check().unwrap();
    let mut monitor = ResidualMonitor::new(1e-10).unwrap();
    let solution = solve(
        &mut problem,
        &settings,
        &Control::default(),
        &mut state,
        &mut monitor,
    )?;
    Ok((solution, state))
}

fn on_all_ranks(a: &Mat<f64>, y: &[f64], lift: Lift) -> Vec<Answer> {
    on_ranks(3, |rank| on_rank(a, y, lift, rank)).0
}

#[test]
fn lasso_sharded_rows_give_the_answer_of_the_whole_on_every_rank() {
    let (a, y) = regression(1, 40, 15);
    for lift in [Lift::Single, Lift::Mirrored] {
        let whole = Run {
            kind: Kind::Cg,
            lift,
            tol: 1e-10,
            ..Run::new(&a, &y)
        };
        let want = whole.optimum::<f64>(&mut L1Norm::new(lift.dim(15), WEIGHT).unwrap());
        let answers: Vec<_> = on_all_ranks(&a, &y, lift)
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let (first, state) = &answers[0];
        assert!(first.status.is_converged(), "{lift:?}: {first:?}");
        for (rank, (solution, other)) in answers.iter().enumerate() {
            let bits = |x: &[f64]| x.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(
                solution, first,
                "{lift:?}, rank {rank}: every decision is the same"
            );
            assert_eq!(bits(&other.z), bits(&state.z), "{lift:?}, rank {rank}");
            assert_eq!(
                other.rho.to_bits(),
                state.rho.to_bits(),
                "{lift:?}, rank {rank}"
            );
            assert_eq!(other.fv.len(), SHARDS[rank].1);
            // both runs end at residuals of 1e-10
            assert!(
                gap(&whole.folded(&other.v), &want) <= 1e-7,
                "{lift:?}, rank {rank}"
            );
        }
    }
}

#[test]
fn lasso_sharded_target_that_is_not_finite_fails_on_every_rank() {
    let (a, mut y) = regression(2, 40, 15);
    y[22] = f64::NAN;
    let answers = on_all_ranks(&a, &y, Lift::Single);
    let errors: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.map(|_| ()).unwrap_err())
        .collect();
    assert!(errors.iter().all(|e| *e == errors[0]), "{errors:?}");
}
