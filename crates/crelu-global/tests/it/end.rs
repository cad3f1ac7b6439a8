//! When global training ends by itself: the work decides, no clock.

use admm::Status;
use crelu_global::{GlobalProblem, GlobalSettings, Neurons, Trained, train};
use linalg_core::Control;

use crate::problems::{problem, teacher};

/// What a run that ends by itself may leave, relatively: `settle` is an estimate of it.
const LEFT: f64 = 1e-2;

fn run(problem: &GlobalProblem, change: impl Fn(&mut GlobalSettings)) -> Trained {
    let mut settings = GlobalSettings::default();
    settings.thin = Some(0.0);
    settings.ascents = Some(200);
    change(&mut settings);
    let none = Neurons::none(problem.rank());
    train(
        problem,
        none,
        &settings.check().unwrap(),
        &Control::default(),
        &mut (),
    )
}

#[test]
fn train_by_default_takes_less_work_and_ends_near_the_thorough_answer() {
    let (data, target) = teacher(2500, 6, 85);
    let problem = problem(&data, &target, 0.02);
    let thorough = run(&problem, |settings| settings.thorough = true);
    let default = run(&problem, |_| {});
    assert!(matches!(
        default.status,
        Status::Converged | Status::Settled
    ));
    let over = default.best_objective / thorough.best_objective - 1.0;
    assert!(over <= LEFT, "{over:e}");
    assert!(default.work.flops < thorough.work.flops);
    // the same, whatever the machine does meanwhile
    let again = run(&problem, |_| {});
    assert_eq!(again.work, default.work);
    assert_eq!(again.neurons, default.neurons);
}

#[test]
fn train_told_never_to_settle_goes_on_to_its_limit() {
    let (data, target) = teacher(150, 4, 86);
    let problem = problem(&data, &target, 0.05);
    let ended = run(&problem, |settings| {
        settings.settle = Some(0.0);
        settings.tol = 0.0;
        settings.max_rounds = 40;
    });
    assert_eq!(ended.status, Status::IterationLimit);
    assert_eq!(ended.rounds, 40);
    let settled = run(&problem, |settings| {
        settings.settle = Some(0.05);
        settings.tol = 0.0;
    });
    assert_eq!(settled.status, Status::Settled);
    assert!(settled.rounds < 40, "{}", settled.rounds);
}

/// Of what a run leaves that is told to settle at a twentieth.
const COARSE: f64 = 0.05;

#[test]
fn train_told_to_settle_early_takes_less_work_and_leaves_no_more_than_that() {
    let (data, target) = teacher(3000, 12, 88);
    let problem = problem(&data, &target, 0.01);
    let default = run(&problem, |settings| settings.ascents = None);
    let early = run(&problem, |settings| {
        settings.ascents = None;
        settings.settle = Some(COARSE);
    });
    assert_eq!(early.status, Status::Settled);
    assert!(
        2 * early.work.flops < default.work.flops,
        "{:?}, {:?}",
        early.work,
        default.work
    );
    assert!(early.best_objective <= default.best_objective * (1.0 + COARSE));
}

#[test]
fn search_bound_is_no_higher_than_a_network_found_later() {
    let (data, target) = teacher(400, 8, 87);
    let problem = problem(&data, &target, 0.01);
    let thorough = run(&problem, |settings| settings.thorough = true);
    let default = run(&problem, |_| {});
    for ended in [&thorough, &default] {
        let bound = ended.search_bound.unwrap();
        assert!(bound <= ended.best_objective * (1.0 + 1e-9));
        assert!(bound <= thorough.best_objective * (1.0 + LEFT));
    }
}
