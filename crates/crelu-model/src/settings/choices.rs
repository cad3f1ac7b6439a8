use faer::Mat;

use crelu_convex::gates::GateSampler;

/// Where the patterns come from.
#[derive(Debug, Clone, PartialEq)]
pub enum PatternSource {
    /// Drawn from the seed.
    Sampled {
        /// How many distinct ones.
        count: usize,
        /// By which rule.
        sampler: GateSampler,
    },
    /// Given: `d x k` gate vectors for the preprocessed data, without the bias (its entry is then
    /// 0) or with it in the last row.
    Given(Mat<f64>),
}

/// The penalty of the mean objective.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beta {
    /// `beta` itself.
    Absolute(f64),
    /// A fraction of `beta_max = max_i |X'D_i y|_2 / n` over the patterns in use.
    Fraction(f64),
}

/// Which loss is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LossChoice {
    /// The one that suits the task: squared for numbers, logistic for two classes, softmax for more.
    #[default]
    Auto,
    /// `(f - y)^2 / 2`; labels are coded -1 and +1, more than two 1 in the place of their class.
    Squared,
    /// `log(1 + e^(-y f))`, two classes.
    Logistic,
    /// `logsumexp(f) - f_y`, two classes or more.
    Softmax,
    /// Huber's, numbers.
    Huber,
}
