use crelu_bound::CertificateUnits;
use linalg_core::DenseRows;

use crelu_core::power::{exponent, factors, scaled};

/// The centre and the powers of two that lie between a user's numbers and those that are solved:
/// targets `(y - centre) 2^-target`, preprocessed inputs `x 2^-feature`.
///
/// Both problems are the same: with `f = f' 2^target` the objective is `J = J' 4^target`, the
/// penalty `beta = beta' 2^(target + feature)`, the product of a neuron's weights
/// `|u| |a| = |u'| |a'| 2^(target - feature)`. Powers of two change no digit, so squares of very
/// large and of very small numbers neither overflow nor vanish, and the precision of f32 is enough.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Units {
    /// Taken from the targets of a regression, one an output; `output.bias` of the model.
    pub(crate) centre: Vec<f64>,
    /// Targets are in units of `2^target`.
    pub(crate) target: i32,
    /// Inputs, the bias among them, are in units of `2^feature`.
    pub(crate) feature: i32,
}

impl From<CertificateUnits> for Units {
    fn from(units: CertificateUnits) -> Self {
        Self {
            centre: vec![units.centre],
            target: units.target,
            feature: units.feature,
        }
    }
}

impl From<&Units> for CertificateUnits {
    /// Of one output: certificates speak of no other.
    fn from(units: &Units) -> Self {
        Self {
            centre: units.centre.first().copied().unwrap_or(0.0),
            target: units.target,
            feature: units.feature,
        }
    }
}

/// `J` is in squares of the target's units: beyond these powers of two the squares overflow, or a
/// loss a millionth of a millionth of them loses digits.
const TARGETS: std::ops::RangeInclusive<i32> = -500..=500;
/// The penalty is in units of target times feature, weights in units of target by feature: beyond
/// this power of two they would overflow or vanish.
const PRODUCTS: std::ops::RangeInclusive<i32> = -1000..=1000;

impl Units {
    /// The unit of the largest of these numbers.
    pub(crate) fn unit<'a>(values: impl Iterator<Item = &'a f64>) -> i32 {
        exponent(values.fold(0.0, |largest: f64, v| largest.max(v.abs())))
    }

    /// Whether squares of the targets are numbers.
    pub(crate) fn holds_target(&self) -> bool {
        TARGETS.contains(&self.target)
    }

    /// Whether the penalty and the weights are numbers.
    pub(crate) fn holds_features(&self) -> bool {
        PRODUCTS.contains(&(self.target + self.feature))
            && PRODUCTS.contains(&(self.target - self.feature))
    }

    /// Coded targets, centred, as they are solved.
    pub(crate) fn targets_in(&self, target: &mut [f64]) {
        for row in target.chunks_exact_mut(self.centre.len()) {
            for (y, centre) in row.iter_mut().zip(&self.centre) {
                *y = scaled(*y - centre, -self.target);
            }
        }
    }

    /// Preprocessed inputs as they are solved; whether no digit was lost.
    pub(crate) fn inputs_in(&self, inputs: &mut DenseRows<f64>) -> bool {
        if self.feature == 0 {
            return true;
        }
        let (down, up) = (factors(-self.feature), factors(self.feature));
        let mut exact = true;
        for x in inputs.values_mut() {
            let there = *x * down.0 * down.1;
            exact &= there * up.0 * up.1 == *x;
            *x = there;
        }
        exact
    }

    /// Whether targets that are solved give back the `centred` ones.
    pub(crate) fn keeps(&self, centred: &[f64], target: &[f64]) -> bool {
        centred
            .iter()
            .zip(target)
            .all(|(y, inside)| scaled(*inside, self.target) == *y)
    }

    /// The penalty as it is solved; None where it is no normal number there.
    pub(crate) fn beta_in(&self, beta: f64) -> Option<f64> {
        let inside = scaled(beta, -(self.target + self.feature));
        (beta == 0.0 || inside.is_normal()).then_some(inside)
    }

    /// A solved penalty in the user's units.
    pub(crate) fn beta_out(&self, beta: f64) -> f64 {
        scaled(beta, self.target + self.feature)
    }

    /// A solved objective, loss or bound in the user's units.
    pub(crate) fn objective_out(&self, objective: f64) -> f64 {
        scaled(objective, 2 * self.target)
    }

    /// The power of two between a solved product of weights and the user's.
    pub(crate) fn weights_out(&self) -> i32 {
        self.target - self.feature
    }
}
