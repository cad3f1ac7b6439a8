use crelu_model::{
    Coded, Coding, Dataset, FitError, LinearModel, LossKind, Setting, Subject, TargetColumn, Task,
};
use faer::Mat;
use testkit::Stream;

use crate::data::apart;

fn labels(cells: &[&str]) -> TargetColumn {
    TargetColumn::labels(cells.iter().map(|s| (*s).to_owned()).collect())
}

/// As a reader delivers a column of numbers: the text as written, and the values.
fn written(cells: &[&str]) -> TargetColumn {
    TargetColumn {
        values: Some(cells.iter().map(|s| s.trim().parse().unwrap()).collect()),
        ..labels(cells)
    }
}

fn in_order(coding: &Coding) -> &[String] {
    match coding {
        Coding::Classes { labels } => labels,
        Coding::Value => panic!("classes, not a value"),
    }
}

/// The classes of a target.
fn classes(coding: &Coding, target: &TargetColumn) -> Vec<usize> {
    match coding.code(std::slice::from_ref(target)).unwrap() {
        Coded::Classes { class, .. } => class,
        Coded::Numbers { .. } => panic!("classes, not numbers"),
    }
}

#[test]
fn guess_task_by_text_and_distinct_values() {
    let cycle =
        |n: usize, of: usize| TargetColumn::numbers((0..n).map(|i| (i % of) as f64).collect());
    for (target, task) in [
        (labels(&["a", "b"]), Task::Classify),
        (cycle(60, 2), Task::Classify),
        (cycle(60, 20), Task::Classify),
        (cycle(60, 21), Task::Regress),
        (
            TargetColumn::numbers(vec![0.5, 1.5, 0.5, 1.5]),
            Task::Classify,
        ),
        (TargetColumn::numbers(vec![0.5, 1.5, 2.5]), Task::Regress),
        (TargetColumn::numbers(vec![1.0, 2.0, 2.5]), Task::Regress),
    ] {
        assert_eq!(Task::guess(&target), task, "{target:?}");
    }
}

#[test]
fn coding_orders_numbers_by_value_and_text_by_bytes() {
    let coding = Coding::learn(&written(&["10", "9", "10"]), Task::Classify).unwrap();
    assert_eq!(in_order(&coding), ["9", "10"]);
    let target = written(&["9", "10"]);
    assert_eq!(classes(&coding, &target), [0, 1]);
    let coded = coding.code(&[target]).unwrap();
    assert_eq!(coded.targets(&LossKind::Logistic), [-1.0, 1.0]);
    assert_eq!(coded.targets(&LossKind::Softmax), [1.0, 0.0, 0.0, 1.0]);
    let coding = Coding::learn(&labels(&["10", "9"]), Task::Classify).unwrap();
    assert_eq!(in_order(&coding), ["10", "9"]);
    let coding = Coding::learn(&labels(&["b", "a", "b"]), Task::Classify).unwrap();
    assert_eq!(in_order(&coding), ["a", "b"]);
    let coding = Coding::learn(&written(&["1", "-1"]), Task::Classify).unwrap();
    assert_eq!(in_order(&coding), ["-1", "1"]);
    let three = labels(&["red", "green", "red", "blue"]);
    let coding = Coding::learn(&three, Task::Classify).unwrap();
    assert_eq!(in_order(&coding), ["blue", "green", "red"]);
    let coded = coding.code(&[three]).unwrap();
    let hot = [
        [0.0, 0.0, 1.0],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
        [1.0, 0.0, 0.0],
    ];
    assert_eq!(coded.targets(&LossKind::Squared), hot.concat());
}

#[test]
fn coding_takes_two_spellings_of_a_value_as_one_label() {
    let target = written(&["1", "0", "1.0", "1e0", "-0", "0.00"]);
    let coding = Coding::learn(&target, Task::Classify).unwrap();
    assert_eq!(in_order(&coding), ["0", "1"]);
    assert_eq!(classes(&coding, &target), [1, 0, 1, 1, 0, 0]);
    assert_eq!(classes(&coding, &written(&["+1.00", "-0.0"])), [1, 0]);
}

#[test]
fn coding_unfit_targets_are_errors() {
    for (target, classes) in [(labels(&["a", "a"]), 1), (written(&["1", "1.0"]), 1)] {
        let error = Coding::learn(&target, Task::Classify).unwrap_err();
        assert_eq!(error, FitError::Classes { classes }, "{target:?}");
    }
    // amounts have no classes; whole numbers and few fractions that come again are labels
    let repeated = |values: &[f64], times| TargetColumn::numbers(values.repeat(times));
    let steps: Vec<f64> = (0..30).map(|i| f64::from(i) / 2.0).collect();
    for (target, values) in [
        (repeated(&[0.5, 1.25, 2.0, 3.0, 4.0], 1), 5),
        (repeated(&[1.0, 2.0, 2.5], 1), 3),
        (repeated(&steps, 9), 30),
    ] {
        let error = Coding::learn(&target, Task::Classify).unwrap_err();
        let FitError::Amounts { row, values: found } = error else {
            panic!("{error}");
        };
        assert_eq!(
            (target.values.unwrap()[row - 1].fract() != 0.0, found),
            (true, values)
        );
    }
    for target in [
        repeated(&[0.5, 1.5], 1),
        repeated(&steps[..10], 2),
        repeated(&(0..40).map(f64::from).collect::<Vec<_>>(), 1),
        labels(&["0.5", "1.25", "2.75"]),
    ] {
        assert!(Coding::learn(&target, Task::Classify).is_ok(), "{target:?}");
    }
    let mixed = labels(&["1.5", "x", "2"]);
    let error = Coding::learn(&mixed, Task::Regress).unwrap_err();
    assert_eq!(error, FitError::TextTarget { row: 2 });
    assert_eq!(
        Coding::Value.code(&[mixed]).unwrap_err(),
        FitError::TextTarget { row: 2 }
    );
    let coding = Coding::learn(&labels(&["a", "b"]), Task::Classify).unwrap();
    let error = coding.code(&[labels(&["b", "a", "c"])]).unwrap_err();
    assert_eq!(error, FitError::UnknownLabel { row: 3 });
}

#[test]
fn dataset_unfit_parts_are_errors() {
    let target = || TargetColumn::numbers(vec![1.0, 2.0]);
    let build = |values: &[f64], n, d, target| Dataset::from_rows(values, n, d, target);
    for value in [f64::NAN, f64::NEG_INFINITY] {
        let error = build(&[1.0, value], 2, 1, target()).unwrap_err();
        assert_eq!(
            error,
            FitError::NotFinite {
                what: Subject::Features
            }
        );
        let bad = TargetColumn::numbers(vec![value, 1.0]);
        let error = build(&[1.0, 2.0], 2, 1, bad).unwrap_err();
        assert_eq!(
            error,
            FitError::NotFinite {
                what: Subject::Target
            }
        );
    }
    let empty = TargetColumn::numbers(Vec::new());
    assert!(matches!(
        build(&[], 0, 3, empty).unwrap_err(),
        FitError::Empty {
            rows: 0,
            columns: 3
        }
    ));
    assert!(matches!(
        build(&[], 2, 0, target()).unwrap_err(),
        FitError::Empty {
            rows: 2,
            columns: 0
        }
    ));
    assert!(matches!(
        build(&[1.0, 2.0, 3.0], 2, 1, target()).unwrap_err(),
        FitError::Shape {
            want: 2,
            got: 3,
            ..
        }
    ));
    assert!(matches!(
        build(&[1.0, 2.0, 3.0], 3, 1, target()).unwrap_err(),
        FitError::Shape {
            want: 3,
            got: 2,
            ..
        }
    ));
}

#[test]
fn split_parts_are_disjoint_complete_and_repeat() {
    let n = 23;
    let x = Mat::from_fn(1, n, |_, j| j as f64);
    let target = TargetColumn::numbers((0..n).map(|j| 10.0 * j as f64).collect());
    let data = Dataset::from_columns(x, target).unwrap();
    for seed in testkit::seeds(0..5) {
        let (train, test) = data.split(0.3, seed).unwrap();
        assert_eq!(
            (train.n_samples(), test.n_samples()),
            (16, 7),
            "seed {seed}"
        );
        let mut rows: Vec<f64> = [&train, &test]
            .iter()
            .flat_map(|part| (0..part.n_samples()).map(|j| part.features()[(0, j)]))
            .collect();
        for part in [&train, &test] {
            let values = part.target().values.clone().unwrap();
            for (j, y) in values.iter().enumerate() {
                assert_eq!(*y, 10.0 * part.features()[(0, j)], "seed {seed}");
                assert_eq!(part.target().text[j], format!("{y}"), "seed {seed}");
            }
        }
        rows.sort_by(f64::total_cmp);
        assert_eq!(
            rows,
            (0..n).map(|j| j as f64).collect::<Vec<_>>(),
            "seed {seed}"
        );
        let again = data.split(0.3, seed).unwrap().1;
        assert_eq!(again.features(), test.features(), "seed {seed}");
    }
    let tests = |seed| data.split(0.3, seed).unwrap().1.target().text.clone();
    assert_ne!(tests(0), tests(1));
    for share in [0.0, 0.01, 0.99, 1.0, -1.0, 7.0, f64::NAN] {
        assert!(
            matches!(
                data.split(share, 0),
                Err(FitError::Setting {
                    setting: Setting::TestFrac,
                    ..
                })
            ),
            "{share}"
        );
    }
}

#[test]
fn linear_model_residual_is_orthogonal_and_its_weights_shortest() {
    const ROUNDING: f64 = 1e-9;
    for seed in testkit::seeds(0..6) {
        let mut stream = Stream::new(seed);
        let (d, n) = [(4, 30), (12, 5)][usize::try_from(seed % 2).unwrap()];
        let mut x = stream.matrix(d, n);
        for j in 0..n {
            // one feature twice: the shortest weights share it equally
            x[(d - 1, j)] = x[(0, j)];
        }
        let y = stream.vector(n);
        let model = LinearModel::fit(x.as_ref(), &y).unwrap();
        let outputs = model.outputs(x.as_ref());
        let miss: Vec<f64> = y.iter().zip(&outputs).map(|(y, f)| y - f).collect();
        let along: Vec<f64> = (0..d)
            .map(|k| (0..n).map(|j| x[(k, j)] * miss[j]).sum::<f64>())
            .collect();
        let off = apart(&along, &vec![0.0; d]);
        assert!(off <= ROUNDING, "seed {seed}: {off}");
        // the weights, read off the unit vectors
        let weights = model.outputs(Mat::<f64>::identity(d, d).as_ref());
        assert!(
            (weights[0] - weights[d - 1]).abs() <= ROUNDING,
            "seed {seed}: {weights:?}"
        );
    }
}
