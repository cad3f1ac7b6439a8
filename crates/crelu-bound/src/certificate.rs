use serde::Serialize;

/// The two signs of a neuron's output weight, in the order of every pair in this crate.
pub const SIGNS: [f64; 2] = [1.0, -1.0];

/// What a bound rests on: a vector `theta` and, for both signs, a reason why no neuron has a
/// price above the threshold.
///
/// For any `theta` and any `U >= max_{|u| <= 1} |theta' (X u)_+|`, with `B = beta sum w` and
/// any `c <= B / U`, no two-layer network has a `J sum w` below `-l*(-c theta)`; for the squared loss that
/// is `c theta'y - c^2 |theta|^2 / 2`. Everything here is untrusted: the verifier looks at `X`, `y`, the
/// weights, `beta` and these numbers alone, replaces what is outside its cone and rounds against the bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// `[n_samples]`, in the units of the targets times the weights.
    pub theta: Vec<f64>,
    /// `[n_samples]`: the place of every row among the different rows, from 0; rows of one place are
    /// equal. The proof is about the different rows: a price knows of their `theta` the sum alone. None:
    /// every row stands for itself.
    pub merged: Option<Vec<usize>>,
    /// Why the price of `theta` is bounded.
    pub proof: Proof,
}

/// The reason for a bound on the price `max_{|u| <= 1} s theta' (X u)_+`, for both signs `s`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Proof {
    /// Nothing is needed: the verifier bounds the price of `theta` by going through the cells of
    /// the arrangement (few columns only).
    Enumeration,
    /// The price stated, which the verifier proves by branch and bound over cones (up to six
    /// dimensions); nothing where it is too low.
    Cones {
        /// What no price exceeds, in the units of `theta` and `X`.
        price: f64,
    },
    /// Two inequalities a row, aggregated to one trust-region problem a sign.
    Interval(Box<[IntervalMultipliers; 2]>),
    /// Products of the rows' constraints, inside blocks of rows.
    Products(Box<[ProductMultipliers; 2]>),
}

/// What a proof rests on, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProofKind {
    /// All neurons were priced.
    Enumeration,
    /// A convex relaxation of the price.
    Relaxation,
}

impl ProofKind {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Enumeration => "enumeration",
            Self::Relaxation => "relaxation",
        }
    }
}

impl Proof {
    /// What it rests on.
    #[must_use]
    pub fn kind(&self) -> ProofKind {
        match self {
            Self::Enumeration | Self::Cones { .. } => ProofKind::Enumeration,
            Self::Interval(_) | Self::Products(_) => ProofKind::Relaxation,
        }
    }
}

impl Certificate {
    /// A certificate of rows that stand for themselves.
    #[must_use]
    pub fn new(theta: Vec<f64>, proof: Proof) -> Self {
        Self {
            theta,
            merged: None,
            proof,
        }
    }

    /// `theta` with no multipliers: what the triangle inequality proves of it.
    pub(crate) fn trivial(theta: Vec<f64>) -> Self {
        let n = theta.len();
        let none = IntervalMultipliers {
            mu: vec![0.0; n],
            t: vec![0.0; n],
            g: vec![0.0; n],
            factor: Vec::new(),
            width: 0,
        };
        Self::new(theta, Proof::Interval(Box::new([none.clone(), none])))
    }

    /// `scale` times everything: it proves the same.
    pub(crate) fn scale(&mut self, scale: f64) {
        let all = |values: &mut [f64]| values.iter_mut().for_each(|v| *v *= scale);
        all(&mut self.theta);
        match &mut self.proof {
            Proof::Enumeration => {}
            Proof::Cones { price } => *price *= scale,
            Proof::Interval(both) => both.iter_mut().for_each(|m| {
                all(&mut m.mu);
                all(&mut m.t);
                all(&mut m.g);
            }),
            Proof::Products(both) => both.iter_mut().for_each(|m| {
                m.trace *= scale;
                for block in &mut m.blocks {
                    all(&mut block.products);
                    all(&mut block.bound);
                    all(&mut block.direction);
                }
            }),
        }
    }
}

/// Multipliers of the quick bound for one sign `s`; `q = s theta`, `z = (X u)_+`.
///
/// Rows with `q_i > 0`: `q z <= mu z^2 / 4 + q x'u / 2 + q^2 / (4 mu)`. Rows with `q_i < 0`:
/// `-|q| z <= -t x'u - (D'u)(x'u)` whenever `|D| <= min(t, |q| - t)` and `|u| <= 1`, with
/// `D_i = g_i M x_i`.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalMultipliers {
    /// `[rows]`: `mu_i >= 0`, read where `q_i > 0`.
    pub mu: Vec<f64>,
    /// `[rows]`: `0 <= t_i <= |q_i|`, read where `q_i < 0`.
    pub t: Vec<f64>,
    /// `[rows]`: `g_i`, read where `q_i < 0`.
    pub g: Vec<f64>,
    /// `[n_features * width]`, column-major: the factor `V` of `M = V V'`.
    pub factor: Vec<f64>,
    /// Columns of `V`.
    pub width: usize,
}

/// Multipliers of the tight bound for one sign `s`.
///
/// With `a = |u|`, `z = (X u)_+`, `z' = (-X u)_+` and rows `k` of a block, the form
///
/// ```text
///     T(a, u, z, z') = s theta'z a
///         + sum_block sum_{j >= k} [ A_jk z_j z_k + B_jk z'_j z'_k ] + sum_{j,k} C_jk z_j z'_k
///         + sum_i z_i (p_i a - P_i'u) + z'_i (p'_i a - P'_i'u) + tau (a^2 - |u|^2)
/// ```
///
/// with `A, B >= 0` entrywise, `C_jk >= 0` for `j != k`, `C_jj` and `tau` free, `|P_i| <= p_i` and
/// `|P'_i| <= p'_i` is at least `s theta'z a` on every neuron, and `T <= U (a^2 + |u|^2) / 2` as a
/// quadratic form (with `z - z' = X u`) proves the price at most `U`.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductMultipliers {
    /// Disjoint sets of rows. A row `i` of none is taken for `(s theta_i)_+ |x_i|`: serves rows of (nearly)
    /// no length.
    pub blocks: Vec<BlockMultipliers>,
    /// `tau`.
    pub trace: f64,
}

/// The multipliers of one block of `m` rows.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockMultipliers {
    /// `[m]`: the rows, ascending.
    pub rows: Vec<usize>,
    /// `[2m * 2m]`, column-major and symmetric: half the coefficient of the product of two of
    /// `(z_1 .. z_m, z'_1 .. z'_m)`, so that the form is `t' products t`.
    pub products: Vec<f64>,
    /// `[2m]`: the bounds `p_i` of `(z, z')`.
    pub bound: Vec<f64>,
    /// `[n_features * 2m]`, column-major: the directions `P_i` of `(z, z')`.
    pub direction: Vec<f64>,
}
