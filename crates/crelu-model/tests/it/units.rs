//! Units of targets and features: centres, powers of two, the ends of the range.

use crelu_model::programme::Activation;
use crelu_model::{
    Dataset, Fit, FitError, FitSettings, Model, ModelError, OutOfRange, Precision, Prove, Report,
    Standardisation, Status, TargetColumn, Task, TrainMode, VerifyError,
};
use faer::Mat;
use testkit::Stream;

use crate::data::regression_set;
use crate::invariance::run;

/// Another order of sums, or a square root of two: nothing else may differ.
const ROUNDING: f64 = 1e-12;

fn power(k: i32) -> f64 {
    2f64.powi(k / 2) * 2f64.powi(k - k / 2)
}

/// Multiples of `2^-10`, 64 rows: sums are exact, and so is the mean.
fn dyadic() -> Dataset {
    let data = regression_set(7, 64, 3);
    let values = data.target().values.as_ref().unwrap();
    let grid = |v: &f64| (v * 1024.0).round() / 1024.0;
    with_target(&data, values.iter().map(grid).collect())
}

fn with_target(data: &Dataset, values: Vec<f64>) -> Dataset {
    Dataset::from_columns(data.features().to_owned(), TargetColumn::numbers(values)).unwrap()
}

fn mapped(data: &Dataset, change: impl Fn(f64) -> f64) -> Dataset {
    let values = data.target().values.as_ref().unwrap();
    with_target(data, values.iter().map(|&y| change(y)).collect())
}

fn ways() -> Vec<FitSettings> {
    let base = || {
        crate::data::squared()
            .task(Task::Regress)
            .beta_frac(0.02)
            .n_patterns(20)
    };
    vec![
        base().train(TrainMode::Sampled).prove(Prove::Never),
        base()
            .train(TrainMode::Sampled)
            .activation(Activation::Gated)
            .prove(Prove::Never),
        base().train(TrainMode::Global).max_iters(8),
    ]
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * a.abs().max(b.abs())
}

#[test]
fn targets_shifted_by_a_constant_change_no_weight() {
    let data = dyadic();
    for settings in ways() {
        let here = run(&data, settings.clone());
        assert!(here.model.output_bias[0] != 0.0);
        for shift in [1e5, -3e4, 268_435_456.0] {
            let there = run(&mapped(&data, |y| y + shift), settings.clone());
            assert_eq!(there.model.network, here.model.network);
            assert_eq!(
                there.model.output_bias[0],
                here.model.output_bias[0] + shift
            );
            assert_eq!(
                there.report.objective_network,
                here.report.objective_network
            );
            assert_eq!(there.report.dual_bound, here.report.dual_bound);
            assert_eq!(there.report.train, here.report.train);
            assert_eq!(there.report.proven_bound, here.report.proven_bound);
        }
    }
}

#[test]
fn targets_taken_as_they_are_keep_their_mean_and_the_model_adds_none() {
    let data = mapped(&dyadic(), |y| y + 100.0);
    let [centred, plain] = [true, false].map(|center| {
        let settings = ways().remove(0).center(center);
        run(&data, settings)
    });
    assert_eq!(plain.model.output_bias, [0.0]);
    assert!(plain.report.objective_network > 100.0 * centred.report.objective_network);
    let mean = data.target().values.as_ref().unwrap().iter().sum::<f64>() / 64.0;
    assert!(near(centred.model.output_bias[0], mean));
}

#[test]
fn targets_times_a_power_of_two_scale_everything() {
    let data = dyadic();
    for settings in ways() {
        let here = run(&data, settings.clone());
        for k in [-401, -52, -1, 1, 12, 333] {
            let there = run(&mapped(&data, |y| y * power(k)), settings.clone());
            let (a, b) = (&here.report, &there.report);
            assert_eq!(a.status, b.status);
            assert_eq!(a.neurons, b.neurons);
            assert_eq!(a.beta * power(k), b.beta, "2^{k}");
            assert_eq!(a.dual_bound * power(k) * power(k), b.dual_bound, "2^{k}");
            assert_eq!(a.gap, b.gap, "2^{k}");
            assert_eq!(a.train.r2(), b.train.r2(), "2^{k}");
            assert_eq!(search_gap(a), search_gap(b));
            assert_eq!(
                a.proven_bound.map(|bound| bound * power(k) * power(k)),
                b.proven_bound
            );
            let (f, g) = (outputs(&here, &data), outputs(&there, &data));
            for (f, g) in f.iter().zip(&g) {
                assert!((f * power(k) - g).abs() <= ROUNDING * power(k), "2^{k}");
            }
            let back = Model::from_bytes(&there.model.to_bytes()).unwrap();
            assert_eq!(back, there.model);
        }
    }
}

fn search_gap(report: &Report) -> Option<f64> {
    report.global().and_then(|global| global.search_gap)
}

fn outputs(fit: &Fit, data: &Dataset) -> Vec<f64> {
    fit.model.outputs(data.rows()).unwrap()
}

#[test]
fn standardised_columns_times_powers_of_two_change_nothing() {
    let data = dyadic();
    for settings in ways() {
        let here = run(&data, settings.clone());
        for k in [[-1000, 3, 0], [900, -900, 1], [40, 40, 40]] {
            let x = Mat::from_fn(3, 64, |i, j| data.features()[(i, j)] * power(k[i]));
            let other = Dataset::from_columns(x, data.target().clone()).unwrap();
            let there = run(&other, settings.clone());
            assert_eq!(here.model.network, there.model.network, "{k:?}");
            assert_eq!(outputs(&here, &data), outputs(&there, &other), "{k:?}");
            assert_eq!(
                here.report.objective_network,
                there.report.objective_network
            );
        }
    }
}

#[test]
fn inputs_as_they_are_times_a_power_of_two_change_no_output() {
    let data = dyadic();
    for mut settings in ways() {
        (settings.standardize, settings.bias) = (false, false);
        for precision in [Precision::F64, Precision::F32] {
            settings.programme.precision = precision;
            let here = run(&data, settings.clone());
            assert!(here.report.train.r2() > Some(0.5));
            for k in [-880, -100, -1, 99, 880] {
                let x = Mat::from_fn(3, 64, |i, j| data.features()[(i, j)] * power(k));
                let other = Dataset::from_columns(x, data.target().clone()).unwrap();
                let there = run(&other, settings.clone());
                assert_eq!(here.report.train, there.report.train, "2^{k}");
                assert_eq!(here.report.beta * power(k), there.report.beta, "2^{k}");
                assert_eq!(here.report.gap, there.report.gap, "2^{k}");
                for (f, g) in outputs(&here, &data).iter().zip(outputs(&there, &other)) {
                    assert!((f - g).abs() <= ROUNDING, "2^{k}");
                }
            }
        }
    }
}

#[test]
fn targets_whose_squares_are_no_numbers_are_refused() {
    let data = dyadic();
    for size in [1e-300, 1e-200, 1e-156, 1e156, 1e200, 1e308] {
        for settings in ways() {
            let settings = settings.check().unwrap();
            let data = mapped(&data, |y| y * size / 8.0);
            let error = crelu_model::fit(
                &data,
                None,
                &settings,
                &crelu_model::Control::default(),
                &mut (),
            )
            .unwrap_err();
            assert!(
                matches!(error, FitError::TargetRange { target: 0, problem: OutOfRange::Target { size: found } } if (0.01..100.0).contains(&(found / size))),
                "{size}: {error}"
            );
            assert!(error.to_string().contains("scale the column"));
        }
    }
}

#[test]
fn inputs_beyond_the_target_are_refused_by_their_column() {
    let data = dyadic();
    for (size, bias) in [
        (1e-305, false),
        (1e305, false),
        (1e305, true),
        (1e-20, true),
    ] {
        let mut settings = ways().remove(0);
        (settings.standardize, settings.bias) = (false, bias);
        let settings = settings.check().unwrap();
        let of = |i: usize| if i == 1 { size } else { size / 1e9 };
        let x = Mat::from_fn(3, 64, |i, j| data.features()[(i, j)] * of(i));
        let data = Dataset::from_columns(x, data.target().clone()).unwrap();
        let control = crelu_model::Control::default();
        let error = crelu_model::fit(&data, None, &settings, &control, &mut ()).unwrap_err();
        assert!(
            matches!(error, FitError::FeatureRange { column: 1, .. }),
            "{error}"
        );
    }
}

#[test]
fn test_row_too_far_to_be_scored_is_refused() {
    let data = dyadic();
    let settings = ways().remove(0).check().unwrap();
    let control = crelu_model::Control::default();
    let fit = |test: &Dataset| crelu_model::fit(&data, Some(test), &settings, &control, &mut ());
    let mut x = data.features().to_owned();
    x[(2, 5)] = 1e200;
    let test = Dataset::from_columns(x, data.target().clone()).unwrap();
    let want = FitError::TestRange {
        row: 5,
        column: Some(2),
        target: 0,
        value: 1e200,
    };
    assert_eq!(fit(&test).unwrap_err(), want);
    let mut y = data.target().values.clone().unwrap();
    y[9] = -1e160;
    let want = FitError::TestRange {
        row: 9,
        column: None,
        target: 0,
        value: -1e160,
    };
    assert_eq!(fit(&with_target(&data, y)).unwrap_err(), want);
}

#[test]
fn column_near_the_largest_number_is_trained_on_and_read_back() {
    let data = dyadic();
    let mut x = data.features().to_owned();
    for j in 0..64 {
        let sign = if j % 2 == 0 { 1.0 } else { -1.0 };
        x[(0, j)] = sign * (1.0 + j as f64 / 90.0) * 1e308;
    }
    let data = Dataset::from_columns(x, data.target().clone()).unwrap();
    for settings in ways() {
        let fit = run(&data, settings);
        assert!(fit.report.train.r2() > Some(0.3));
        let back = Model::from_bytes(&fit.model.to_bytes()).unwrap();
        assert_eq!(back, fit.model);
        assert_eq!(back.outputs(data.rows()).unwrap(), outputs(&fit, &data));
    }
}

#[test]
fn standardisation_of_evenly_spaced_numbers_is_exact_to_rounding() {
    // base + i step: the mean and the deviation are known
    let n = 1001usize;
    for (base, step, unit) in [
        (0.0, 1.0, 1.0),
        (1e9, 1.0 / 1024.0, 1.0),
        (-1e9, 1.0 / 1024.0, power(900)),
        (1e9, 1.0 / 1024.0, power(-900)),
        (0.0, 1.0, 5e-324),
        (-500.0, 1.0, f64::MAX / 501.0),
        (3.0, -1e-6, 1.0),
    ] {
        let x = Mat::from_fn(1, n, |_, j| {
            // any order, an outer one first
            let j = (j * 500 + 1000) % n;
            (base + step * j as f64) * unit
        });
        let learnt = Standardisation::learn(x.as_ref());
        let steps = (n - 1) as f64 / 2.0;
        let mean = (base + step * steps) * unit;
        let deviation = step.abs() * ((n * n - 1) as f64 / 12.0).sqrt() * unit;
        let fine = |got: f64, want: f64, size: f64| {
            (got - want).abs() <= 4.0 * f64::EPSILON * size + 5e-324
        };
        let largest = x.row(0).iter().fold(0.0f64, |most, v| most.max(v.abs()));
        assert!(
            fine(learnt.mean[0], mean, largest),
            "{base} {step} {unit:e}: {learnt:?}"
        );
        // the numbers themselves are rounded
        let size = deviation + if step == -1e-6 { largest } else { 0.0 };
        assert!(
            fine(learnt.scale[0], deviation, 4.0 * size),
            "{base} {step} {unit:e}: {learnt:?}, {deviation:e}"
        );
    }
}

#[test]
fn column_constant_up_to_rounding_becomes_zero() {
    let mut stream = Stream::new(5);
    for base in [0.3, -0.3, 1e300, 1e-300, 7e5, 1.0 / 3.0] {
        let up = |x: f64, ulps: u64| f64::from_bits(x.to_bits() + ulps);
        let column: Vec<f64> = (0..50).map(|j| up(base, j % 3)).collect();
        let far: Vec<f64> = (0..50).map(|j| up(base, 100 * (j % 2))).collect();
        let x = Mat::from_fn(3, 50, |i, j| [column[j], far[j], stream.unit()][i]);
        let learnt = Standardisation::learn(x.as_ref());
        assert_eq!(learnt.scale[0], 0.0, "{base}");
        assert!(learnt.scale[1] > 0.0, "{base}");
        let y = (0..50).map(|j| x[(2, j)] + column[j] / base).collect();
        let data = Dataset::from_columns(x.clone(), TargetColumn::numbers(y)).unwrap();
        let fit = run(&data, ways().remove(0));
        let moved = Mat::from_fn(3, 1, |i, _| if i == 0 { base * 1.001 } else { x[(i, 0)] });
        let here = fit.model.outputs(x.subcols(0, 1).transpose()).unwrap();
        assert_eq!(
            fit.model.outputs(moved.transpose()).unwrap(),
            here,
            "{base}"
        );
    }
    // a real spread beside a large offset is none of it
    let x = Mat::from_fn(1, 50, |_, j| 1e9 + (j % 2) as f64 * 1e-5);
    let scale = Standardisation::learn(x.as_ref()).scale[0];
    assert!((scale / 5e-6 - 1.0).abs() < 0.1, "{scale}");
}

#[test]
fn predict_refuses_what_has_no_output() {
    let data = dyadic();
    let fit = run(&data, ways().remove(0));
    let with = |value: f64| {
        let mut x = data.features().to_owned();
        x[(1, 4)] = value;
        fit.model.predict(x.transpose()).map(|all| all.len())
    };
    assert_eq!(with(3.0), Ok(64));
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        match with(value) {
            Err(ModelError::NotFinite {
                row: 4, column: 1, ..
            }) => {}
            other => panic!("{value}: {other:?}"),
        }
    }
    let text = with(f64::NAN).unwrap_err().to_string();
    assert!(text.contains("row 5, feature column 2: NaN"), "{text}");
    let mut narrow = fit.model.clone();
    narrow.standardisation.as_mut().unwrap().scale[1] = 1e-300;
    let mut x = data.features().to_owned();
    x[(1, 4)] = 1e300;
    assert!(matches!(
        narrow.outputs(x.transpose()),
        Err(ModelError::TooFar {
            row: 4,
            column: 1,
            ..
        })
    ));
    let mut large = fit.model.clone();
    large.output_bias = vec![f64::MAX];
    large.network.output.fill(f64::MAX);
    assert!(matches!(
        large.outputs(data.rows()),
        Err(ModelError::Overflow { .. })
    ));
}

#[test]
fn rows_whose_targets_cancel_leave_the_zero_network_optimal() {
    let mut stream = Stream::new(11);
    for n in [3usize, 40] {
        let half = stream.matrix(2, n);
        let x = Mat::from_fn(2, 2 * n, |i, j| half[(i, j % n)]);
        let labels = (0..2 * n).map(|j| if j < n { "no" } else { "yes" }.to_owned());
        let classes = Dataset::from_columns(x.clone(), TargetColumn::labels(labels.collect()));
        let values = (0..2 * n).map(|j| 300.0 + if j < n { 0.7 } else { -0.7 });
        let numbers = Dataset::from_columns(x, TargetColumn::numbers(values.collect()));
        for (data, task, objective) in [
            (classes.unwrap(), Task::Classify, 0.5),
            (numbers.unwrap(), Task::Regress, 0.245),
        ] {
            for settings in ways() {
                for settings in [
                    settings.clone(),
                    settings.clone().beta(1e-9),
                    settings.beta(0.0),
                ] {
                    let beta = match settings.beta {
                        crelu_model::Beta::Absolute(beta) => beta,
                        crelu_model::Beta::Fraction(_) => 0.0,
                    };
                    let fit = run(&data, settings.task(task));
                    let report = &fit.report;
                    assert_eq!(report.status, Status::Converged);
                    assert!(near(report.objective_network, objective));
                    assert_eq!(report.dual_bound, report.objective_network);
                    assert_eq!((report.gap, report.programme_gap), (0.0, 0.0));
                    assert_eq!(search_gap(report).unwrap_or(0.0), 0.0);
                    assert_eq!((report.neurons, report.beta), (0, beta));
                    assert_eq!(report.settings["beta_max"], 0.0);
                    let back = Model::from_bytes(&fit.model.to_bytes()).unwrap();
                    assert_eq!(back.network.neurons(), 0);
                }
            }
        }
    }
}

#[test]
fn rows_whose_targets_cancel_but_one_are_trained_on() {
    let x = Mat::from_fn(1, 5, |_, j| [1.0, 1.0, 2.0, 2.0, 3.0][j]);
    let y = vec![1.0, -1.0, 1.0, -1.0, 1e-6];
    let data = Dataset::from_columns(x, TargetColumn::numbers(y)).unwrap();
    for settings in ways() {
        let fit = run(&data, settings.center(false));
        assert!(fit.report.neurons > 0 && fit.report.beta > 0.0);
    }
}

#[test]
fn constant_target_is_its_own_prediction() {
    let data = dyadic();
    for value in [0.1, 300.0, -1e200, 0.0] {
        for settings in ways() {
            let fit = run(&mapped(&data, |_| value), settings);
            assert_eq!(fit.report.status, Status::Converged);
            assert_eq!(fit.report.objective_network, 0.0);
            assert_eq!(outputs(&fit, &data), [value; 64]);
        }
    }
}

#[test]
fn certificate_of_centred_and_scaled_targets_checks_out_and_knows_its_centre() {
    let mut settings = crate::data::squared()
        .train(TrainMode::Global)
        .beta_frac(0.1)
        .task(Task::Regress);
    for (standardize, k, shift) in [(true, 0, 5000.0), (true, 200, 0.0), (false, -300, 0.0)] {
        settings.standardize = standardize;
        settings.bias = standardize;
        let scaled = mapped(&dyadic(), |y| y * power(k) + shift);
        let x = Mat::from_fn(3, 64, |i, j| {
            scaled.features()[(i, j)] * if standardize { 1.0 } else { power(70) }
        });
        let data = Dataset::from_columns(x, scaled.target().clone()).unwrap();
        let fit = run(&data, settings.clone());
        let certificate = fit.certificate.as_ref().unwrap();
        let (bound, k) = (certificate.bound, certificate.units.target);
        assert_eq!(Some(bound * power(k) * power(k)), fit.report.proven_bound);
        let checked = fit.model.verify(certificate, &data).unwrap();
        assert_eq!(Some(checked.bound), fit.report.proven_bound);
        assert!(near(checked.objective, fit.report.objective_network));
        let mut moved = fit.model.clone();
        moved.output_bias[0] = 1.5 * moved.output_bias[0] + 1.0;
        assert!(matches!(
            moved.verify(certificate, &data),
            Err(VerifyError::Centre { .. })
        ));
        let mut stretched = certificate.clone();
        stretched.units.target += 1;
        assert!(matches!(
            fit.model.verify(&stretched, &data),
            Err(VerifyError::Certificate(_))
        ));
    }
}

#[test]
fn start_from_a_model_that_has_a_centre_reaches_its_objective() {
    let data = mapped(&dyadic(), |y| 1e4 + y * power(40));
    let settings = ways().remove(2);
    let first = run(&data, settings.clone());
    let again = run(
        &data,
        settings
            .init(first.model.network.clone())
            .max_iters(1)
            .beta(first.report.beta),
    );
    let best = |fit: &Fit| fit.report.global().unwrap().best_objective;
    assert!(best(&again) <= best(&first) * (1.0 + 2e-3));
}
