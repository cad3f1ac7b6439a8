use crelu_model::{Dataset, Standardisation, Task, preprocess};
use faer::Mat;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::sets::{score, values};

/// Rows to train on and rows to test on, both scaled by what the first say.
pub(crate) struct Split {
    /// `width x n`, the bias last.
    pub(crate) inputs: Mat<f64>,
    pub(crate) target: Vec<f64>,
    pub(crate) test_inputs: Mat<f64>,
    pub(crate) test_target: Vec<f64>,
    /// The rows trained on, not scaled, and their targets as they are trained on.
    pub(crate) train: Dataset,
    pub(crate) task: Task,
}

impl Split {
    /// Scales features, and the target of a regression, by the rows trained on.
    pub(crate) fn new(
        data: &Dataset,
        task: Task,
        train: &[usize],
        test: &[usize],
    ) -> Result<Self, String> {
        let (train, test) = (data.select(train), data.select(test));
        let scale = Standardisation::learn(train.features());
        let (mut target, mut test_target) = (values(&train)?.to_vec(), values(&test)?.to_vec());
        if task == Task::Regress {
            #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
            let n = target.len() as f64;
            let mean = target.iter().sum::<f64>() / n;
            let square = target.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / n;
            for y in target.iter_mut().chain(&mut test_target) {
                *y = (*y - mean) / square.sqrt();
            }
        }
        let numbers = crelu_model::TargetColumn::numbers(target.clone());
        let rows = Dataset::from_columns(train.features().to_owned(), numbers);
        Ok(Self {
            inputs: preprocess(train.features(), Some(&scale), true)
                .matrix()
                .to_owned(),
            test_inputs: preprocess(test.features(), Some(&scale), true)
                .matrix()
                .to_owned(),
            train: rows.map_err(|e| e.to_string())?,
            target,
            test_target,
            task,
        })
    }

    /// Mean squared loss of outputs on the test rows, and the accuracy or r2.
    pub(crate) fn score(&self, outputs: &[f64]) -> (f64, f64) {
        let score = score(outputs, &self.test_target, self.task);
        let shown = score.accuracy().or(score.r2()).unwrap_or(f64::NAN);
        (score.loss, shown)
    }
}

/// `(train, test)` of every fold: rows are shuffled by the seed and dealt out in turn.
pub(crate) fn folds(n: usize, count: usize, seed: u64) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut rows: Vec<usize> = (0..n).collect();
    rows.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
    let of = |test: bool, fold: usize| {
        let dealt = rows.iter().enumerate();
        let mut of: Vec<usize> = dealt
            .filter(|(at, _)| (at % count == fold) == test)
            .map(|(_, row)| *row)
            .collect();
        of.sort_unstable();
        of
    };
    (0..count)
        .map(|fold| (of(false, fold), of(true, fold)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_hold_every_row_once_as_test() {
        let folds = folds(23, 5, 1);
        let mut all: Vec<usize> = folds.iter().flat_map(|(_, test)| test.clone()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..23).collect::<Vec<_>>());
        for (train, test) in folds {
            assert_eq!(train.len() + test.len(), 23);
            assert!(test.iter().all(|row| !train.contains(row)));
        }
    }

    #[test]
    fn split_scales_by_the_rows_trained_on() {
        let (_, raw) = crate::sets::raw("diabetes").unwrap();
        let rows: Vec<usize> = (0..raw.data.n_samples()).collect();
        let split = Split::new(&raw.data, raw.task, &rows[..200], &rows[200..]).unwrap();
        let mean = split.target.iter().sum::<f64>() / 200.0;
        assert!(mean.abs() < 1e-12);
        let first: f64 = (0..200).map(|j| split.inputs[(0, j)]).sum::<f64>() / 200.0;
        let other: f64 = (0..split.test_target.len())
            .map(|j| split.test_inputs[(0, j)])
            .sum();
        assert!(first.abs() < 1e-12 && other.abs() > 1e-6);
    }
}
