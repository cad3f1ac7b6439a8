use std::sync::Arc;

use faer::{Accum, Mat, MatRef};

use crate::control::Control;
use crate::decompose::thin_svd;
use crate::dense_rows::DenseRows;
use crate::error::LinalgError;
use crate::householder::{Reflections, triangle_of};
use crate::product::product;

/// Rows that are brought to their coordinates between two questions to the control.
const CHUNK: usize = 16_384;
/// Numbers that are copied between two questions to a control.
const GATHERED: usize = 1 << 22;

/// How a data matrix was brought to the coordinates of its row space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// Thin singular value decomposition: the columns are orthogonal and the rank is revealed.
    Svd,
    /// QR of the transpose, for more columns than rows.
    Qr,
    /// The columns as they are, those that are zero left out.
    Columns,
}

/// A data matrix in an orthonormal basis of (a space that contains) its rows: `X = R V'`.
///
/// Norms of coefficient vectors are kept: `|V b| = |b|`, so a penalty on norms may be taken in
/// these coordinates.
#[derive(Debug, Clone)]
pub struct RowSpace {
    rows: Arc<DenseRows<f64>>,
    rank: usize,
    basis: Basis,
    reduction: Reduction,
    spectrum: Option<Vec<f64>>,
}

#[derive(Debug, Clone)]
enum Basis {
    Dense(Mat<f64>),
    /// The factor of the transpose of the columns kept, which are those that are not zero.
    Reflections {
        columns: Kept,
        factor: Reflections,
    },
    Columns(Kept),
}

impl RowSpace {
    /// The thin SVD `X = U S V'`; `R = U S`, cut at `max(n, d) eps` times the largest singular
    /// value (the size of the rounding errors of the decomposition itself).
    ///
    /// **Shapes** `x`: `n_samples x n_features`. **Cost** about `8 n d min(n, d)` flops; of many more
    /// rows than columns `4 n d^2`, on all threads.
    ///
    /// # Errors
    /// [`LinalgError::NoSvd`] when it does not converge (data that are not finite).
    pub fn svd(x: MatRef<'_, f64>) -> Result<Self, LinalgError> {
        Self::svd_within(x, &Control::default())
    }

    /// [`svd`](Self::svd) within the limit of `control`.
    ///
    /// # Errors
    /// As there; [`LinalgError::Halted`].
    pub fn svd_within(x: MatRef<'_, f64>, control: &Control<'_>) -> Result<Self, LinalgError> {
        let (n, d) = (x.nrows(), x.ncols());
        if n == 0 || d == 0 {
            return Ok(Self::columns(x));
        }
        let triangle = triangle_of(x, control)?;
        let (u, s, v) = thin_svd(triangle.as_ref().map_or(x, |triangle| triangle.as_ref()))?;
        #[expect(clippy::cast_precision_loss, reason = "a side far below 2^53")]
        let cut = n.max(d) as f64 * f64::EPSILON * s[0];
        let rank = s.iter().take_while(|&&value| value > cut).count();
        let basis = v.as_ref().subcols(0, rank).to_owned();
        let rows = match triangle {
            // the triangle's own U is not that of the data: U S = X V
            Some(_) => images(basis.as_ref(), x, control)?,
            None => DenseRows::from_fn(rank, n, |k, i| u[(i, k)] * s[k]),
        };
        Ok(Self {
            rank,
            rows: Arc::new(rows),
            basis: Basis::Dense(basis),
            reduction: Reduction::Svd,
            spectrum: Some(s[..rank].to_vec()),
        })
    }

    /// QR of the transpose: `X' = Q T`, `R = T'`. For `d > n`; the rank is not revealed. Columns that
    /// are zero everywhere cost nothing, and where no more than `n` are left, they are taken as they
    /// are. `Q` is kept as reflections.
    ///
    /// **Cost** `2 d n^2` flops on all threads, memory `n d` numbers.
    #[must_use]
    pub fn qr(x: MatRef<'_, f64>) -> Self {
        match Self::qr_within(x, &Control::default()) {
            Ok(space) => space,
            Err(_) => unreachable!("a control without limit and flag never halts"),
        }
    }

    /// [`qr`](Self::qr) within the limit of `control`.
    ///
    /// # Errors
    /// [`LinalgError::Halted`].
    pub fn qr_within(x: MatRef<'_, f64>, control: &Control<'_>) -> Result<Self, LinalgError> {
        let columns = Kept::of(x);
        let (n, height) = (x.nrows(), columns.kept.len());
        if height <= n {
            return Ok(Self::columns(x));
        }
        let factor = Reflections::of(columns.gather_within(x.transpose(), control)?, control)?;
        Ok(Self {
            rank: n,
            rows: Arc::new(factor.triangle()),
            basis: Basis::Reflections { columns, factor },
            reduction: Reduction::Qr,
            spectrum: None,
        })
    }

    /// The columns of `x` as they are, without those that are zero everywhere.
    #[must_use]
    pub fn columns(x: MatRef<'_, f64>) -> Self {
        let columns = Kept::of(x);
        let rows = Arc::new(columns.rows(x));
        Self::of_columns(columns, rows)
    }

    /// [`columns`](Self::columns) of rows whose owner shares them: where none of their numbers is zero
    /// everywhere, there is no copy.
    #[must_use]
    pub fn columns_of(x: &Arc<DenseRows<f64>>) -> Self {
        let columns = Kept::of(x.matrix().transpose());
        let rows = match columns.is_all() {
            true => Arc::clone(x),
            false => Arc::new(columns.rows(x.matrix().transpose())),
        };
        Self::of_columns(columns, rows)
    }

    fn of_columns(columns: Kept, rows: Arc<DenseRows<f64>>) -> Self {
        Self {
            rank: rows.width(),
            rows,
            basis: Basis::Columns(columns),
            reduction: Reduction::Columns,
            spectrum: None,
        }
    }

    /// `R'`: `rank x n_samples`, a sample's coordinates lie together.
    #[must_use]
    pub fn rows(&self) -> MatRef<'_, f64> {
        self.rows.matrix()
    }

    /// `R` to be shared, without a copy.
    #[must_use]
    pub fn shared_rows(&self) -> Arc<DenseRows<f64>> {
        Arc::clone(&self.rows)
    }

    /// Number of coordinates.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// How it was made.
    #[must_use]
    pub fn reduction(&self) -> Reduction {
        self.reduction
    }

    /// The singular values, largest first, where they were computed.
    #[must_use]
    pub fn spectrum(&self) -> Option<&[f64]> {
        self.spectrum.as_deref()
    }

    /// `V b` for every column of `coordinates` (`rank x k`): back to the features of `x`.
    ///
    /// # Panics
    /// If the number of rows is not the rank.
    #[must_use]
    pub fn expand(&self, coordinates: MatRef<'_, f64>) -> Mat<f64> {
        assert_eq!(
            coordinates.nrows(),
            self.rank(),
            "coordinates: one row a coordinate"
        );
        match &self.basis {
            Basis::Dense(basis) => {
                let mut out = Mat::zeros(basis.nrows(), coordinates.ncols());
                product(
                    out.as_mut(),
                    Accum::Replace,
                    basis.as_ref(),
                    coordinates,
                    1.0,
                );
                out
            }
            Basis::Reflections { columns, factor } => {
                columns.scatter(factor.expand(coordinates).as_ref())
            }
            Basis::Columns(columns) => columns.scatter(coordinates),
        }
    }

    /// `V' g` for every column of `features` (`n_features x k`).
    ///
    /// # Panics
    /// If the number of rows is not the number of features.
    #[must_use]
    pub fn reduce(&self, features: MatRef<'_, f64>) -> Mat<f64> {
        match &self.basis {
            Basis::Dense(basis) => {
                let mut out = Mat::zeros(basis.ncols(), features.ncols());
                product(
                    out.as_mut(),
                    Accum::Replace,
                    basis.as_ref().transpose(),
                    features,
                    1.0,
                );
                out
            }
            Basis::Reflections { columns, factor } => factor.reduce(columns.gather(features)),
            Basis::Columns(columns) => columns.gather(features),
        }
    }
}

/// The columns of a matrix that are not zero everywhere.
#[derive(Debug, Clone)]
struct Kept {
    width: usize,
    kept: Vec<usize>,
}

impl Kept {
    fn of(x: MatRef<'_, f64>) -> Self {
        let (n, width) = (x.nrows(), x.ncols());
        let mut is_kept = vec![false; width];
        if x.col_stride().unsigned_abs() <= x.row_stride().unsigned_abs() {
            // a row lies together: rows in turn, until no column is left to be seen
            let mut unseen = width;
            for i in 0..n {
                if unseen == 0 {
                    break;
                }
                for (j, seen) in is_kept.iter_mut().enumerate() {
                    if !*seen && x[(i, j)] != 0.0 {
                        *seen = true;
                        unseen -= 1;
                    }
                }
            }
        } else {
            for (j, seen) in is_kept.iter_mut().enumerate() {
                *seen = (0..n).any(|i| x[(i, j)] != 0.0);
            }
        }
        let kept = (0..width).filter(|&j| is_kept[j]).collect();
        Self { width, kept }
    }

    fn is_all(&self) -> bool {
        self.kept.len() == self.width
    }

    /// The columns kept of `x`, `n_samples x width`.
    fn rows(&self, x: MatRef<'_, f64>) -> DenseRows<f64> {
        DenseRows::from_fn(self.kept.len(), x.nrows(), |k, i| x[(i, self.kept[k])])
    }

    /// The rows kept of a matrix with one row a column.
    fn gather(&self, features: MatRef<'_, f64>) -> Mat<f64> {
        assert_eq!(features.nrows(), self.width, "features: one row a feature");
        if self.is_all() {
            return features.to_owned();
        }
        Mat::from_fn(self.kept.len(), features.ncols(), |k, j| {
            features[(self.kept[k], j)]
        })
    }

    /// [`gather`](Self::gather), a part of the columns at a time, between which `control` is asked.
    fn gather_within(
        &self,
        features: MatRef<'_, f64>,
        control: &Control<'_>,
    ) -> Result<Mat<f64>, LinalgError> {
        let (height, all) = (self.kept.len(), features.ncols());
        let some = (GATHERED / height.max(1)).max(1);
        let mut out = Mat::with_capacity(height, all);
        for first in (0..all).step_by(some) {
            if control.halt().is_some() {
                return Err(LinalgError::Halted);
            }
            let end = (first + some).min(all);
            out.resize_with(height, end, |k, j| features[(self.kept[k], j)]);
        }
        Ok(out)
    }

    fn scatter(&self, coordinates: MatRef<'_, f64>) -> Mat<f64> {
        let mut out = Mat::zeros(self.width, coordinates.ncols());
        for j in 0..coordinates.ncols() {
            for (k, &feature) in self.kept.iter().enumerate() {
                out[(feature, j)] = coordinates[(k, j)];
            }
        }
        out
    }
}

/// `V' X'`, in chunks that ask.
fn images(
    basis: MatRef<'_, f64>,
    x: MatRef<'_, f64>,
    control: &Control<'_>,
) -> Result<DenseRows<f64>, LinalgError> {
    let n = x.nrows();
    let mut out = DenseRows::full(basis.ncols(), n, 0.0);
    for first in (0..n).step_by(CHUNK) {
        if control.halt().is_some() {
            return Err(LinalgError::Halted);
        }
        let count = CHUNK.min(n - first);
        product(
            out.matrix_mut().subcols_mut(first, count),
            Accum::Replace,
            basis.transpose(),
            x.subrows(first, count).transpose(),
            1.0,
        );
    }
    Ok(out)
}
