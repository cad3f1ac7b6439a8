//! Fits of sampled programmes by every loss: the report is that of the model.

use crelu_core::LossKind;
use crelu_model::programme::Activation;
use crelu_model::{
    Dataset, Fit, FitSettings, LossChoice, Prediction, Status, TargetColumn, TrainMode,
};
use faer::Mat;
use testkit::{Stream, regression};

use crate::data::regression_set;
use crate::invariance::run;

/// The same sums in another order.
const RESUMMED: f64 = 1e-9;
/// Residuals up to which huber's loss is quadratic.
const DELTA: f64 = 0.4;

/// Three labels by the direction of the first two features, with noise.
fn three_classes(n: usize) -> (Dataset, Vec<usize>) {
    let mut stream = Stream::new(5);
    let x = stream.matrix::<f64>(4, n);
    let class: Vec<usize> = (0..n)
        .map(|j| {
            let (a, b) = (x[(0, j)] + 0.3 * stream.unit(), x[(1, j)]);
            if a > b.abs() {
                0
            } else {
                1 + usize::from(b > 0.0)
            }
        })
        .collect();
    let labels = class.iter().map(|c| ["a", "b", "c"][*c].to_owned());
    let target = TargetColumn::labels(labels.collect());
    (Dataset::from_columns(x, target).unwrap(), class)
}

fn two_targets(n: usize) -> (Dataset, Vec<f64>) {
    let (x, y) = regression(6, n, 3);
    let (_, other) = regression(7, n, 3);
    let both = y.iter().zip(&other).flat_map(|(a, b)| [*a, *b]).collect();
    let columns = vec![
        TargetColumn::numbers(y.clone()),
        TargetColumn::numbers(other),
    ];
    let data = Dataset::from_columns(x, TargetColumn::numbers(y)).unwrap();
    (data.with_targets(columns).unwrap(), both)
}

fn one_hot(class: &[usize], classes: usize) -> Vec<f64> {
    let mut out = vec![0.0; class.len() * classes];
    for (j, c) in class.iter().enumerate() {
        out[j * classes + c] = 1.0;
    }
    out
}

/// The objective by the model's own outputs and weights.
fn objective(fit: &Fit, data: &Dataset, kind: &LossKind, target: &[f64]) -> f64 {
    let outputs = fit.model.outputs(data.rows()).unwrap();
    let loss = kind
        .of(target.to_vec(), fit.model.n_outputs(), None)
        .unwrap();
    loss.value(&outputs) / loss.mass() + fit.report.beta * fit.model.network.penalty()
}

#[test]
fn report_of_every_loss_is_that_of_its_model() {
    let (classes, class) = three_classes(90);
    let (targets, both) = two_targets(60);
    let numbers = regression_set(8, 60, 3);
    let values = numbers.target().values.clone().unwrap();
    let labels = values
        .iter()
        .map(|y| if *y > 0.0 { "yes" } else { "no" }.to_owned());
    let signs: Vec<f64> = values
        .iter()
        .map(|y| if *y > 0.0 { 1.0 } else { -1.0 })
        .collect();
    let yes_or_no = numbers.clone();
    let yes_or_no = yes_or_no
        .with_targets(vec![TargetColumn::labels(labels.collect())])
        .unwrap();
    let huber = |outputs| LossKind::Huber {
        delta: vec![DELTA; outputs],
    };
    let cases = [
        (
            &classes,
            LossChoice::Softmax,
            LossKind::Softmax,
            one_hot(&class, 3),
        ),
        (
            &classes,
            LossChoice::Squared,
            LossKind::Squared,
            one_hot(&class, 3),
        ),
        (&yes_or_no, LossChoice::Logistic, LossKind::Logistic, signs),
        (&numbers, LossChoice::Huber, huber(1), values),
        (
            &targets,
            LossChoice::Squared,
            LossKind::Squared,
            both.clone(),
        ),
        (&targets, LossChoice::Huber, huber(2), both),
    ];
    for (data, choice, kind, target) in cases {
        for activation in [Activation::Relu, Activation::Gated] {
            let delta = (choice == LossChoice::Huber).then_some(DELTA);
            let settings = FitSettings::default()
                .train(TrainMode::Sampled)
                .activation(activation)
                .loss(choice)
                .huber_delta(delta)
                .beta_frac(0.03)
                .n_patterns(15);
            let fit = run(data, settings);
            let report = &fit.report;
            let what = format!("{choice:?} of {}, {activation:?}", report.outputs);
            assert_eq!(report.status, Status::Converged, "{what}");
            assert_eq!(report.outputs * data.n_samples(), target.len(), "{what}");
            assert!(report.gap <= 1e-3 && report.neurons > 0, "{what}");
            let own = objective(&fit, data, &kind, &target);
            let off = (own / report.objective_network - 1.0).abs();
            assert!(
                off <= RESUMMED,
                "{what}: {own}, {}",
                report.objective_network
            );
            assert!(report.dual_bound <= own, "{what}");
            let last = report.history.last().unwrap();
            assert!(last.objective_network >= report.dual_bound, "{what}");
            if std::ptr::eq(data, &raw const classes) {
                let predicted = fit.model.predict(data.rows()).unwrap();
                let right = predicted.iter().zip(&class).filter(|(p, c)| {
                    matches!(p, Prediction::Label(label) if *label == ["a", "b", "c"][**c])
                });
                #[expect(clippy::cast_precision_loss, reason = "counts")]
                let share = right.count() as f64 / class.len() as f64;
                let told = report.train.accuracy().unwrap();
                assert!((share - told).abs() <= RESUMMED, "{what}: {share}, {told}");
                assert!(share > 0.8, "{what}: {share}");
            }
        }
    }
}

#[test]
fn weights_of_a_data_set_are_its_rows_repeated() {
    /// Both gaps, and that of the figures.
    const TOL: f64 = 1e-8;
    let (data, class) = three_classes(60);
    let counts: Vec<usize> = (0..60).map(|j| 1 + j % 3).collect();
    let rows: Vec<usize> = (0..60)
        .flat_map(|j| core::iter::repeat_n(j, counts[j]))
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "at most 3")]
    let weights = counts.iter().map(|c| *c as f64).collect();
    let features = Mat::from_fn(4, rows.len(), |k, j| data.features()[(k, rows[j])]);
    let labels = rows.iter().map(|j| ["a", "b", "c"][class[*j]].to_owned());
    let target = TargetColumn::labels(labels.collect());
    let repeated = Dataset::from_columns(features, target).unwrap();
    let weighted = data.clone().with_weights(Some(weights)).unwrap();
    let gates = Stream::new(9).matrix::<f64>(5, 12);
    for choice in [LossChoice::Softmax, LossChoice::Squared] {
        for activation in [Activation::Relu, Activation::Gated] {
            let settings = || {
                FitSettings::default()
                    .train(TrainMode::Sampled)
                    .activation(activation)
                    .loss(choice)
                    .gates(gates.clone())
                    .standardize(false)
                    .beta(0.02)
                    .tol(TOL)
                    .max_iters(20_000)
            };
            let (one, two) = (run(&weighted, settings()), run(&repeated, settings()));
            let what = format!("{choice:?}, {activation:?}");
            assert_eq!(one.report.status, Status::Converged, "{what}");
            let share = one.report.objective_network / two.report.objective_network - 1.0;
            assert!(share.abs() <= 2.0 * TOL, "{what}: {share}");
        }
    }
}
