/// Which loss, without its targets.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum LossKind {
    /// `(f - y)^2 / 2`
    #[default]
    Squared,
    /// `log(1 + e^(-y f))`
    Logistic,
    /// `logsumexp(f) - f_y`
    Softmax,
    /// Huber's, with a `delta` for each output.
    Huber {
        /// The residuals up to which it is quadratic.
        delta: Vec<f64>,
    },
}

impl LossKind {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Squared => "squared",
            Self::Logistic => "logistic",
            Self::Softmax => "softmax",
            Self::Huber { .. } => "huber",
        }
    }
}
