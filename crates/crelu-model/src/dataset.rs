use faer::{Mat, MatRef};

use crate::coding::Task;
use crate::error::{FitError, Setting, Subject};

/// A target as it was read: the text of every cell, and its value where all cells are numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetColumn {
    /// One cell a row, as written.
    pub text: Vec<String>,
    /// The same as numbers, where all are.
    pub values: Option<Vec<f64>>,
}

impl TargetColumn {
    /// Numbers, written in their shortest form.
    #[must_use]
    pub fn numbers(values: Vec<f64>) -> Self {
        Self {
            text: values.iter().map(|v| format!("{v}")).collect(),
            values: Some(values),
        }
    }

    /// Labels.
    #[must_use]
    pub fn labels(text: Vec<String>) -> Self {
        Self { text, values: None }
    }

    /// What such a target is for, unless it is said: labels are classified, numbers regressed.
    #[must_use]
    pub fn task(&self) -> Task {
        match self.values {
            Some(_) => Task::Regress,
            None => Task::Classify,
        }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The rows given, in that order.
    ///
    /// # Panics
    /// If a row is out of range.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            text: rows.iter().map(|&i| self.text[i].clone()).collect(),
            values: self
                .values
                .as_ref()
                .map(|v| rows.iter().map(|&i| v[i]).collect()),
        }
    }
}

/// Sizes of the largest weight: products of more overflow, of less vanish.
pub(crate) const WEIGHTS: std::ops::Range<f64> = 1e-150..1e150;

/// Features, targets and weights of rows: nothing is scaled yet.
///
/// **Shapes** features `n_features x n_samples`: a sample's features lie together.
#[derive(Debug, Clone)]
pub struct Dataset {
    features: Mat<f64>,
    targets: Vec<TargetColumn>,
    weights: Option<Vec<f64>>,
}

impl Dataset {
    /// Takes features row by row, as files hold them.
    ///
    /// # Errors
    /// [`FitError::Empty`] without rows or columns, [`FitError::Shape`] when lengths do not fit,
    /// [`FitError::NotFinite`] for NaN and infinities.
    pub fn from_rows(
        features: &[f64],
        n_samples: usize,
        n_features: usize,
        target: TargetColumn,
    ) -> Result<Self, FitError> {
        if features.len() != n_samples * n_features {
            return Err(FitError::Shape {
                what: Subject::Features,
                want: n_samples * n_features,
                got: features.len(),
            });
        }
        let matrix = MatRef::from_column_major_slice(features, n_features, n_samples);
        Self::from_columns(matrix.to_owned(), target)
    }

    /// Takes features sample by sample: `n_features x n_samples`.
    ///
    /// # Errors
    /// As [`from_rows`](Self::from_rows).
    pub fn from_columns(features: Mat<f64>, target: TargetColumn) -> Result<Self, FitError> {
        let (n_features, n_samples) = (features.nrows(), features.ncols());
        if n_samples == 0 || n_features == 0 {
            return Err(FitError::Empty {
                rows: n_samples,
                columns: n_features,
            });
        }
        let finite = (0..n_samples).all(|j| (0..n_features).all(|i| features[(i, j)].is_finite()));
        if !finite {
            return Err(FitError::NotFinite {
                what: Subject::Features,
            });
        }
        let data = Self {
            features,
            targets: Vec::new(),
            weights: None,
        };
        data.with_targets(vec![target])
    }

    /// The same features with other targets, one or several.
    ///
    /// # Errors
    /// [`FitError::Shape`] where one has another number of rows or there is none,
    /// [`FitError::NotFinite`] for NaN and infinities.
    pub fn with_targets(self, targets: Vec<TargetColumn>) -> Result<Self, FitError> {
        let rows = |got: usize| FitError::Shape {
            what: Subject::TargetRows,
            want: self.n_samples(),
            got,
        };
        if targets.is_empty() {
            return Err(rows(0));
        }
        for target in &targets {
            if target.len() != self.n_samples() {
                return Err(rows(target.len()));
            }
            let values = target.values.as_deref().unwrap_or_default();
            if values.iter().any(|y| !y.is_finite()) {
                return Err(FitError::NotFinite {
                    what: Subject::Target,
                });
            }
        }
        Ok(Self { targets, ..self })
    }

    /// The same rows with weights, one a row.
    ///
    /// # Errors
    /// [`FitError::Shape`] for another number of them, [`FitError::Weight`] for one that is below 0 or
    /// not finite, or where all are 0, [`FitError::WeightRange`] where the largest is beyond 1e150 or below
    /// 1e-150. A row of weight 0 is as if it was not there.
    pub fn with_weights(self, weights: Option<Vec<f64>>) -> Result<Self, FitError> {
        if let Some(weights) = &weights {
            if weights.len() != self.n_samples() {
                return Err(FitError::Shape {
                    what: Subject::Weights,
                    want: self.n_samples(),
                    got: weights.len(),
                });
            }
            let bad = |w: &f64| !(w.is_finite() && *w >= 0.0);
            let all_zero = weights.iter().all(|w| *w == 0.0).then_some(0);
            if let Some(row) = weights.iter().position(bad).or(all_zero) {
                let value = weights[row];
                return Err(FitError::Weight { row, value });
            }
            let largest = weights.iter().fold(0.0, |most: f64, w| most.max(*w));
            if !WEIGHTS.contains(&largest) {
                return Err(FitError::WeightRange { largest });
            }
        }
        Ok(Self { weights, ..self })
    }

    /// `n_samples x n_features`, a sample a row, as [`Model::predict`] takes them.
    ///
    /// [`Model::predict`]: crate::Model::predict
    #[must_use]
    pub fn rows(&self) -> MatRef<'_, f64> {
        self.features.transpose()
    }

    /// The same with a sample a column, `n_features x n_samples`.
    #[must_use]
    pub fn features(&self) -> MatRef<'_, f64> {
        self.features.as_ref()
    }

    /// The target, the first of several.
    #[must_use]
    pub fn target(&self) -> &TargetColumn {
        &self.targets[0]
    }

    /// The targets.
    #[must_use]
    pub fn targets(&self) -> &[TargetColumn] {
        &self.targets
    }

    /// The weights of the rows; none: all are 1.
    #[must_use]
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// Rows.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.features.ncols()
    }

    /// Feature columns, without a bias.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.features.nrows()
    }

    /// The rows of a weight above 0, where there are others.
    pub(crate) fn weighing_rows(&self) -> Option<Vec<usize>> {
        let weights = self.weights.as_ref()?;
        let rows: Vec<usize> = (0..weights.len()).filter(|&j| weights[j] > 0.0).collect();
        (rows.len() < weights.len()).then_some(rows)
    }

    /// The rows given, in that order.
    ///
    /// # Panics
    /// If a row is out of range.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let features = Mat::from_fn(self.n_features(), rows.len(), |k, j| {
            self.features[(k, rows[j])]
        });
        Self {
            features,
            targets: self.targets.iter().map(|t| t.select(rows)).collect(),
            weights: (self.weights.as_ref()).map(|w| rows.iter().map(|&j| w[j]).collect()),
        }
    }

    /// Splits off a seeded random share of the rows, at least one and not all: `(train, test)`.
    ///
    /// # Errors
    /// [`FitError::Setting`] if the share leaves either part empty.
    pub fn split(&self, test_share: f64, seed: u64) -> Result<(Self, Self), FitError> {
        let (train, test) = self.split_rows(test_share, seed)?;
        Ok((self.select(&train), self.select(&test)))
    }

    /// The rows of [`split`](Self::split), ascending: `(train, test)`.
    ///
    /// # Errors
    /// As [`split`](Self::split).
    pub fn split_rows(
        &self,
        test_share: f64,
        seed: u64,
    ) -> Result<(Vec<usize>, Vec<usize>), FitError> {
        split_rows(self.n_samples(), test_share, seed)
    }
}

/// A seeded random share of `n` rows, at least one and not all, and the others, each ascending:
/// `(train, test)`.
///
/// # Errors
/// [`FitError::Setting`] if the share leaves either part empty.
pub fn split_rows(
    n: usize,
    test_share: f64,
    seed: u64,
) -> Result<(Vec<usize>, Vec<usize>), FitError> {
    use rand::SeedableRng;
    use rand::seq::SliceRandom;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count, rounded"
    )]
    let count = (test_share * n as f64).round() as usize;
    if count == 0 || count >= n {
        return Err(FitError::Setting {
            setting: Setting::TestFrac,
            problem: "leaves no row for the test or for training",
        });
    }
    let mut rows: Vec<usize> = (0..n).collect();
    rows.shuffle(&mut rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(seed));
    let (test, train) = rows.split_at_mut(count);
    test.sort_unstable();
    train.sort_unstable();
    Ok((train.to_vec(), test.to_vec()))
}
