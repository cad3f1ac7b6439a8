use faer::Mat;

use crelu_convex::gates::GateSampler;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

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

/// By their number and rule.
impl Serialize for PatternSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (count, rule) = match self {
            Self::Sampled { count, sampler } => (*count, sampler.name()),
            Self::Given(gates) => (gates.ncols(), "given"),
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("patterns", &count)?;
        map.serialize_entry("gate_sampler", rule)?;
        map.end()
    }
}

/// The penalty of the mean objective.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub enum Beta {
    /// `beta` itself.
    #[serde(rename = "beta")]
    Absolute(f64),
    /// A fraction of `beta_max = max_i |X'D_i y|_2 / n` over the patterns in use.
    #[serde(rename = "beta_frac")]
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
