use faer::Mat;

use crate::gates::GateSampler;

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
