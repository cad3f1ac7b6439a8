use core::sync::atomic::AtomicBool;

use crelu_model::{
    Activation, Beta, Control, Dataset, Fit, FitError, FitObserver, FitSettings, Halt, LossChoice,
    Model, Network, PatternSource, Precision, PrimalChoice, Progress, Prove, Setting, Splitting,
    Status, Subject, Switch, TargetColumn, Task, TrainMode, fit,
};
use faer::Mat;
use testkit::MovingClock;

use crate::data::{class_set, on_patterns, regression_set};

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
    let outputs = model.outputs(data.rows()).unwrap();
    assert!(outputs.iter().all(|f| f.is_finite()), "{what}");
    assert_eq!(outputs, fit.model.outputs(data.rows()).unwrap(), "{what}");
}

fn variants() -> Vec<(&'static str, FitSettings)> {
    let base = || on_patterns().n_patterns(24).tol(1e-9);
    let mut three = base();
    three.programme.splitting = Splitting::ThreeBlock;
    let mut working = base();
    working.programme.working_set = Switch::On;
    let mut plain = base();
    plain.programme.newton = Switch::Off;
    let mut newton = base();
    newton.programme.newton = Switch::On;
    let mut iterative = base();
    iterative.programme.primal = PrimalChoice::Cg;
    let mut single = base();
    single.programme.precision = Precision::F32;
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

/// More time, no worse a network, up to the hair that moves it inside its cones: some millionths of its
/// blocks.
const HAIR: f64 = 5e-6;

#[test]
fn fit_time_limit_at_any_moment_leaves_a_usable_model() {
    let (regression, classes) = (regression_set(1, 60, 6), class_set(1, 60, 6));
    for (name, settings) in variants() {
        for data in [&regression, &classes] {
            let settings = settings.clone().check().unwrap();
            let mut objectives = Vec::new();
            for limit in [0.0, 1.0, 3.0, 6.0, 10.0, 20.0, 40.0, 80.0, 160.0] {
                let clock = MovingClock::ticking(1.0);
                let control = Control::with_clock(&clock).deadline(limit);
                let fit = fit(data, None, &settings, &control, &mut ()).unwrap();
                let what = format!("{name}, limit {limit}");
                assert_usable(&what, &fit, data);
                assert_eq!(fit.report.status, Status::TimeLimit, "{what}");
                assert_eq!(fit.report.settings["time_limit"], limit, "{what}");
                assert!(fit.report.seconds.total >= limit, "{what}");
                objectives.push(fit.report.objective_network);
            }
            for pair in objectives.windows(2) {
                assert!(pair[1] <= pair[0] * (1.0 + HAIR), "{name}: {objectives:?}");
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
        assert_eq!(fit.report.status, Status::Interrupted, "{name}");
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
            assert_eq!(fit.report.status, Status::Interrupted, "{what}");
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
            if fit.report.status != Status::Stalled {
                assert_eq!(fit.report.status, Status::IterationLimit, "{what}");
                assert_eq!(fit.report.iterations, limit, "{what}");
            }
        }
    }
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
                let mut settings = on_patterns()
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
                            report.train.r2().unwrap(),
                        ] {
                            assert!(value.is_finite(), "{what}: {report:?}");
                        }
                        let outputs = fit.model.outputs(data.rows()).unwrap();
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
            let mut settings = on_patterns().task(Task::Regress).n_patterns(8);
            (settings.standardize, settings.bias) = (standardize, false);
            let settings = settings.check().unwrap();
            let what = format!("{factor} of the target {of_target}, standardize {standardize}");
            match fit(&data, None, &settings, &Control::default(), &mut ()) {
                Ok(fit) => {
                    assert!(!of_target || factor > 1e-200, "{what}");
                    assert_usable(&what, &fit, &data);
                    assert!(
                        fit.report.train.r2() > Some(0.8),
                        "{what}: {:?}",
                        fit.report
                    );
                }
                // J is in their squares
                Err(FitError::TargetRange { .. }) if of_target && factor < 1e-200 => {}
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
    let gates = |rows, value| on_patterns().gates(Mat::from_fn(rows, 2, |_, _| value));
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
            Err(FitError::NotFinite {
                what: Subject::Gates
            })
        );
    }
    // a negative bias alone sees no row
    let away = Mat::from_fn(4, 1, |k, _| if k == 3 { -1.0 } else { 0.0 });
    assert_eq!(
        go(on_patterns().gates(away), None),
        Err(FitError::NoPattern)
    );
    let wide = regression_set(9, 5, 4);
    assert!(matches!(
        go(on_patterns(), Some(&wide)),
        Err(FitError::Shape {
            want: 3,
            got: 4,
            ..
        })
    ));
    let logistic = on_patterns()
        .task(Task::Classify)
        .loss(LossChoice::Logistic);
    // amounts are no classes; three whole numbers are, but for another loss
    assert!(matches!(
        go(logistic.clone(), None),
        Err(FitError::Amounts { .. })
    ));
    let thirds = (0..data.n_samples()).map(|j| (j % 3) as f64);
    let three = vec![TargetColumn::numbers(thirds.collect())];
    let three = data.clone().with_targets(three).unwrap();
    let settings = logistic.check().unwrap();
    let refused = fit(&three, None, &settings, &Control::default(), &mut ());
    assert!(matches!(
        refused,
        Err(FitError::LossTask {
            loss: "logistic",
            ..
        })
    ));
    assert!(matches!(
        go(on_patterns().loss(LossChoice::Softmax), None),
        Err(FitError::LossTask {
            loss: "softmax",
            ..
        })
    ));
    let classes = class_set(9, 20, 3);
    let settings = on_patterns().task(Task::Regress).check().unwrap();
    let error = fit(&classes, None, &settings, &Control::default(), &mut ()).unwrap_err();
    assert_eq!(error, FitError::TextTarget { row: 1 });
    let features = classes.features().to_owned();
    let mut labels = classes.target().text.clone();
    labels[7] = "elsewhere".to_owned();
    let strange = Dataset::from_columns(features, TargetColumn::labels(labels)).unwrap();
    let settings = on_patterns().check().unwrap();
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
    let s = on_patterns();
    assert_eq!((s.task, s.activation), (None, Activation::Relu));
    assert!(matches!(
        s.patterns,
        PatternSource::Sampled { count: 100, .. }
    ));
    assert_eq!(s.beta, Beta::Fraction(0.02));
    assert_eq!(
        (s.tol, s.max_iters, s.seed, s.programme.check_every),
        (None, None, 0, 5)
    );
    assert!(s.standardize && s.bias);
    assert_eq!(s.programme.memory_limit, 6.0 * f64::from(1u32 << 30));
    assert_eq!(
        (s.programme.splitting, s.programme.primal),
        (Splitting::Auto, PrimalChoice::Auto)
    );
    assert_eq!(
        (
            s.programme.precision,
            s.programme.newton,
            s.programme.working_set
        ),
        (Precision::Auto, Switch::Auto, Switch::Auto)
    );
    assert!(s.check().is_ok());

    let base = on_patterns;
    let mut memory = base();
    memory.programme.memory_limit = 0.0;
    let mut unknown = base();
    unknown.programme.memory_limit = f64::NAN;
    for (settings, want) in [
        (base().beta(-1.0), Setting::Beta),
        (base().beta(f64::NAN), Setting::Beta),
        (base().beta(f64::INFINITY), Setting::Beta),
        (base().beta_frac(-1e-9), Setting::BetaFrac),
        (base().beta_frac(f64::NAN), Setting::BetaFrac),
        (base().tol(-1.0), Setting::Tol),
        (base().tol(f64::NAN), Setting::Tol),
        (base().tol(f64::INFINITY), Setting::Tol),
        (base().n_patterns(0), Setting::Patterns),
        (base().gates(Mat::zeros(3, 0)), Setting::Gates),
        (memory, Setting::MemoryLimit),
        (unknown, Setting::MemoryLimit),
    ] {
        let error = settings.check().unwrap_err();
        assert!(error.setting() == Some(want), "{want:?}: {error}");
    }
    // what only generated neurons have a use for
    let network = Network {
        hidden: Mat::zeros(3, 1),
        output: vec![0.0],
        n_outputs: 1,
        gates: None,
    };
    for (settings, want) in [
        (base().ascents(800), Setting::Ascents),
        (base().thin(0.0), Setting::Thin),
        (base().max_neurons(5), Setting::MaxNeurons),
        (base().init(network.clone()), Setting::Init),
    ] {
        let refused = settings.clone().check().unwrap_err();
        assert!(refused.setting() == Some(want), "{want:?}: {refused}");
        assert!(
            settings.train(TrainMode::Global).check().is_ok(),
            "{want:?}"
        );
    }
    let global = || FitSettings::default().train(TrainMode::Global);
    for (settings, want) in [
        (global().gates(Mat::zeros(3, 1)), Setting::Gates),
        (global().activation(Activation::Gated), Setting::Train),
        (global().ascents(0), Setting::Ascents),
        (global().max_neurons(0), Setting::MaxNeurons),
        (global().thin(f64::NAN), Setting::Thin),
        (global().prove(Prove::Seconds(f64::NAN)), Setting::Prove),
        (global().nystrom_rank(0), Setting::NystromRank),
    ] {
        let refused = settings.check().unwrap_err();
        assert!(refused.setting() == Some(want), "{want:?}: {refused}");
    }
    // the number of patterns is accepted where none are sampled
    assert!(global().n_patterns(7).check().is_ok());
    let mode = |settings: FitSettings| settings.train_in_force();
    assert_eq!(mode(FitSettings::default()), TrainMode::Global);
    let gated = FitSettings::default().activation(Activation::Gated);
    assert_eq!(mode(gated.clone()), TrainMode::Sampled);
    assert!(gated.check().is_ok());
    for settings in [
        base().beta(0.0),
        base().beta_frac(0.0),
        base().tol(0.0),
        base().max_iters(0),
    ] {
        assert!(settings.check().is_ok());
    }
}
