use crelu_core::TargetColumn;
use faer::{Mat, MatRef};
use linalg_core::SparseRows;

use crate::error::{FitError, Setting, Subject};

/// Rows that are made dense are held so often: as read, preprocessed, and twice in the solver's coordinates.
const DENSE_COPIES: f64 = 4.0;

/// Sizes of the largest weight: products of more overflow, of less vanish.
pub(crate) const WEIGHTS: std::ops::Range<f64> = 1e-150..1e150;

/// Features, targets and weights of rows: nothing is scaled yet.
///
/// **Shapes** features `n_features x n_samples`: a sample's features lie together; or sparse rows.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Empty where the rows are sparse.
    features: Dense,
    sparse: Option<SparseRows<f64>>,
    targets: Vec<TargetColumn>,
    weights: Option<Vec<f64>>,
}

/// All numbers, as they were handed over: none is copied.
#[derive(Debug, Clone)]
enum Dense {
    /// A sample's together.
    Values { values: Vec<f64>, d: usize },
    /// A sample a column.
    Columns(Mat<f64>),
}

impl Dense {
    /// None, where the rows are sparse.
    fn none() -> Self {
        Self::Columns(Mat::new())
    }

    /// `n_features x n_samples`.
    fn view(&self) -> MatRef<'_, f64> {
        match self {
            Self::Values { values, d } => {
                MatRef::from_column_major_slice(values, *d, values.len() / (*d).max(1))
            }
            Self::Columns(columns) => columns.as_ref(),
        }
    }
}

fn not_empty(rows: usize, columns: usize) -> Result<(), FitError> {
    if rows == 0 || columns == 0 {
        return Err(FitError::Empty { rows, columns });
    }
    Ok(())
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
        Self::from_values(features.to_vec(), n_samples, n_features, vec![target])
    }

    /// Takes features row by row and targets, one or several, without a copy.
    ///
    /// # Errors
    /// As [`from_rows`](Self::from_rows) and [`with_targets`](Self::with_targets).
    pub fn from_values(
        features: Vec<f64>,
        n_samples: usize,
        n_features: usize,
        targets: Vec<TargetColumn>,
    ) -> Result<Self, FitError> {
        if features.len() != n_samples * n_features {
            return Err(FitError::Shape {
                what: Subject::Features,
                want: n_samples * n_features,
                got: features.len(),
            });
        }
        not_empty(n_samples, n_features)?;
        let features = Dense::Values {
            values: features,
            d: n_features,
        };
        Self::of_dense(features, targets)
    }

    /// Takes features sample by sample, `n_features x n_samples`, without a copy.
    ///
    /// # Errors
    /// As [`from_rows`](Self::from_rows).
    pub fn from_columns(features: Mat<f64>, target: TargetColumn) -> Result<Self, FitError> {
        Self::of_dense(Dense::Columns(features), vec![target])
    }

    fn of_dense(features: Dense, targets: Vec<TargetColumn>) -> Result<Self, FitError> {
        let view = features.view();
        let (columns, rows) = view.shape();
        not_empty(rows, columns)?;
        let is_finite = (view.col_iter()).all(|row| row.iter().all(|x| x.is_finite()));
        if !is_finite {
            return Err(FitError::NotFinite {
                what: Subject::Features,
            });
        }
        let data = Self {
            features,
            sparse: None,
            targets: Vec::new(),
            weights: None,
        };
        data.with_targets(targets)
    }

    /// Takes sparse rows. Global training goes over their entries alone, and scales features without
    /// centring them, so that what is zero stays so; what needs dense rows says so.
    ///
    /// # Errors
    /// As [`from_rows`](Self::from_rows).
    pub fn from_sparse(rows: SparseRows<f64>, target: TargetColumn) -> Result<Self, FitError> {
        let (n_samples, n_features) = (rows.n_rows(), rows.n_columns());
        not_empty(n_samples, n_features)?;
        let data = Self {
            features: Dense::none(),
            sparse: Some(rows),
            targets: Vec::new(),
            weights: None,
        };
        data.with_targets(vec![target])
    }

    /// The same data with all their numbers, where they take no more than so many bytes; none: they are
    /// so already.
    ///
    /// # Errors
    /// [`FitError::Sparse`] where they take more.
    pub(crate) fn densified(&self, limit: f64) -> Result<Option<Self>, FitError> {
        let Some(rows) = &self.sparse else {
            return Ok(None);
        };
        let (n, d) = (rows.n_rows(), rows.n_columns());
        #[expect(clippy::cast_precision_loss, reason = "compared with a limit")]
        let bytes = n as f64 * d as f64 * size_of::<f64>() as f64;
        if DENSE_COPIES * bytes > limit {
            return Err(FitError::Sparse {
                rows: n,
                columns: d,
                bytes: DENSE_COPIES * bytes,
                limit,
            });
        }
        let mut features = Mat::zeros(d, n);
        for j in 0..n {
            let (columns, values) = rows.all().row(j);
            for (column, x) in columns.iter().zip(values) {
                features[(*column as usize, j)] = *x;
            }
        }
        Ok(Some(Self {
            features: Dense::Columns(features),
            sparse: None,
            ..self.clone()
        }))
    }

    /// The same data as sparse rows; none: they are so already.
    pub(crate) fn sparsified(&self) -> Result<Option<Self>, FitError> {
        if self.sparse.is_some() {
            return Ok(None);
        }
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for j in 0..self.n_samples() {
            for (k, x) in (0..).zip(self.features().col(j).iter()) {
                if *x != 0.0 {
                    columns.push(k);
                    values.push(*x);
                }
            }
            starts.push(values.len());
        }
        Ok(Some(Self {
            features: Dense::none(),
            sparse: Some(SparseRows::new(self.n_features(), starts, columns, values)?),
            ..self.clone()
        }))
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

    /// The rows, if they are sparse.
    #[must_use]
    pub fn sparse(&self) -> Option<&SparseRows<f64>> {
        self.sparse.as_ref()
    }

    /// `n_samples x n_features`, a sample a row, empty where they are [`sparse`](Self::sparse), as [`Model::predict`] takes them.
    ///
    /// [`Model::predict`]: crate::Model::predict
    #[must_use]
    pub fn rows(&self) -> MatRef<'_, f64> {
        self.features().transpose()
    }

    /// The same with a sample a column, `n_features x n_samples`; empty where rows are
    /// [`sparse`](Self::sparse).
    #[must_use]
    pub fn features(&self) -> MatRef<'_, f64> {
        self.features.view()
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
        match &self.sparse {
            Some(rows) => rows.n_rows(),
            None => self.features().ncols(),
        }
    }

    /// Feature columns, without a bias.
    #[must_use]
    pub fn n_features(&self) -> usize {
        match &self.sparse {
            Some(rows) => rows.n_columns(),
            None => self.features().nrows(),
        }
    }

    /// A feature of a row; the bias, after them, is 1.
    pub(crate) fn value(&self, row: usize, feature: usize) -> f64 {
        if feature >= self.n_features() {
            return 1.0;
        }
        let Some(rows) = &self.sparse else {
            return self.features()[(feature, row)];
        };
        let (columns, values) = rows.all().row(row);
        let at = columns.iter().position(|&k| k as usize == feature);
        at.map_or(0.0, |at| values[at])
    }

    /// The rows of a weight above 0, where there are others.
    pub(crate) fn weighing_rows(&self) -> Option<Vec<usize>> {
        let weights = self.weights.as_ref()?;
        let rows: Vec<usize> = (0..weights.len()).filter(|&j| weights[j] > 0.0).collect();
        (rows.len() < weights.len()).then_some(rows)
    }

    /// The part whose rows weigh something, and its rows, where there are others.
    pub(crate) fn weighing_part(&self) -> Option<(Self, Vec<usize>)> {
        let kept = self.weighing_rows()?;
        Some((self.select(&kept), kept))
    }

    /// The rows given, in that order.
    ///
    /// # Panics
    /// If a row is out of range.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let features = match &self.sparse {
            Some(_) => Dense::none(),
            None => {
                let all = self.features();
                let d = all.nrows();
                let mut values = Vec::with_capacity(rows.len() * d);
                for &j in rows {
                    values.extend(all.col(j).iter().copied());
                }
                Dense::Values { values, d }
            }
        };
        Self {
            features,
            sparse: self.sparse.as_ref().map(|all| all.select(rows)),
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
