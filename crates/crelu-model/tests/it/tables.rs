//! Weights of rows and classes, equal rows, text columns, holes, several targets.

use crelu_model::{
    Activation, ClassWeight, Coding, ColumnCoding, Control, Dataset, FeatureCoding, Fit, FitError,
    FitSettings, LossChoice, LossKind, Model, Prediction, RawColumns, TargetColumn, Task,
    TrainMode, fit,
};
use testkit::Stream;

/// Sums of the same terms in another order, at optima of this gap.
const SAME: f64 = 1e-8;
/// The gap to which programmes are solved here.
const GAP: f64 = 1e-9;

const N: usize = 36;
const D: usize = 3;

fn numbers(seed: u64, count: usize) -> Vec<f64> {
    let mut stream = Stream::new(seed);
    (0..count).map(|_| 2.0 * stream.unit()).collect()
}

/// Rows, their features and the number of times that each is there.
fn rows(seed: u64) -> (Vec<f64>, Vec<usize>) {
    let often = numbers(seed + 50, N);
    let often = often.iter().map(|u| {
        usize::from(u.abs() > 0.53) + usize::from(u.abs() > 1.05) + usize::from(u.abs() > 1.58)
    });
    (numbers(seed, N * D), often.collect())
}

/// A target for a loss: labels of two or three classes, or numbers.
fn target(loss: LossChoice, features: &[f64]) -> TargetColumn {
    let value = |x: &[f64]| x[0] + x[1].abs() - x[2];
    let values = features.chunks_exact(D).map(value);
    match loss {
        LossChoice::Logistic => {
            TargetColumn::labels(values.map(|v| format!("{}", v > 0.7)).collect())
        }
        LossChoice::Softmax => {
            let label =
                |v: f64| ["low", "middle", "high"][usize::from(v > 0.2) + usize::from(v > 1.2)];
            TargetColumn::labels(values.map(|v| label(v).to_owned()).collect())
        }
        _ => TargetColumn::numbers(values.collect()),
    }
}

fn settings(loss: LossChoice) -> FitSettings {
    FitSettings::default()
        .train(TrainMode::Sampled)
        .activation(Activation::Gated)
        .n_patterns(12)
        .loss(loss)
        .tol(GAP)
        .max_iters(20_000)
        .beta_frac(0.05)
}

fn run(data: &Dataset, settings: FitSettings) -> Fit {
    fit(
        data,
        None,
        &settings.check().unwrap(),
        &Control::default(),
        &mut (),
    )
    .unwrap()
}

const LOSSES: [LossChoice; 4] = [
    LossChoice::Squared,
    LossChoice::Logistic,
    LossChoice::Softmax,
    LossChoice::Huber,
];

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME * a.abs().max(b.abs())
}

#[test]
fn fit_with_weights_is_the_fit_of_repeated_rows_in_any_order() {
    for loss in LOSSES {
        let (features, often) = rows(3);
        let all = target(loss, &features);
        let weights = often.iter().map(|count| *count as f64).collect();
        let data = Dataset::from_rows(&features, N, D, all).unwrap();
        let weighted = run(
            &data.clone().with_weights(Some(weights)).unwrap(),
            settings(loss),
        );
        let mut repeated: Vec<usize> = (0..N).flat_map(|j| vec![j; often[j]]).collect();
        for turn in 0..2 {
            let other = run(&data.select(&repeated), settings(loss));
            let (a, b) = (&weighted.report, &other.report);
            let name = loss.name();
            assert!(
                near(a.objective_network, b.objective_network),
                "{name} {turn}"
            );
            assert!(near(a.beta, b.beta), "{name}: {} {}", a.beta, b.beta);
            assert_eq!(b.n, repeated.len());
            assert_eq!(a.n, often.iter().filter(|count| **count > 0).count());
            let loss_and_penalty = b.train.loss + b.beta * other.model.network.penalty();
            assert!(near(loss_and_penalty, b.objective_network), "{name}");
            let score = |fit: &Fit| {
                fit.report
                    .train
                    .accuracy()
                    .or(fit.report.train.r2())
                    .unwrap()
            };
            assert!((score(&weighted) - score(&other)).abs() < 1e-6, "{name}");
            repeated.reverse();
        }
    }
}

#[test]
fn fit_with_class_weights_is_the_fit_with_weights() {
    let (features, _) = rows(5);
    let all = target(LossChoice::Logistic, &features);
    let data = Dataset::from_rows(&features, N, D, all.clone()).unwrap();
    let weight = |label: &String| if label == "true" { 3.0 } else { 1.0 };
    let weights: Vec<f64> = all.text.iter().map(weight).collect();
    let by_class = settings(LossChoice::Logistic)
        .class_weight(ClassWeight::Labels(vec![("true".to_owned(), 3.0)]));
    let here = run(&data, by_class);
    let there = run(
        &data.clone().with_weights(Some(weights)).unwrap(),
        settings(LossChoice::Logistic),
    );
    assert!(near(
        here.report.objective_network,
        there.report.objective_network
    ));
    // scores are not weighted by classes
    let right = here.model.predict(data.rows()).unwrap();
    let right = right.iter().zip(&all.text);
    let right = right
        .filter(|(p, label)| **p == Prediction::Label(label))
        .count();
    assert_eq!(here.report.train.accuracy(), Some(right as f64 / N as f64));
    let balanced = settings(LossChoice::Logistic).class_weight(ClassWeight::Balanced);
    assert!(run(&data, balanced).report.objective_network.is_finite());
    for (label, weight) in [("maybe", 1.0), ("true", 0.0), ("true", f64::NAN)] {
        let given = ClassWeight::Labels(vec![(label.to_owned(), weight)]);
        let settings = settings(LossChoice::Logistic)
            .class_weight(given)
            .check()
            .unwrap();
        let error = fit(&data, None, &settings, &Control::default(), &mut ()).unwrap_err();
        assert!(matches!(error, FitError::ClassWeight { .. }), "{error}");
    }
}

#[test]
fn fit_of_permuted_classes_permutes_the_outputs() {
    let (features, _) = rows(7);
    let all = target(LossChoice::Softmax, &features);
    let renamed = |label: &String| match label.as_str() {
        "low" => "z".to_owned(),
        "middle" => "y".to_owned(),
        _ => "x".to_owned(),
    };
    let other = TargetColumn::labels(all.text.iter().map(renamed).collect());
    let data = Dataset::from_rows(&features, N, D, all).unwrap();
    for loss in [LossChoice::Softmax, LossChoice::Squared] {
        let here = run(&data, settings(loss));
        let there = run(
            &data.clone().with_targets(vec![other.clone()]).unwrap(),
            settings(loss),
        );
        assert!(near(
            here.report.objective_network,
            there.report.objective_network
        ));
        let labels = here.model.labels().unwrap();
        let there_labels = there.model.labels().unwrap();
        let place = |label: &String| there_labels.iter().position(|l| *l == renamed(label));
        let to: Vec<usize> = labels.iter().map(|label| place(label).unwrap()).collect();
        let (f, g) = (
            here.model.outputs(data.rows()).unwrap(),
            there.model.outputs(data.rows()).unwrap(),
        );
        for (f, g) in f.chunks_exact(3).zip(g.chunks_exact(3)) {
            for k in 0..3 {
                // outputs of an optimum of this gap
                assert!((f[k] - g[to[k]]).abs() < 1e-3, "{f:?} {g:?}");
            }
        }
    }
}

#[test]
fn model_far_outputs_have_probabilities_without_overflow() {
    let (features, _) = rows(9);
    let all = target(LossChoice::Logistic, &features);
    let data = Dataset::from_rows(&features, N, D, all).unwrap();
    let two = run(&data, settings(LossChoice::Logistic)).model;
    assert_eq!(two.probabilities(&[800.0]).unwrap()[1], 1.0);
    assert_eq!(two.probabilities(&[-800.0]).unwrap()[1], 0.0);
    assert_eq!(two.probabilities(&[0.0]), Some(vec![0.5, 0.5]));
    let all = target(LossChoice::Softmax, &features);
    let data = data.with_targets(vec![all]).unwrap();
    let three = run(&data, settings(LossChoice::Softmax)).model;
    assert_eq!(
        three.probabilities(&[800.0, -800.0, 0.0]),
        Some(vec![1.0, 0.0, 0.0])
    );
    assert_eq!(three.decode(&[1.0, 3.0, 3.0]), Prediction::Label("low"));
    let back = Model::from_bytes(&three.to_bytes()).unwrap();
    assert_eq!(back, three);
    let squared = run(&data, settings(LossChoice::Squared)).model;
    assert_eq!(squared.probabilities(&[0.1, 0.2, 0.3]), None);
}

#[test]
fn fit_of_several_targets_predicts_each_in_its_units() {
    let (features, _) = rows(11);
    let one = target(LossChoice::Squared, &features);
    let values = one.values.as_ref().unwrap();
    let far = TargetColumn::numbers(values.iter().map(|y| 1000.0 - 2.0 * y).collect());
    let data = Dataset::from_rows(&features, N, D, one.clone()).unwrap();
    let data = data.with_targets(vec![one, far]).unwrap();
    for loss in [LossChoice::Squared, LossChoice::Huber] {
        let fit = run(&data, settings(loss).beta_frac(0.001));
        assert_eq!((fit.report.outputs, fit.model.output_bias.len()), (2, 2));
        assert!(
            fit.report.train.r2().unwrap() > 0.9,
            "{:?}",
            fit.report.train
        );
        let Prediction::Values(first) = &fit.model.predict(data.rows()).unwrap()[0] else {
            panic!("values of both targets");
        };
        assert!((first[1] - 1000.0).abs() < 20.0, "{first:?}");
        assert_eq!(Model::from_bytes(&fit.model.to_bytes()).unwrap(), fit.model);
    }
    let several = Coding::of(data.targets(), Task::Classify).unwrap_err();
    assert_eq!(several, FitError::SeveralTargets);
}

#[test]
fn loss_that_does_not_suit_the_target_is_an_error() {
    let (features, _) = rows(13);
    for (of, loss) in [
        (LossChoice::Squared, LossChoice::Logistic),
        (LossChoice::Squared, LossChoice::Softmax),
        (LossChoice::Softmax, LossChoice::Logistic),
        (LossChoice::Softmax, LossChoice::Huber),
    ] {
        let data = Dataset::from_rows(&features, N, D, target(of, &features)).unwrap();
        let settings = settings(loss).check().unwrap();
        let error = fit(&data, None, &settings, &Control::default(), &mut ()).unwrap_err();
        assert!(matches!(error, FitError::LossTask { .. }), "{error}");
    }
    let flat = TargetColumn::numbers(vec![2.0; N]);
    let data = Dataset::from_rows(&features, N, D, flat).unwrap();
    let checked = settings(LossChoice::Huber).check().unwrap();
    assert!(fit(&data, None, &checked, &Control::default(), &mut ()).is_err());
    let bad = settings(LossChoice::Huber).huber_delta(0.0).check();
    assert!(bad.is_err());
    for (loss, kind) in [
        (LossChoice::Squared, LossKind::Squared),
        (LossChoice::Logistic, LossKind::Logistic),
        (LossChoice::Softmax, LossKind::Softmax),
    ] {
        let data = Dataset::from_rows(&features, N, D, target(loss, &features)).unwrap();
        let auto = settings(LossChoice::Auto).max_iters(3);
        assert_eq!(run(&data, auto).model.loss, kind);
    }
}

/// `size`, `colour`; the last two rows are not trained on.
const VALUES: [f64; 12] = [
    1.0,
    0.0,
    f64::NAN,
    1.0,
    4.0,
    1.0,
    3.0,
    f64::NAN,
    5.0,
    2.0,
    f64::NAN,
    0.0,
];

fn texts() -> Vec<Option<Vec<String>>> {
    let levels = ["red", "blue", "pink"].map(str::to_owned).to_vec();
    vec![None, Some(levels)]
}

#[test]
fn columns_become_features_as_the_training_rows_say() {
    let texts = texts();
    let raw = RawColumns {
        values: &VALUES,
        n_columns: 2,
        texts: &texts,
    };
    let names = ["size", "colour"].map(str::to_owned);
    let rows = [0, 1, 2, 3];
    let weights = [1.0, 1.0, 5.0, 1.0];
    let coding = FeatureCoding::learn(&raw, Some(&names), &rows, Some(&weights), true).unwrap();
    let levels = ["", "blue", "red"].map(str::to_owned).to_vec();
    assert_eq!(
        coding.columns,
        [
            // the weighted median
            ColumnCoding::Number {
                median: Some(4.0),
                holes: true
            },
            ColumnCoding::Levels {
                levels,
                holes: true
            },
        ]
    );
    let features = coding.feature_names().unwrap();
    assert_eq!(
        features,
        [
            "size",
            "size (missing)",
            "colour=",
            "colour=blue",
            "colour=red"
        ]
    );
    let columns: Vec<usize> = (0..5).map(|feature| coding.column_of(feature)).collect();
    assert_eq!(columns, [0, 0, 1, 1, 1]);
    let encoded = coding.encode(&raw).unwrap();
    let want = [
        [1.0, 0.0, 0.0, 0.0, 1.0],
        [4.0, 1.0, 0.0, 1.0, 0.0],
        [4.0, 0.0, 0.0, 1.0, 0.0],
        [3.0, 0.0, 1.0, 0.0, 0.0],
        [5.0, 0.0, 0.0, 0.0, 0.0],
        [4.0, 1.0, 0.0, 0.0, 1.0],
    ];
    assert_eq!(encoded.features, want.concat());
    let unseen: Vec<(usize, &str, usize)> = (encoded.unseen.iter())
        .map(|unseen| (unseen.column, unseen.level.as_str(), unseen.rows))
        .collect();
    assert_eq!(unseen, [(1, "pink", 1)]);
    // without leave holes are errors
    let strict = FeatureCoding::learn(&raw, None, &[0, 2], None, false).unwrap();
    let error = strict.encode(&raw).unwrap_err();
    assert_eq!(error, FitError::Hole { row: 1, column: 0 });
}

#[test]
fn columns_that_cannot_be_coded_are_errors() {
    let count = 80;
    let levels: Vec<String> = (0..count).map(|i| format!("level {i}")).collect();
    let values: Vec<f64> = (0..count).map(f64::from).collect();
    let texts = vec![Some(levels)];
    let raw = RawColumns {
        values: &values,
        n_columns: 1,
        texts: &texts,
    };
    let rows: Vec<usize> = (0..values.len()).collect();
    let error = FeatureCoding::learn(&raw, None, &rows, None, false).unwrap_err();
    let want = FitError::Levels {
        column: 0,
        levels: 80,
        most: 50,
    };
    assert_eq!(error, want);
    assert!(FeatureCoding::learn(&raw, None, &rows[..50], None, false).is_ok());
    let holes = [f64::NAN; 4];
    let raw = RawColumns {
        values: &holes,
        n_columns: 1,
        texts: &[None],
    };
    let error = FeatureCoding::learn(&raw, None, &[0, 1], None, true).unwrap_err();
    assert_eq!(error, FitError::NoValue { column: 0 });
}

#[test]
fn dataset_weights_that_are_none_are_errors() {
    let data = Dataset::from_rows(&[1.0, 2.0], 2, 1, TargetColumn::numbers(vec![1.0, 2.0]));
    let data = data.unwrap();
    for weights in [
        vec![1.0],
        vec![1.0, -1.0],
        vec![f64::NAN, 1.0],
        vec![f64::INFINITY, 1.0],
        vec![0.0, 0.0],
    ] {
        assert!(
            data.clone().with_weights(Some(weights.clone())).is_err(),
            "{weights:?}"
        );
    }
}
