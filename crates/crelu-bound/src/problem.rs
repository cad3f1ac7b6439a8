use faer::MatRef;

use crate::error::{BoundError, BoundPart};
use crate::loss::BoundLoss;

/// The data of a bound: `min_f  sum_j w_j loss(f(x_j), y_j) + B sum_i |u_i| |a_i|`, `B = beta sum_j w_j`.
#[derive(Debug, Clone, Copy)]
pub struct BoundProblem<'a> {
    x: MatRef<'a, f64>,
    y: &'a [f64],
    loss: BoundLoss,
    weights: Option<&'a [f64]>,
    /// The sum of the weights, rounded as it comes.
    mass: f64,
    beta: f64,
}

impl<'a> BoundProblem<'a> {
    /// Joins the data; the loss is squared, and all rows weigh the same.
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
        #[expect(clippy::cast_precision_loss, reason = "a row count far below 2^53")]
        let mass = y.len() as f64;
        Ok(Self {
            x,
            y,
            loss: BoundLoss::Squared,
            weights: None,
            mass,
            beta,
        })
    }

    /// Another loss of the same targets.
    ///
    /// # Errors
    /// [`BoundError::Label`] for a target of the logistic loss outside -1 to 1.
    pub fn with_loss(mut self, loss: BoundLoss) -> Result<Self, BoundError> {
        if loss == BoundLoss::Logistic
            && let Some(row) = self.y.iter().position(|y| y.abs() > 1.0)
        {
            let value = self.y[row];
            return Err(BoundError::Label { row, value });
        }
        self.loss = loss;
        Ok(self)
    }

    /// Weights of the rows.
    ///
    /// # Errors
    /// [`BoundError::Shape`]; [`BoundError::Weight`] for one that is not positive and finite: a row
    /// without weight is to be left out.
    pub fn with_weights(mut self, weights: &'a [f64]) -> Result<Self, BoundError> {
        let (want, got) = (self.y.len(), weights.len());
        if want != got {
            let part = BoundPart::Weights;
            return Err(BoundError::Shape { part, want, got });
        }
        let is_weight = |w: &f64| *w > 0.0 && w.is_finite();
        let mass: f64 = weights.iter().sum();
        let bad = weights.iter().position(|w| !is_weight(w));
        if let Some(row) = bad.or((!mass.is_finite()).then_some(0)) {
            let value = weights[row];
            return Err(BoundError::Weight { row, value });
        }
        (self.weights, self.mass) = (Some(weights), mass);
        Ok(self)
    }

    /// The same targets, weights and penalty with other rows.
    pub(crate) fn with_rows<'b>(&self, x: MatRef<'b, f64>) -> BoundProblem<'b>
    where
        'a: 'b,
    {
        BoundProblem { x, ..*self }
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

    /// The loss.
    #[must_use]
    pub fn loss(&self) -> BoundLoss {
        self.loss
    }

    /// The weights of the rows; none: all weigh 1.
    #[must_use]
    pub fn weights(&self) -> Option<&'a [f64]> {
        self.weights
    }

    /// The sum of the weights: what the mean objective divides by.
    #[must_use]
    pub fn mass(&self) -> f64 {
        self.mass
    }

    pub(crate) fn mean_weight(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a row count far below 2^53")]
        let n = self.y.len() as f64;
        self.mass / n
    }

    /// `beta` of the mean objective.
    #[must_use]
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// `B = beta sum_j w_j`.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.mass * self.beta
    }

    /// Rows.
    #[must_use]
    pub fn n_samples(&self) -> usize {
        self.x.nrows()
    }

    /// Columns.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.x.ncols()
    }
}
