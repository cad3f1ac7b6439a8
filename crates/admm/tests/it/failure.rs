use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use admm::{
    AdmmError, AdmmSettings, AdmmSolution, AdmmState, BlockExactPrimal, Factor, InnerPrimal,
    L1Norm, LeastSquaresStep, Lift, Monitor, OuterPrimal, PcgPrimal, PenaltyRule, PrimalError,
    PrimalSolver, ResidualMonitor, Residuals, Space, Splitting, Status, Verdict, solve,
};
use faer::Mat;
use krylov::KrylovError;
use linalg_core::{
    Control, DenseBlocks, DenseOperator, Halt, Identity, LinalgError, LinearOperator, ShiftedGram,
};
use testkit::MovingClock;

use crate::data::regression;
use crate::problem::{KINDS, Kind, Run, blocks, primal};

/// A monitor that runs a function on every iterate.
struct Watcher<F>(F);

impl<X: ?Sized, F: FnMut(&AdmmState<f64>, &Residuals) -> Verdict> Monitor<f64, X> for Watcher<F> {
    fn observe(&mut self, state: &AdmmState<f64>, residuals: &Residuals, _prox: &mut X) -> Verdict {
        (self.0)(state, residuals)
    }
}

fn go_on(_: &AdmmState<f64>, _: &Residuals) -> Verdict {
    Verdict::Continue
}

/// A lasso of 40 rows and 15 columns under a control and a monitor.
fn watched(
    settings: AdmmSettings,
    control: &Control<'_>,
    state: &mut AdmmState<f64>,
    watcher: impl FnMut(&AdmmState<f64>, &Residuals) -> Verdict,
) -> Result<AdmmSolution, AdmmError> {
    let (a, y) = regression(1, 40, 15);
    let op = blocks(a.as_ref());
    let primal = primal(Kind::Inner, Lift::Single, &op, a.as_ref());
    let mut primal = LeastSquaresStep::new(primal, &y);
    let mut prox = L1Norm::new(15, 0.6).unwrap();
    let mut problem = Splitting {
        operator: &op,
        primal: &mut primal,
        prox: &mut prox,
    };
    solve(
        &mut problem,
        &settings.check().unwrap(),
        control,
        state,
        &mut Watcher(watcher),
    )
}

fn start() -> AdmmState<f64> {
    AdmmState::zero(40, 15, 1.0)
}

#[test]
fn iteration_limit_zero_returns_the_start() {
    let mut state = start();
    let settings = AdmmSettings::default().max_iters(0);
    let solution = watched(settings, &Control::default(), &mut state, go_on).unwrap();
    assert_eq!(
        (solution.status, solution.iterations),
        (Status::IterationLimit, 0)
    );
    assert_eq!((state.v, state.iteration), (vec![0.0; 15], 0));
}

#[test]
fn iteration_limit_reports_the_residuals_of_the_answer() {
    let (mut state, mut last) = (start(), Vec::new());
    let settings = AdmmSettings::default()
        .max_iters(13)
        .penalty_rule(PenaltyRule::Fixed);
    let solution = watched(settings, &Control::default(), &mut state, |state, _| {
        last.push(state.v.clone());
        Verdict::Continue
    })
    .unwrap();
    assert_eq!(
        (solution.status, solution.iterations, last.len()),
        (Status::IterationLimit, 13, 13)
    );
    assert!(!solution.status.is_converged());
    let apart = linalg_core::distance(&state.u, &state.v);
    let size = linalg_core::norm(&state.u).max(linalg_core::norm(&state.v));
    assert_eq!(solution.residuals.primal, apart / size);
    let moved = linalg_core::distance(&state.v, &last[11]);
    assert_eq!(
        solution.residuals.dual,
        moved / linalg_core::distance(&state.z, &state.v)
    );
}

#[test]
fn time_limit_ends_the_run_with_an_iterate() {
    let clock = MovingClock::ticking(1.0);
    let control = Control::with_clock(&clock).deadline(50.0);
    let mut state = start();
    let solution = watched(AdmmSettings::default(), &control, &mut state, go_on).unwrap();
    assert_eq!(solution.status, Status::TimeLimit);
    // a handful of readings an iteration
    assert!((3..20).contains(&solution.iterations), "{solution:?}");
    assert_eq!(state.iteration, solution.iterations);
    let phases = solution.seconds;
    assert!(phases.primal > 0.0 && phases.prox > 0.0 && phases.dual > 0.0 && phases.monitor > 0.0);
    let total = phases.setup + phases.primal + phases.prox + phases.dual + phases.monitor;
    // one reading says stop, one more closes the phase
    assert!(total <= 52.0, "{phases:?}");
}

#[test]
fn time_limit_passed_before_the_start_makes_no_step() {
    for limit in [0.0, 1.0, 2.0] {
        // at the start, in the factorisation, before the first iteration
        let clock = MovingClock::ticking(1.0);
        let control = Control::with_clock(&clock).deadline(limit);
        let mut state = start();
        let solution = watched(AdmmSettings::default(), &control, &mut state, go_on).unwrap();
        assert_eq!(
            (solution.status, solution.iterations),
            (Status::TimeLimit, 0),
            "limit {limit}"
        );
        assert_eq!(state.z, vec![0.0; 15]);
    }
}

#[test]
fn flag_raised_by_the_monitor_interrupts() {
    let flag = AtomicBool::new(false);
    let control = Control::default().interrupt(&flag);
    let solution = watched(
        AdmmSettings::default(),
        &control,
        &mut start(),
        |state, _| {
            flag.store(state.iteration == 4, Ordering::Relaxed);
            Verdict::Continue
        },
    )
    .unwrap();
    assert_eq!(
        (solution.status, solution.iterations),
        (Status::Interrupted, 4)
    );
}

/// An operator that raises a flag when it has been applied so often.
struct Raising<'a> {
    inner: DenseOperator<'a, f64>,
    left: AtomicUsize,
    flag: &'a AtomicBool,
}

impl LinearOperator<f64> for Raising<'_> {
    fn rows(&self) -> usize {
        self.inner.rows()
    }

    fn cols(&self) -> usize {
        self.inner.cols()
    }

    fn scratch_len(&self) -> usize {
        self.inner.scratch_len()
    }

    fn apply(&self, x: &[f64], y: &mut [f64], scratch: &mut [f64]) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.flag.store(true, Ordering::Relaxed);
        }
        self.inner.apply(x, y, scratch);
    }

    fn apply_adjoint(&self, y: &[f64], x: &mut [f64], scratch: &mut [f64]) {
        self.inner.apply_adjoint(y, x, scratch);
    }
}

#[test]
fn inexact_step_that_is_halted_leaves_the_iterate_before_it() {
    let (a, y) = regression(2, 40, 15);
    let settings = AdmmSettings::default().max_iters(3);
    let run = |products: usize, settings: AdmmSettings| {
        let flag = AtomicBool::new(false);
        let control = Control::default().interrupt(&flag);
        let op = Raising {
            inner: DenseOperator::new(a.as_ref()),
            left: AtomicUsize::new(products),
            flag: &flag,
        };
        let identity = Box::new(Identity::new(15));
        let primal = PcgPrimal::new(&op, Lift::Single, Space::Columns, identity, 100).unwrap();
        let mut primal = LeastSquaresStep::new(Box::new(primal.controlled(control)), &y);
        let mut prox = L1Norm::new(15, 0.6).unwrap();
        let mut problem = Splitting {
            operator: &op,
            primal: &mut primal,
            prox: &mut prox,
        };
        let mut state = start();
        let settings = settings.check().unwrap();
        let mut watcher = Watcher(go_on);
        let solution = solve(&mut problem, &settings, &control, &mut state, &mut watcher);
        (solution.unwrap(), state, op.left.load(Ordering::Relaxed))
    };
    // products of three iterations, and one that falls into the inner iteration of the fourth
    let (whole, before, left) = run(1 << 20, settings.clone());
    assert_eq!(whole.iterations, 3);
    let products = (1 << 20) - left + 2;
    let (cut, after, _) = run(products, settings.max_iters(100));
    assert_eq!((cut.status, cut.iterations), (Status::Interrupted, 3));
    assert_eq!(
        (after.z, after.v, after.fv),
        (before.z, before.v, before.fv)
    );
    assert!(cut.inner_iterations > whole.inner_iterations);
}

#[test]
fn flag_raised_by_another_thread_interrupts() {
    let flag = AtomicBool::new(false);
    let control = Control::default().interrupt(&flag);
    let settings = AdmmSettings::default().max_iters(usize::MAX);
    let (told, tell) = std::sync::mpsc::channel();
    let solution = std::thread::scope(|scope| {
        let flag = &flag;
        scope.spawn(move || {
            tell.recv().unwrap();
            flag.store(true, Ordering::Relaxed);
        });
        watched(settings, &control, &mut start(), move |_, _| {
            told.send(()).ok();
            Verdict::Continue
        })
    });
    let solution = solution.unwrap();
    assert_eq!(solution.status, Status::Interrupted);
    assert!(solution.iterations >= 1);
}

#[test]
fn monitor_stop_ends_with_its_status() {
    for status in [Status::Converged, Status::Stalled, Status::Interrupted] {
        let mut state = start();
        let solution = watched(
            AdmmSettings::default(),
            &Control::default(),
            &mut state,
            |state, _| {
                if state.iteration == 3 {
                    Verdict::Stop(status)
                } else {
                    Verdict::Continue
                }
            },
        )
        .unwrap();
        assert_eq!(
            (solution.status, solution.iterations, state.iteration),
            (status, 3, 3)
        );
    }
}

#[test]
fn statuses_have_names() {
    let names = [
        (Status::Converged, "converged"),
        (Status::IterationLimit, "iteration_limit"),
        (Status::TimeLimit, "time_limit"),
        (Status::Stalled, "stalled"),
        (Status::Interrupted, "interrupted"),
    ];
    for (status, name) in names {
        assert_eq!(
            (status.name(), status.is_converged()),
            (name, name == "converged")
        );
    }
    assert_eq!(Status::from(Halt::TimeLimit), Status::TimeLimit);
    assert_eq!(Status::from(Halt::Interrupted), Status::Interrupted);
}

#[test]
fn factorisation_stopped_within_a_run_keeps_the_iterate() {
    // the flag goes up at the iteration that reconsiders rho: the new factorisation is halted
    let flag = AtomicBool::new(false);
    let control = Control::default().interrupt(&flag);
    let mut state = AdmmState::zero(40, 15, 1e4);
    let settings = AdmmSettings::default().penalty_rule(PenaltyRule::Balance);
    let solution = watched(settings.clone(), &control, &mut state, |state, _| {
        flag.store(state.iteration == 5, Ordering::Relaxed);
        Verdict::Continue
    })
    .unwrap();
    assert_eq!(
        (solution.status, solution.iterations),
        (Status::Interrupted, 5)
    );
    assert_eq!(solution.factorisations, 1);
    assert!(state.rho != 1e4 && state.is_finite());
    // and the run goes on from there
    let mut stop = ResidualMonitor::new(1e-10).unwrap();
    let solution = watched(
        settings.max_iters(20_000),
        &Control::default(),
        &mut state,
        |s, r| stop.observe(s, r, &mut ()),
    );
    assert!(solution.unwrap().status.is_converged());
}

#[test]
fn value_that_is_not_finite_in_the_target_is_an_error() {
    for bad in [f64::NAN, f64::INFINITY] {
        let (a, mut y) = regression(2, 20, 8);
        y[3] = bad;
        for kind in KINDS {
            let run = Run {
                kind,
                ..Run::new(&a, &y)
            };
            let mut state = run.state::<f64>(1.0);
            let error = run
                .go(&mut L1Norm::new(8, 0.5).unwrap(), &mut state)
                .unwrap_err();
            let want = match kind {
                Kind::Cg | Kind::PcgColumns | Kind::PcgRows => {
                    AdmmError::Primal(PrimalError::Krylov(KrylovError::NotFinite { iteration: 0 }))
                }
                Kind::Rbcd | Kind::BlockExact => {
                    AdmmError::Primal(PrimalError::NotFinite { sweep: 0 })
                }
                _ => AdmmError::NotFinite {
                    iteration: 1,
                    precision: "f64",
                },
            };
            assert_eq!(error, want, "{kind:?}, {bad}");
        }
    }
}

#[test]
fn value_that_is_not_finite_in_the_matrix_is_an_error() {
    let (mut a, y) = regression(3, 20, 8);
    a[(4, 2)] = f64::NAN;
    for kind in KINDS {
        let run = Run {
            kind,
            ..Run::new(&a, &y)
        };
        let mut state = run.state::<f64>(1.0);
        let error = run
            .go(&mut L1Norm::new(8, 0.5).unwrap(), &mut state)
            .unwrap_err();
        match (kind, &error) {
            (
                Kind::Cg | Kind::PcgColumns | Kind::PcgRows,
                AdmmError::Primal(PrimalError::Krylov(KrylovError::NotFinite { .. })),
            ) => {}
            (Kind::Rbcd, AdmmError::Primal(PrimalError::NotFinite { .. })) => {}
            (
                _,
                AdmmError::Primal(PrimalError::Linalg(LinalgError::NotPositiveDefinite { .. })),
            ) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn value_that_is_not_finite_in_the_state_is_an_error() {
    let mut state = start();
    state.z[2] = f64::NAN;
    let error = watched(
        AdmmSettings::default(),
        &Control::default(),
        &mut state,
        go_on,
    )
    .unwrap_err();
    assert_eq!(
        error,
        AdmmError::NotFinite {
            iteration: 1,
            precision: "f64"
        }
    );
}

#[test]
fn penalty_outside_its_range_is_an_error() {
    for rho in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut state = start();
        state.rho = rho;
        let error = watched(
            AdmmSettings::default(),
            &Control::default(),
            &mut state,
            go_on,
        )
        .unwrap_err();
        let AdmmError::Setting(error) = error else {
            panic!("rho {rho}: {error}")
        };
        assert_eq!(error.name, "rho");
    }
}

#[test]
fn state_of_another_problem_is_a_shape_error() {
    type Part = fn(&mut AdmmState<f64>) -> &mut Vec<f64>;
    let parts: [(&str, usize, Part); 6] = [
        ("state z", 15, |s| &mut s.z),
        ("state v", 15, |s| &mut s.v),
        ("state u", 15, |s| &mut s.u),
        ("state fz", 40, |s| &mut s.fz),
        ("state fv", 40, |s| &mut s.fv),
        ("state fu", 40, |s| &mut s.fu),
    ];
    for (what, want, part) in parts {
        let mut state = start();
        part(&mut state).push(0.0);
        let error = watched(
            AdmmSettings::default(),
            &Control::default(),
            &mut state,
            go_on,
        )
        .unwrap_err();
        assert_eq!(
            error,
            AdmmError::Shape {
                what,
                want,
                got: want + 1
            }
        );
    }
}

#[test]
fn primal_solvers_of_wrong_sizes_are_shape_errors() {
    let a = Mat::<f64>::zeros(4, 3);
    let op = DenseOperator::new(a.as_ref());
    let gram = |dim| ShiftedGram::from_dense(Mat::<f64>::zeros(dim, dim).as_ref()).unwrap();
    let narrow = ShiftedGram::from_dense(Mat::<f32>::zeros(3, 3).as_ref()).unwrap();
    let parts = DenseBlocks::new(a.as_ref(), 3).unwrap();
    let pcg = |space, side| {
        let none = Box::new(Identity::new(side));
        PcgPrimal::new(&op, Lift::Single, space, none, 5).err()
    };
    let shape = |what, want, got| PrimalError::Linalg(LinalgError::Shape { what, want, got });
    let errors = [
        InnerPrimal::new(&op, gram(4), Lift::Single).err(),
        OuterPrimal::new(&op, Factor::Same(Box::new(gram(3))), Lift::Single).err(),
        OuterPrimal::new(&op, Factor::Refined(Box::new(narrow)), Lift::Single).err(),
        pcg(Space::Rows, 3),
        pcg(Space::Columns, 4),
        BlockExactPrimal::new(&parts, gram(1), Lift::Single, 5).err(),
    ];
    let want = [
        shape("gram matrix", 3, 4),
        shape("gram matrix", 4, 3),
        shape("gram matrix", 4, 3),
        shape("preconditioner", 4, 3),
        shape("preconditioner", 3, 4),
        shape("matrix of a block", 3, 1),
    ];
    assert_eq!(errors.map(Option::unwrap), want);
}

#[test]
fn primal_solver_without_a_penalty_refuses() {
    let (a, y) = regression(4, 6, 3);
    let op = blocks(a.as_ref());
    let solve_for = |target: &[f64], solver: &mut dyn PrimalSolver<f64>| {
        let (u, fu) = (&mut [0.0; 3], &mut [0.0; 6]);
        solver.solve(target, &[0.0; 3], &[0.0; 6], 1e-8, u, fu)
    };
    let solve = |solver: &mut dyn PrimalSolver<f64>| solve_for(&y, solver);
    for kind in KINDS {
        let mut solver = primal::<f64>(kind, Lift::Single, &op, a.as_ref());
        assert_eq!(solve(&mut *solver), Err(PrimalError::NoPenalty), "{kind:?}");
        solver.set_penalty(1.0, &Control::default()).unwrap();
        assert!(solve(&mut *solver).is_ok());
        for (short, want) in [(0, 6), (5, 6), (7, 6)] {
            let shape = LinalgError::Shape {
                what: "target",
                want,
                got: short,
            };
            let outcome = solve_for(&vec![0.0; short], &mut *solver);
            assert_eq!(outcome, Err(PrimalError::Linalg(shape)), "{kind:?}");
        }
        // a factorisation that was stopped leaves none: the old penalty is gone too
        let raised = AtomicBool::new(true);
        let stopped = solver.set_penalty(2.0, &Control::default().interrupt(&raised));
        if kind.is_inexact() && kind != Kind::BlockExact {
            assert!(stopped.is_ok());
        } else {
            assert_eq!(
                stopped,
                Err(PrimalError::Linalg(LinalgError::Halted)),
                "{kind:?}"
            );
            assert_eq!(solve(&mut *solver), Err(PrimalError::NoPenalty), "{kind:?}");
        }
    }
}
