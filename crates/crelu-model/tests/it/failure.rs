use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crelu_model::programme::{Activation, Programme, ProgrammeSettings, solve};
use crelu_model::{
    Beta, Clock, Control, Dataset, Fit, FitError, FitObserver, FitSettings, Halt, Model,
    PatternSource, Precision, PrimalChoice, Progress, Splitting, Status, Switch, TargetColumn,
    Task, fit,
};
use faer::Mat;
use linalg_core::Masks;

use crate::data::{Case, Stream, class_set, regression_set, settings};

/// A clock that moves a second every time it is read.
struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn seconds(&self) -> f64 {
        self.0.fetch_add(1, Ordering::Relaxed) as f64
    }
}

/// Ends the fit at the given call.
struct StopAt {
    calls: usize,
    last: usize,
}

impl FitObserver for StopAt {
    fn progress(&mut self, _progress: Progress<'_>) -> bool {
        self.calls += 1;
        self.calls <= self.last
    }
}

fn assert_usable(what: &str, fit: &Fit, data: &Dataset) {
    let report = &fit.report;
    let y: Vec<f64> = match &data.target().values {
        Some(values) => values.clone(),
        None => vec![1.0; data.n_samples()],
    };
    let zero = y.iter().map(|y| 0.5 * y * y).sum::<f64>() / y.len() as f64;
    assert!(
        report.objective_network.is_finite() && report.objective_network <= zero * (1.0 + 1e-12),
        "{what}: {} above the zero network's {zero}",
        report.objective_network
    );
    assert!(
        report.dual_bound >= 0.0 && report.dual_bound <= report.objective_network,
        "{what}: {}",
        report.dual_bound
    );
    assert!(
        (0.0..=1.0).contains(&report.gap),
        "{what}: gap {}",
        report.gap
    );
    let model = Model::from_bytes(&fit.model.to_bytes()).unwrap();
    let outputs = model.outputs(data.features()).unwrap();
    assert!(outputs.iter().all(|f| f.is_finite()), "{what}");
    assert_eq!(
        outputs,
        fit.model.outputs(data.features()).unwrap(),
        "{what}"
    );
}

fn variants() -> Vec<(&'static str, FitSettings)> {
    let base = || FitSettings::default().n_patterns(24).tol(1e-9);
    let mut three = base();
    three.splitting = Splitting::ThreeBlock;
    let mut working = base();
    working.working_set = Switch::On;
    let mut plain = base();
    plain.newton = Switch::Off;
    let mut newton = base();
    newton.newton = Switch::On;
    let mut iterative = base();
    iterative.primal = PrimalChoice::Cg;
    let mut single = base();
    single.precision = Precision::F32;
    vec![
        ("two-block", plain),
        ("newton", newton),
        ("three-block", three),
        ("working set", working),
        ("cg", iterative),
        ("f32", single),
        ("gated", base().activation(Activation::Gated)),
    ]
}

#[test]
fn fit_time_limit_at_any_moment_leaves_a_usable_model() {
    let (regression, classes) = (regression_set(1, 60, 6), class_set(1, 60, 6));
    for (name, settings) in variants() {
        for data in [&regression, &classes] {
            let settings = settings.clone().check().unwrap();
            let mut objectives = Vec::new();
            for limit in [0.0, 1.0, 3.0, 6.0, 10.0, 20.0, 40.0, 80.0, 160.0] {
                let clock = Ticking(AtomicU64::new(0));
                let control = Control::with_clock(&clock).deadline(limit);
                let fit = fit(data, None, &settings, &control, &mut ()).unwrap();
                let what = format!("{name}, limit {limit}");
                assert_usable(&what, &fit, data);
                assert_eq!(fit.report.status, "time_limit", "{what}");
                assert_eq!(fit.report.settings["time_limit"], limit, "{what}");
                assert!(fit.report.seconds.total >= limit, "{what}");
                objectives.push(fit.report.objective_network);
            }
            // more time, no worse a network (up to the hair that moves it inside its cones)
            for pair in objectives.windows(2) {
                assert!(pair[1] <= pair[0] * (1.0 + 1e-6), "{name}: {objectives:?}");
            }
        }
    }
}

#[test]
fn fit_raised_flag_leaves_a_usable_model() {
    let data = class_set(2, 60, 6);
    let flag = AtomicBool::new(true);
    for (name, settings) in variants() {
        let control = Control::default().interrupt(&flag);
        assert_eq!(control.halt(), Some(Halt::Interrupted));
        let fit = fit(&data, None, &settings.check().unwrap(), &control, &mut ()).unwrap();
        assert_usable(name, &fit, &data);
        assert_eq!(fit.report.status, "interrupted", "{name}");
    }
}

#[test]
fn fit_observer_that_says_stop_is_obeyed_at_once() {
    let data = regression_set(3, 60, 6);
    for (name, settings) in variants() {
        let settings = settings.check().unwrap();
        for last in [0, 1, 2, 4, 7, 12, 19] {
            let mut observer = StopAt { calls: 0, last };
            let fit = fit(&data, None, &settings, &Control::default(), &mut observer).unwrap();
            let what = format!("{name}, stopped at call {}", last + 1);
            assert_usable(&what, &fit, &data);
            assert_eq!(fit.report.status, "interrupted", "{what}");
            assert!(
                fit.report.iterations <= last + 1,
                "{what}: {}",
                fit.report.iterations
            );
        }
    }
}

#[test]
fn fit_iteration_limit_is_kept() {
    let data = regression_set(4, 60, 6);
    for (name, settings) in variants() {
        for limit in [0, 1, 7, 31] {
            let settings = settings.clone().tol(0.0).max_iters(limit).check().unwrap();
            let fit = fit(&data, None, &settings, &Control::default(), &mut ()).unwrap();
            let what = format!("{name}, at most {limit}");
            assert_usable(&what, &fit, &data);
            assert!(
                fit.report.iterations <= limit,
                "{what}: {}",
                fit.report.iterations
            );
            if fit.report.status != "stalled" {
                assert_eq!(fit.report.status, "iteration_limit", "{what}");
                assert_eq!(fit.report.iterations, limit, "{what}");
            }
        }
    }
}

#[test]
fn solve_f32_that_stalls_keeps_the_iteration_limit_over_both_precisions() {
    // a tolerance that f32 cannot reach: f64 takes over, with what is left of the iterations
    for splitting in [Splitting::TwoBlock, Splitting::ThreeBlock] {
        for seed in 0..4 {
            let programme = Case::random(seed, Activation::Relu).programme();
            let settings = settings(1e-13, |s| {
                s.splitting = splitting;
                s.precision = Precision::F32;
                s.newton = Switch::Off;
                s.max_iters = 1500;
            });
            let solution =
                solve(&programme, &settings, &Control::default(), None, &mut ()).unwrap();
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
        let solution = solve(&programme, &settings, &Control::default(), None, &mut ()).unwrap();
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
    let error = solve(&programme, &settings, &Control::default(), None, &mut ()).unwrap_err();
    let FitError::Memory { needed, limit } = error else {
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
    let not_finite = |what| FitError::NotFinite { what };
    for bad in [f64::NAN, f64::INFINITY] {
        for i in 0..3 {
            let error = build(&|data, _, _, _| data[(1, i)] = bad, 1.0).unwrap_err();
            assert_eq!(error, not_finite("data"));
        }
        let error = build(&|_, _, gates, _| gates[(0, 1)] = bad, 1.0).unwrap_err();
        assert_eq!(error, not_finite("gates"));
        let error = build(&|_, _, _, y| y[2] = bad, 1.0).unwrap_err();
        assert_eq!(error, not_finite("target"));
        assert_eq!(
            build(&|_, _, _, _| (), bad).unwrap_err(),
            not_finite("beta")
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
        assert!(matches!(error, FitError::Shape { .. }), "{error}");
    }
    let empty = Masks::from_columns(3, Vec::new()).unwrap();
    let (data, _, _, target) = parts();
    let programme = Programme::new(data, empty, Mat::zeros(2, 0), target, 1.0, relu).unwrap();
    let settings = ProgrammeSettings::default();
    let error = solve(&programme, &settings, &Control::default(), None, &mut ()).unwrap_err();
    assert_eq!(error, FitError::NoPattern);
}

#[test]
fn fit_numbers_beyond_their_range_are_errors_not_nan() {
    for (factor, of_target) in [(1e200, false), (1e200, true), (1e308, false), (1e308, true)] {
        for standardize in [true, false] {
            for activation in [Activation::Relu, Activation::Gated] {
                let data = regression_set(7, 30, 3);
                let by = |yes: bool| if yes { factor } else { 1.0 };
                let x = Mat::from_fn(3, 30, |k, j| by(!of_target) * 0.1 * data.features()[(k, j)]);
                let y = data.target().values.as_ref().unwrap();
                let y = y.iter().map(|y| by(of_target) * 0.1 * y).collect();
                let data = Dataset::from_columns(x, TargetColumn::numbers(y)).unwrap();
                let mut settings = FitSettings::default()
                    .task(Task::Regress)
                    .activation(activation)
                    .n_patterns(8)
                    .max_iters(50);
                settings.standardize = standardize;
                let settings = settings.check().unwrap();
                let what = format!("{factor} target {of_target} {standardize} {activation:?}");
                match fit(&data, None, &settings, &Control::default(), &mut ()) {
                    Err(error) => assert!(!error.to_string().is_empty()),
                    Ok(fit) => {
                        let report = &fit.report;
                        for value in [
                            report.objective_network,
                            report.objective_convex,
                            report.dual_bound,
                            report.gap,
                            report.programme_gap,
                            report.beta,
                            report.train.loss,
                            report.train.r2.unwrap(),
                        ] {
                            assert!(value.is_finite(), "{what}: {report:?}");
                        }
                        let outputs = fit.model.outputs(data.features()).unwrap();
                        assert!(outputs.iter().all(|f| f.is_finite()), "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn fit_tiny_numbers_end_with_a_usable_model() {
    for (factor, of_target) in [
        (1e-150, false),
        (1e-150, true),
        (1e-300, false),
        (1e-300, true),
    ] {
        let data = regression_set(8, 30, 3);
        let by = |yes: bool| if yes { factor } else { 1.0 };
        let x = Mat::from_fn(3, 30, |k, j| by(!of_target) * data.features()[(k, j)]);
        let y = data.target().values.as_ref().unwrap();
        let y = y.iter().map(|y| by(of_target) * y).collect();
        let data = Dataset::from_columns(x, TargetColumn::numbers(y)).unwrap();
        for standardize in [true, false] {
            let mut settings = FitSettings::default().task(Task::Regress).n_patterns(8);
            (settings.standardize, settings.bias) = (standardize, false);
            let settings = settings.check().unwrap();
            let what = format!("{factor} of the target {of_target}, standardize {standardize}");
            match fit(&data, None, &settings, &Control::default(), &mut ()) {
                Ok(fit) => assert_usable(&what, &fit, &data),
                Err(error) => panic!("{what}: {error}"),
            }
        }
    }
}

#[test]
fn fit_unfit_inputs_are_errors() {
    let data = regression_set(9, 20, 3);
    let go = |settings: FitSettings, test: Option<&Dataset>| {
        let settings = settings.check()?;
        fit(&data, test, &settings, &Control::default(), &mut ()).map(|fit| fit.report.status)
    };
    let gates = |rows, value| FitSettings::default().gates(Mat::from_fn(rows, 2, |_, _| value));
    assert!(matches!(
        go(gates(6, 1.0), None),
        Err(FitError::Shape {
            want: 4,
            got: 6,
            ..
        })
    ));
    assert!(matches!(
        go(gates(2, 1.0), None),
        Err(FitError::Shape {
            want: 4,
            got: 2,
            ..
        })
    ));
    let mut settings = gates(4, 1.0);
    settings.bias = false;
    assert!(matches!(
        go(settings, None),
        Err(FitError::Shape {
            want: 3,
            got: 4,
            ..
        })
    ));
    for bad in [f64::NAN, f64::INFINITY] {
        assert_eq!(
            go(gates(4, bad), None),
            Err(FitError::NotFinite { what: "gates" })
        );
    }
    // a negative bias alone sees no row
    let away = Mat::from_fn(4, 1, |k, _| if k == 3 { -1.0 } else { 0.0 });
    assert_eq!(
        go(FitSettings::default().gates(away), None),
        Err(FitError::NoPattern)
    );
    let wide = regression_set(9, 5, 4);
    assert!(matches!(
        go(FitSettings::default(), Some(&wide)),
        Err(FitError::Shape {
            want: 3,
            got: 4,
            ..
        })
    ));
    assert!(matches!(
        go(FitSettings::default().task(Task::Classify), None),
        Err(FitError::Classes { classes: 20 })
    ));
    let classes = class_set(9, 20, 3);
    let settings = FitSettings::default().task(Task::Regress).check().unwrap();
    let error = fit(&classes, None, &settings, &Control::default(), &mut ()).unwrap_err();
    assert_eq!(error, FitError::TextTarget { row: 1 });
    let features = classes.features().to_owned();
    let mut labels = classes.target().text.clone();
    labels[7] = "elsewhere".to_owned();
    let strange = Dataset::from_columns(features, TargetColumn::labels(labels)).unwrap();
    let settings = FitSettings::default().check().unwrap();
    let error = fit(
        &classes,
        Some(&strange),
        &settings,
        &Control::default(),
        &mut (),
    )
    .unwrap_err();
    assert_eq!(error, FitError::UnknownLabel { row: 8 });
}

#[test]
fn settings_defaults_and_ranges_are_those_of_the_table() {
    let s = FitSettings::default();
    assert_eq!((s.task, s.activation), (None, Activation::Relu));
    assert!(matches!(
        s.patterns,
        PatternSource::Sampled { count: 100, .. }
    ));
    assert_eq!(s.beta, Beta::Fraction(0.02));
    assert_eq!(
        (s.tol, s.max_iters, s.seed, s.check_every),
        (None, None, 0, 5)
    );
    assert!(s.standardize && s.bias);
    assert_eq!(s.memory_limit, 6.0 * f64::from(1u32 << 30));
    assert_eq!(
        (s.splitting, s.primal),
        (Splitting::Auto, PrimalChoice::Auto)
    );
    assert_eq!(
        (s.precision, s.newton, s.working_set),
        (Precision::Auto, Switch::Auto, Switch::Auto)
    );
    assert!(s.check().is_ok());

    let base = FitSettings::default;
    let mut memory = base();
    memory.memory_limit = 0.0;
    let mut unknown = base();
    unknown.memory_limit = f64::NAN;
    for (settings, want) in [
        (base().beta(-1.0), "beta"),
        (base().beta(f64::NAN), "beta"),
        (base().beta(f64::INFINITY), "beta"),
        (base().beta_frac(-1e-9), "beta-frac"),
        (base().beta_frac(f64::NAN), "beta-frac"),
        (base().tol(-1.0), "tol"),
        (base().tol(f64::NAN), "tol"),
        (base().tol(f64::INFINITY), "tol"),
        (base().n_patterns(0), "patterns"),
        (base().gates(Mat::zeros(3, 0)), "gates"),
        (memory, "memory-limit"),
        (unknown, "memory-limit"),
    ] {
        let error = settings.check().unwrap_err();
        assert!(
            matches!(error, FitError::Setting { name, .. } if name == want),
            "{want}: {error}"
        );
    }
    for settings in [
        base().beta(0.0),
        base().beta_frac(0.0),
        base().tol(0.0),
        base().max_iters(0),
    ] {
        assert!(settings.check().is_ok());
    }
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
            (1e155, 1.0, "data"),
            (1.0, 1e155, "target"),
            (1.0, 1e300, "target"),
        ] {
            match build(of_data, of_target) {
                Err(FitError::Range { what }) => assert_eq!(what, want, "{of_data}, {of_target}"),
                other => panic!("{of_data}, {of_target}: {other:?}"),
            }
        }
        // what is let in has a finite gap, and converged means converged
        for (of_data, of_target) in [(1e150, 1.0), (1.0, 1e150), (1e100, 1e100), (1e150, 1e150)] {
            let programme = build(of_data, of_target).unwrap();
            let settings = settings(1e-3, |s| s.max_iters = 20);
            if let Ok(solution) = solve(&programme, &settings, &Control::default(), None, &mut ()) {
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
