use faer::{Accum, Mat, MatRef};

use crate::decompose::{orthogonal, thin_svd};
use crate::error::LinalgError;
use crate::product::product;

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
    rows: Mat<f64>,
    rank: usize,
    basis: Basis,
    reduction: Reduction,
    spectrum: Option<Vec<f64>>,
}

#[derive(Debug, Clone)]
enum Basis {
    Dense(Mat<f64>),
    Columns { width: usize, kept: Vec<usize> },
}

impl RowSpace {
    /// The thin SVD `X = U S V'`; `R = U S`, cut at `max(n, d) eps` times the largest singular
    /// value (the size of the rounding errors of the decomposition itself).
    ///
    /// **Shapes** `x`: `n_samples x n_features`. **Cost** about `8 n d min(n, d)` flops.
    ///
    /// # Errors
    /// [`LinalgError::NoSvd`] when it does not converge (data that are not finite).
    pub fn svd(x: MatRef<'_, f64>) -> Result<Self, LinalgError> {
        let (n, d) = (x.nrows(), x.ncols());
        if n == 0 || d == 0 {
            return Ok(Self::columns(x));
        }
        let (u, s, v) = thin_svd(x)?;
        #[expect(clippy::cast_precision_loss, reason = "a side far below 2^53")]
        let cut = n.max(d) as f64 * f64::EPSILON * s[0];
        let rank = s.iter().take_while(|&&value| value > cut).count();
        let rows = Mat::from_fn(rank, n, |k, i| u[(i, k)] * s[k]);
        let basis = v.as_ref().subcols(0, rank).to_owned();
        Ok(Self {
            rank,
            rows,
            basis: Basis::Dense(basis),
            reduction: Reduction::Svd,
            spectrum: Some(s[..rank].to_vec()),
        })
    }

    /// QR of the transpose: `X' = Q T`, `R = T'`. For `d > n`; the rank is not revealed.
    ///
    /// **Cost** `4 d n^2` flops.
    #[must_use]
    pub fn qr(x: MatRef<'_, f64>) -> Self {
        let (basis, rows) = orthogonal(x.transpose(), x.nrows().min(x.ncols()));
        Self {
            rank: rows.nrows(),
            rows,
            basis: Basis::Dense(basis),
            reduction: Reduction::Qr,
            spectrum: None,
        }
    }

    /// The columns of `x` as they are, without those that are zero everywhere.
    #[must_use]
    pub fn columns(x: MatRef<'_, f64>) -> Self {
        let kept: Vec<usize> = (0..x.ncols())
            .filter(|&j| (0..x.nrows()).any(|i| x[(i, j)] != 0.0))
            .collect();
        let rows = Mat::from_fn(kept.len(), x.nrows(), |k, i| x[(i, kept[k])]);
        let basis = Basis::Columns {
            width: x.ncols(),
            kept,
        };
        Self {
            rank: rows.nrows(),
            rows,
            basis,
            reduction: Reduction::Columns,
            spectrum: None,
        }
    }

    /// `R'`: `rank x n_samples`, a sample's coordinates lie together.
    #[must_use]
    pub fn rows(&self) -> MatRef<'_, f64> {
        self.rows.as_ref()
    }

    /// Hands `R'` out without a copy; [`rows`](Self::rows) is empty then, the basis stays.
    #[must_use]
    pub fn take_rows(&mut self) -> Mat<f64> {
        core::mem::replace(&mut self.rows, Mat::new())
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
            Basis::Columns { width, kept } => {
                let mut out = Mat::zeros(*width, coordinates.ncols());
                for j in 0..coordinates.ncols() {
                    for (k, &feature) in kept.iter().enumerate() {
                        out[(feature, j)] = coordinates[(k, j)];
                    }
                }
                out
            }
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
            Basis::Columns { width, kept } => {
                assert_eq!(features.nrows(), *width, "features: one row a feature");
                Mat::from_fn(kept.len(), features.ncols(), |k, j| features[(kept[k], j)])
            }
        }
    }
}
