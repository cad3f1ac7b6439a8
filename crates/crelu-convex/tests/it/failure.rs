use admm::Status;
use crelu_convex::{
    Activation, Precision, Programme, ProgrammeError, ProgrammeSettings, Splitting, Switch, solve,
};
use crelu_core::Subject;
use faer::Mat;
use linalg_core::{Control, Masks};
use testkit::Stream;

use crate::data::{Case, settings};

#[test]
fn solve_f32_that_stalls_keeps_the_iteration_limit_over_both_precisions() {
    // a tolerance that f32 cannot reach: f64 takes over, with what is left of the iterations
    for splitting in [Splitting::TwoBlock, Splitting::ThreeBlock] {
        for seed in testkit::seeds(0..4) {
            let programme = Case::random(seed, Activation::Relu).programme();
            let settings = settings(1e-13, |s| {
                s.splitting = splitting;
                s.precision = Precision::F32;
                s.newton = Switch::Off;
                s.max_iters = 1500;
            });
            let solution = solve(
                &programme,
                &settings.check().unwrap(),
                &Control::default(),
                None,
                &mut (),
            )
            .unwrap();
            assert!(
                solution.iterations <= 1500,
                "seed {seed}, {splitting:?}: {} ({})",
                solution.iterations,
                solution.choice.reason
            );
        }
    }
}

#[test]
fn solve_without_checks_has_a_certificate_of_its_end() {
    for (splitting, activation) in [
        (Splitting::TwoBlock, Activation::Relu),
        (Splitting::ThreeBlock, Activation::Relu),
        (Splitting::TwoBlock, Activation::Gated),
    ] {
        let programme = Case::random(5, activation).programme();
        let settings = settings(1e-3, |s| {
            s.splitting = splitting;
            s.check_every = 0;
            s.max_iters = 400;
        });
        let solution = solve(
            &programme,
            &settings.check().unwrap(),
            &Control::default(),
            None,
            &mut (),
        )
        .unwrap();
        let what = format!("{splitting:?}, {activation:?}");
        assert_eq!(solution.iterations, 400, "{what}");
        assert!(solution.gap() <= 0.05, "{what}: gap {}", solution.gap());
        let converged = solution.gap() <= 1e-3;
        assert_eq!(solution.status == Status::Converged, converged, "{what}");
    }
}

#[test]
fn solve_memory_limit_is_an_error_with_its_figures() {
    let programme = Case::random(6, Activation::Relu).programme();
    let settings = settings(1e-3, |s| s.memory_limit = 10.0);
    let error = solve(
        &programme,
        &settings.check().unwrap(),
        &Control::default(),
        None,
        &mut (),
    )
    .unwrap_err();
    let ProgrammeError::Memory { needed, limit } = error else {
        panic!("a memory error, not {error}");
    };
    assert!(limit == 10 && needed > 1000, "{needed} of {limit}");
}

#[test]
fn programme_unfit_parts_are_errors() {
    let parts = || {
        (
            Stream::new(1).matrix(2, 3),
            Masks::from_columns(3, vec![1; 6]).unwrap(),
            Stream::new(2).matrix(2, 2),
            vec![1.0; 3],
        )
    };
    let relu = Activation::Relu;
    #[expect(clippy::type_complexity, reason = "a programme's parts, written once")]
    let build = |change: &dyn Fn(&mut Mat<f64>, &mut Masks, &mut Mat<f64>, &mut Vec<f64>), beta| {
        let (mut data, mut masks, mut gates, mut target) = parts();
        change(&mut data, &mut masks, &mut gates, &mut target);
        Programme::new(data, masks, gates, target, beta, relu)
    };
    assert!(build(&|_, _, _, _| (), 1.0).is_ok());
    let not_finite = |what| ProgrammeError::NotFinite { what };
    for bad in [f64::NAN, f64::INFINITY] {
        for i in 0..3 {
            let error = build(&|data, _, _, _| data[(1, i)] = bad, 1.0).unwrap_err();
            assert_eq!(error, not_finite(Subject::Data));
        }
        let error = build(&|_, _, gates, _| gates[(0, 1)] = bad, 1.0).unwrap_err();
        assert_eq!(error, not_finite(Subject::Gates));
        let error = build(&|_, _, _, y| y[2] = bad, 1.0).unwrap_err();
        assert_eq!(error, not_finite(Subject::Target));
        assert_eq!(
            build(&|_, _, _, _| (), bad).unwrap_err(),
            not_finite(Subject::Beta)
        );
    }
    assert!(build(&|_, _, _, _| (), -1.0).is_err());
    for error in [
        build(&|data, _, _, _| *data = Mat::zeros(2, 4), 1.0),
        build(&|data, _, _, _| *data = Mat::zeros(3, 3), 1.0),
        build(&|_, _, gates, _| *gates = Mat::zeros(2, 3), 1.0),
        build(&|_, _, _, y| y.push(1.0), 1.0),
    ] {
        let error = error.unwrap_err();
        assert!(matches!(error, ProgrammeError::Shape { .. }), "{error}");
    }
    let empty = Masks::from_columns(3, Vec::new()).unwrap();
    let (data, _, _, target) = parts();
    let programme = Programme::new(data, empty, Mat::zeros(2, 0), target, 1.0, relu).unwrap();
    let settings = ProgrammeSettings::default();
    let error = solve(
        &programme,
        &settings.check().unwrap(),
        &Control::default(),
        None,
        &mut (),
    )
    .unwrap_err();
    assert_eq!(error, ProgrammeError::NoPattern);
}

#[test]
fn programme_values_too_large_to_square_are_errors() {
    for activation in [Activation::Relu, Activation::Gated] {
        let small = Case::random(10, activation).programme();
        let build = |of_data: f64, of_target: f64| {
            let (data, gates) = (small.data(), small.gates());
            Programme::new(
                Mat::from_fn(data.nrows(), data.ncols(), |k, i| of_data * data[(k, i)]),
                small.masks().clone(),
                gates.to_owned(),
                small.target().iter().map(|y| of_target * y).collect(),
                of_data * of_target * small.beta_sum(),
                activation,
            )
        };
        for (of_data, of_target, want) in [
            (1e155, 1.0, Subject::Data),
            (1.0, 1e155, Subject::Target),
            (1.0, 1e300, Subject::Target),
        ] {
            match build(of_data, of_target) {
                Err(ProgrammeError::Range { what }) => {
                    assert_eq!(what, want, "{of_data}, {of_target}")
                }
                other => panic!("{of_data}, {of_target}: {other:?}"),
            }
        }
        // what is let in has a finite gap, and converged means converged
        for (of_data, of_target) in [(1e150, 1.0), (1.0, 1e150), (1e100, 1e100), (1e150, 1e150)] {
            let programme = build(of_data, of_target).unwrap();
            let settings = settings(1e-3, |s| s.max_iters = 20);
            if let Ok(solution) = solve(
                &programme,
                &settings.check().unwrap(),
                &Control::default(),
                None,
                &mut (),
            ) {
                let (objective, bound) = (solution.point.objective, solution.certificate.bound);
                let what =
                    format!("{activation:?}, {of_data}, {of_target}: {bound} .. {objective}");
                assert!(
                    objective.is_finite() && solution.gap().is_finite(),
                    "{what}"
                );
                let close = (objective - bound) / objective <= 1e-3;
                assert_eq!(solution.status == Status::Converged, close, "{what}");
            }
        }
    }
}
