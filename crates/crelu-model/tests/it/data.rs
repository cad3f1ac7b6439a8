//! Seeded data.

use crelu_model::{Dataset, FitSettings, LossChoice, TargetColumn, TrainMode};
use testkit::{Stream, regression};

/// A regression data set.
pub(crate) fn regression_set(seed: u64, n: usize, d: usize) -> Dataset {
    let (x, y) = regression(seed, n, d);
    Dataset::from_columns(x, TargetColumn::numbers(y)).unwrap()
}

/// Two classes: inside and outside a shell, with text labels.
pub(crate) fn class_set(seed: u64, n: usize, d: usize) -> Dataset {
    let x = Stream::new(seed).matrix::<f64>(d, n);
    let size = |j: usize| (0..d).map(|k| x[(k, j)].powi(2)).sum::<f64>();
    let mut sizes: Vec<f64> = (0..n).map(size).collect();
    sizes.sort_by(f64::total_cmp);
    let middle = sizes[n / 2];
    let label = |j: usize| if size(j) < middle { "in" } else { "out" };
    let labels = (0..n).map(|j| label(j).to_owned()).collect();
    Dataset::from_columns(x.clone(), TargetColumn::labels(labels)).unwrap()
}

/// Largest difference of two vectors' entries.
pub(crate) fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "two vectors of one length");
    let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    gaps.fold(0.0, |worst, gap| if gap <= worst { worst } else { gap })
}

/// The squared loss, whatever the task.
pub(crate) fn squared() -> FitSettings {
    FitSettings::default().loss(LossChoice::Squared)
}

/// The default settings of a programme over sampled patterns.
pub(crate) fn on_patterns() -> FitSettings {
    squared().train(TrainMode::Sampled)
}
