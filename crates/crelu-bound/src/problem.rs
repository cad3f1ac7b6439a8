use faer::MatRef;

use crate::error::{BoundError, BoundPart};

/// The data of a bound: `min_f  sum_j (f(x_j) - y_j)^2 / 2 + B sum_i |u_i| |a_i|`, `B = n beta`.
#[derive(Debug, Clone, Copy)]
pub struct BoundProblem<'a> {
    x: MatRef<'a, f64>,
    y: &'a [f64],
    beta: f64,
}

impl<'a> BoundProblem<'a> {
    /// Joins the data.
    ///
    /// **Shapes** `x`: n_samples x n_features, as the network sees it (with its column of ones, if
    /// it has one); `y`: n_samples. **Units** `beta`: that of the mean objective.
    ///
    /// # Errors
    /// [`BoundError::Shape`], [`BoundError::NotFinite`], [`BoundError::Beta`] when `beta` is not
    /// positive.
    pub fn new(x: MatRef<'a, f64>, y: &'a [f64], beta: f64) -> Result<Self, BoundError> {
        if y.len() != x.nrows() || y.is_empty() {
            let (want, got) = (x.nrows().max(1), y.len());
            return Err(BoundError::Shape {
                part: BoundPart::Y,
                want,
                got,
            });
        }
        if x.ncols() == 0 {
            let (want, got) = (1, 0);
            return Err(BoundError::Shape {
                part: BoundPart::Columns,
                want,
                got,
            });
        }
        if !(beta.is_finite() && beta > 0.0) {
            return Err(BoundError::Beta(beta));
        }
        if let Some(row) = y.iter().position(|v| !v.is_finite()) {
            return Err(BoundError::NotFinite {
                part: BoundPart::Y,
                row,
            });
        }
        let bad = (0..x.nrows()).find(|&i| (0..x.ncols()).any(|j| !x[(i, j)].is_finite()));
        if let Some(row) = bad {
            return Err(BoundError::NotFinite {
                part: BoundPart::X,
                row,
            });
        }
        Ok(Self { x, y, beta })
    }

    /// The data matrix, n_samples x n_features.
    #[must_use]
    pub fn x(&self) -> MatRef<'a, f64> {
        self.x
    }

    /// The targets.
    #[must_use]
    pub fn y(&self) -> &'a [f64] {
        self.y
    }

    /// `beta` of the mean objective.
    #[must_use]
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// `B = n beta`, rounded once.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a row count far below 2^53")]
        let n = self.y.len() as f64;
        n * self.beta
    }

    /// Rows.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.y.len()
    }

    /// Columns.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.x.ncols()
    }
}
