//! Sparse rows: trained on as they are, and against the same rows dense.

use crelu_model::{
    Control, Dataset, Fit, FitError, FitSettings, Model, ModelError, SparseRows, TargetColumn,
    Task, TrainMode, fit,
};
use faer::Mat;
use testkit::Stream;

/// Sums of some ten terms in another order.
const ROUNDING: f64 = 1e-10;
/// Two trainings of one problem in other coordinates, each to its tolerance.
const TRAINED: f64 = 2e-3;

/// Rows with columns that never occur (the last three) and one that is the same in all, and a target.
fn rows(n: usize, d: usize, seed: u64) -> (SparseRows<f64>, Mat<f64>, TargetColumn) {
    let mut stream = Stream::new(seed);
    let mut dense = Mat::zeros(d, n);
    let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for i in 0..n {
        for k in 0..d - 3 {
            if k == 4 || stream.below(d) < 4 {
                dense[(k, i)] = if k == 4 {
                    2.0
                } else {
                    1.0 + stream.normal().abs()
                };
                columns.push(u32::try_from(k).unwrap());
                values.push(dense[(k, i)]);
            }
        }
        starts.push(values.len());
    }
    let score = |i: usize| dense[(0, i)] - dense[(1, i)] + dense[(2, i)] * dense[(3, i)];
    let target: Vec<f64> = (0..n).map(|i| score(i) + 0.1 * stream.normal()).collect();
    let sparse = SparseRows::new(d, starts, columns, values).unwrap();
    (sparse, dense, TargetColumn::numbers(target))
}

fn labels(target: &TargetColumn) -> TargetColumn {
    let values = target.values.as_ref().unwrap();
    let label = |y: &f64| if *y > 0.5 { "yes" } else { "no" }.to_owned();
    TargetColumn::labels(values.iter().map(label).collect())
}

fn go(train: &Dataset, test: Option<&Dataset>, settings: FitSettings) -> Result<Fit, FitError> {
    fit(
        train,
        test,
        &settings.check()?,
        &Control::default(),
        &mut (),
    )
}

fn settings() -> FitSettings {
    FitSettings::default().beta_frac(0.1)
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    linalg_core::distance(a, b) / (1e-9 + linalg_core::norm(a))
}

#[test]
fn sparse_fit_equals_a_dense_fit_of_the_same_numbers() {
    for classes in [false, true] {
        let (sparse, dense, target) = rows(200, 30, 3);
        let target = if classes { labels(&target) } else { target };
        let sparse = Dataset::from_sparse(sparse, target.clone()).unwrap();
        let dense = Dataset::from_columns(dense, target).unwrap();
        let settings = || settings().standardize(false);
        let a = go(&sparse, Some(&sparse), settings()).unwrap();
        let b = go(&dense, Some(&sparse), settings()).unwrap();
        let (ra, rb) = (&a.report, &b.report);
        // the same gates give beta_max, whose column that is the same in all takes part
        assert!(
            (ra.beta / rb.beta - 1.0).abs() < ROUNDING,
            "{} {}",
            ra.beta,
            rb.beta
        );
        let j = |fit: &Fit| fit.report.global().unwrap().best_objective;
        assert!((j(&a) / j(&b) - 1.0).abs() < TRAINED, "{} {}", j(&a), j(&b));
        assert_eq!((ra.n, ra.d), (rb.n, rb.d));
        // what is reported of the test rows is what the model says of them
        let (train, test) = (ra.train, ra.test.unwrap());
        assert!((train.loss - test.loss).abs() < ROUNDING);
        assert!(ra.settings["sparse"]["entries"].as_u64().unwrap() < 200 * 30);
        assert!(rb.settings["sparse"].is_null());
        // weights of columns that never occur are 0
        for k in 27..30 {
            assert!(a.model.network.hidden.row(k).iter().all(|w| *w == 0.0));
        }
    }
}

#[test]
fn sparse_features_are_scaled_and_not_centred() {
    let (sparse, dense, target) = rows(200, 30, 4);
    let sparse = Dataset::from_sparse(sparse, labels(&target)).unwrap();
    let scaled = go(&sparse, None, settings()).unwrap();
    let of = scaled.model.standardisation.as_ref().unwrap();
    let centred = crelu_model::Standardisation::learn(dense.as_ref());
    assert!(of.mean.iter().all(|mean| *mean == 0.0));
    for (a, b) in of.scale.iter().zip(&centred.scale) {
        assert!((a - b).abs() <= ROUNDING * b, "{a} {b}");
    }
    assert_eq!(of.scale[4], 0.0, "a column that is the same in all");
    // the same model of dense rows that were scaled before
    let divided = Mat::from_fn(30, 200, |k, i| match of.scale[k] {
        0.0 => 0.0,
        scale => dense[(k, i)] / scale,
    });
    let dense = Dataset::from_columns(divided, labels(&target)).unwrap();
    let plain = go(&dense, None, settings().standardize(false)).unwrap();
    let j = |fit: &Fit| fit.report.global().unwrap().best_objective;
    assert!((j(&scaled) / j(&plain) - 1.0).abs() < TRAINED);
}

#[test]
fn sparse_rows_are_predicted_as_dense_ones_by_every_model() {
    let (sparse, dense, target) = rows(150, 20, 5);
    let train = Dataset::from_columns(dense.clone(), target.clone()).unwrap();
    let of_sparse = Dataset::from_sparse(sparse.clone(), labels(&target)).unwrap();
    let sampled = || settings().train(TrainMode::Sampled);
    let gated = settings().activation(crelu_model::Activation::Gated);
    let fits = [
        go(&train, None, settings()),
        go(&train, None, settings().bias(false)),
        go(&train, None, sampled()),
        go(&train, None, gated),
        go(&of_sparse, None, settings()),
        go(&of_sparse, None, sampled()),
    ];
    for (at, fit) in fits.into_iter().enumerate() {
        let model = fit.unwrap().model;
        let a = model.outputs(dense.transpose()).unwrap();
        let b = model.outputs_sparse(&sparse).unwrap();
        assert!(apart(&a, &b) < ROUNDING, "{at}");
        // and after a way through a file
        let read = Model::from_bytes(&model.to_bytes()).unwrap();
        assert_eq!(read.outputs_sparse(&sparse).unwrap(), b);
        let few = sparse.with_columns(
            &(0..20).map(|k| (k < 9).then_some(k)).collect::<Vec<_>>(),
            9,
        );
        let error = model.outputs_sparse(&few);
        assert!(matches!(
            error,
            Err(ModelError::Features { want: 20, got: 9 })
        ));
    }
}

#[test]
fn sparse_rows_that_do_not_fit_dense_are_refused_where_that_is_needed() {
    let (sparse, _, target) = rows(100, 30, 6);
    let data = Dataset::from_sparse(sparse, target).unwrap();
    let tight = |train| {
        let settings = settings().train(train);
        settings.memory_limit(4.0 * 100.0 * 30.0 * 8.0 - 1.0)
    };
    let error = go(&data, None, tight(TrainMode::Sampled)).unwrap_err();
    assert!(
        matches!(
            error,
            FitError::Sparse {
                rows: 100,
                columns: 30,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("--train global"), "{error}");
    assert!(go(&data, None, tight(TrainMode::Global)).is_ok());
}

#[test]
fn sparse_targets_of_another_number_are_refused() {
    let (sparse, _, target) = rows(20, 10, 7);
    let few = target.select(&[0, 1, 2]);
    assert!(matches!(
        Dataset::from_sparse(sparse.clone(), few),
        Err(FitError::Shape { .. })
    ));
    let none = SparseRows::new(3, vec![0], Vec::new(), Vec::new()).unwrap();
    let empty = Dataset::from_sparse(none, TargetColumn::numbers(Vec::new()));
    assert!(matches!(
        empty,
        Err(FitError::Empty {
            rows: 0,
            columns: 3
        })
    ));
    // test rows of another width
    let train = Dataset::from_sparse(sparse.clone(), target.clone()).unwrap();
    let wide = sparse.with_constant(1.0);
    let test = Dataset::from_sparse(wide, target).unwrap();
    let error = go(&train, Some(&test), settings().task(Task::Regress)).unwrap_err();
    assert!(
        matches!(
            error,
            FitError::Shape {
                want: 10,
                got: 11,
                ..
            }
        ),
        "{error}"
    );
}
