//! A lasso whose rows are spread over three threads that exchange as processes would.

use admm::{
    AdmmError, AdmmSettings, AdmmSolution, AdmmState, CgPrimal, L1Norm, LeastSquaresStep, Lift,
    ResidualMonitor, Splitting, Status, solve,
};
use core::sync::atomic::AtomicBool;
use faer::Mat;
use linalg_core::{Collective, Control, DenseOperator, LinearOperator, Mirrored, RowSharded};
use testkit::{MovingClock, Rank, on_ranks};

use crate::data::regression;
use crate::problem::{Kind, Run, gap};

const SHARDS: [(usize, usize); 3] = [(0, 21), (21, 4), (25, 15)];
const WEIGHT: f64 = 0.6;

type Answer = Result<(AdmmSolution, AdmmState<f64>), AdmmError>;

/// One rank's run: it sees its rows of the matrix and of the target alone.
fn on_rank(a: &Mat<f64>, y: &[f64], lift: Lift, collective: &Rank) -> Answer {
    run(a, y, lift, collective, &Control::default(), 1e-10)
}

fn run(
    a: &Mat<f64>,
    y: &[f64],
    lift: Lift,
    collective: &Rank,
    control: &Control<'_>,
    tol: f64,
) -> Answer {
    let control = &control.agreed(collective);
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
    let mut monitor = ResidualMonitor::new(tol).unwrap();
    let solution = solve(&mut problem, &settings, control, &mut state, &mut monitor)?;
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

#[test]
fn lasso_sharded_limit_or_flag_of_one_rank_ends_all_at_the_same_iterate() {
    let (a, y) = regression(3, 40, 15);
    for is_flag in [false, true] {
        let (answers, _) = on_ranks(3, |rank| {
            // the clock of one goes on, those of the others stand still
            let clock = MovingClock::ticking(if rank.rank() == 1 { 0.1 } else { 0.0 });
            let flag = AtomicBool::new(is_flag && rank.rank() == 2);
            let control = Control::with_clock(&clock).interrupt(&flag);
            let control = control.deadline((!is_flag).then_some(5.0));
            // a tolerance that no run reaches
            run(&a, &y, Lift::Single, rank, &control, 1e-300).unwrap()
        });
        let want = if is_flag {
            Status::Interrupted
        } else {
            Status::TimeLimit
        };
        let (first, state) = &answers[0];
        assert_eq!((first.status, first.iterations > 0), (want, !is_flag));
        for (solution, other) in &answers {
            assert_eq!(
                (solution.status, solution.iterations),
                (want, first.iterations)
            );
            assert_eq!(other.z, state.z, "every rank has the same iterate");
        }
    }
}

#[test]
fn lasso_sharded_rank_that_is_gone_is_an_error_on_the_others() {
    let (a, y) = regression(4, 40, 15);
    let (answers, _) = on_ranks(3, |rank| {
        let is_here = rank.rank() != 1;
        is_here.then(|| on_rank(&a, &y, Lift::Single, rank))
    });
    for rank in [0, 2] {
        let ended = answers[rank].as_ref().unwrap();
        // the first question is answered by nobody: an interruption before a step
        let (solution, _) = ended.as_ref().unwrap();
        assert_eq!(
            (solution.status, solution.iterations),
            (Status::Interrupted, 0)
        );
    }
}
