//! Global training that ends early, starts warm or has nothing to do.

use std::sync::atomic::AtomicBool;

use admm::Status;
use crelu_global::GlobalError;
use crelu_global::{GlobalProblem, GlobalSettings, Neurons, train};
use faer::Mat;
use linalg_core::Control;

use crate::problems::{Course, best, problem, teacher};

#[test]
fn train_never_raises_the_objective_and_ends_when_told() {
    let (data, target) = teacher(200, 8, 70);
    let problem = problem(&data, &target, 0.01);
    let mut course = Course {
        stop_after: Some(6),
        ..Course::default()
    };
    let mut settings = GlobalSettings::default();
    settings.thorough = true;
    let start = Neurons::none(8);
    let ended = train(
        &problem,
        start,
        &settings.check().unwrap(),
        &Control::default(),
        &mut course,
    );
    assert_eq!(ended.status, Status::Interrupted);
    assert_eq!(ended.rounds, 6);
    assert!(course.objectives.is_sorted_by(|a, b| a >= b));
    assert!(ended.best_objective < problem.loss(&vec![0.0; 200]));
}

#[test]
fn train_limits_are_told_from_each_other() {
    let (data, target) = teacher(100, 4, 71);
    let problem = problem(&data, &target, 0.05);
    let mut settings = GlobalSettings::default();
    settings.max_rounds = 2;
    let none = || Neurons::none(4);
    let control = Control::default();
    let ended = train(
        &problem,
        none(),
        &settings.clone().check().unwrap(),
        &control,
        &mut (),
    );
    assert_eq!(ended.status, Status::IterationLimit);
    assert!(ended.max_price.is_some() && ended.search_bound.is_some());

    let flag = AtomicBool::new(true);
    let control = Control::default().interrupt(&flag);
    let ended = train(
        &problem,
        none(),
        &settings.clone().check().unwrap(),
        &control,
        &mut (),
    );
    assert_eq!(ended.status, Status::Interrupted);
    assert!(ended.neurons.is_empty() && ended.max_price.is_none());
    assert!(ended.best_objective <= problem.loss(&[0.0; 100]));

    let control = Control::with_clock(&|| 0.0).deadline(0.0);
    let ended = train(
        &problem,
        none(),
        &settings.clone().check().unwrap(),
        &control,
        &mut (),
    );
    assert_eq!(ended.status, Status::TimeLimit);
}

#[test]
fn train_from_an_answer_keeps_it_in_few_rounds() {
    let (data, target) = teacher(200, 5, 72);
    let problem = problem(&data, &target, 0.02);
    let cold = best(&problem, 0);
    let mut settings = GlobalSettings::default();
    settings.thin = Some(0.0);
    settings.thorough = true;
    let control = Control::default();
    let warm = train(
        &problem,
        cold.best.clone(),
        &settings.check().unwrap(),
        &control,
        &mut (),
    );
    assert!(warm.best_objective <= cold.best_objective * (1.0 + 1e-9));
    assert_eq!(warm.status, Status::Converged);
    assert!(
        warm.rounds <= cold.rounds,
        "{} {}",
        warm.rounds,
        cold.rounds
    );
}

#[test]
fn train_of_targets_that_need_no_neuron_returns_none() {
    let (data, target) = teacher(50, 3, 73);
    for problem in [
        problem(&data, &target, 1.1),
        GlobalProblem::new(data.clone(), vec![0.0; 50], 1.0).unwrap(),
        GlobalProblem::new(Mat::zeros(3, 50), target.clone(), 1.0).unwrap(),
        GlobalProblem::new(data.clone(), vec![0.0; 50], 0.0).unwrap(),
    ] {
        let ended = best(&problem, 0);
        assert!(ended.neurons.is_empty(), "{}", ended.neurons.len());
        assert_eq!(ended.status, Status::Converged);
    }
}

#[test]
fn problem_of_wrong_shape_or_not_finite_is_refused() {
    let (data, target) = teacher(20, 2, 74);
    let shape = GlobalProblem::new(data.clone(), target[1..].to_vec(), 1.0);
    assert!(matches!(shape, Err(GlobalError::Shape { .. })));
    for beta in [f64::NAN, -1.0, f64::INFINITY] {
        let wrong = GlobalProblem::new(data.clone(), target.clone(), beta);
        assert!(matches!(wrong, Err(GlobalError::NotFinite { .. })));
    }
}
