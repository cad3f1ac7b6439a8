use crelu_core::{Loss, Separable};

use super::ball::Ball;
use super::directed::{
    add_up, div_down, div_up, exponent, mul_down, mul_up, power_of_two, sub_down,
};
use super::logarithm::ln_up;
use crate::loss::BoundLoss;
use crate::problem::BoundProblem;

/// The losses of the rows at size one, by powers of two: every number is exactly that of the user.
pub(super) struct Losses<'a> {
    problem: &'a BoundProblem<'a>,
    /// `y / 2^y_exponent`; of labels as they are.
    y: Vec<f64>,
    /// `w / 2^w_exponent`.
    weights: Option<Vec<f64>>,
    /// `delta / 2^y_exponent`, rounded down; infinite for the squared loss.
    delta: f64,
    y_exponent: i32,
    w_exponent: i32,
}

impl<'a> Losses<'a> {
    /// `None` where the targets or the weights span more than `f64` can hold at size one.
    pub(super) fn new(problem: &'a BoundProblem<'a>) -> Option<Self> {
        let largest = |values: &[f64]| values.iter().fold(0.0, |m: f64, v| v.abs().max(m));
        let y_exponent = match problem.loss() {
            BoundLoss::Logistic => 0,
            _ => exponent(largest(problem.y())),
        };
        let w_exponent = problem.weights().map_or(0, |w| exponent(largest(w)));
        let weights = match problem.weights() {
            Some(weights) => Some(scaled(weights, w_exponent)?),
            None => None,
        };
        let delta = match problem.loss() {
            BoundLoss::Huber(huber) => mul_down(huber.delta(), power_of_two(-y_exponent)).max(0.0),
            _ => f64::INFINITY,
        };
        Some(Self {
            problem,
            y: scaled(problem.y(), y_exponent)?,
            weights,
            delta,
            y_exponent,
            w_exponent,
        })
    }

    /// `theta` is in units of two to this power.
    pub(super) fn theta_exponent(&self) -> i32 {
        self.y_exponent + self.w_exponent
    }

    /// A value at size one as it is in the mean objective, rounded down.
    pub(super) fn mean_down(&self, value: f64) -> f64 {
        if value.is_nan() || value <= 0.0 {
            return 0.0;
        }
        let mean = div_down(value, self.mass_up());
        let mean = mul_down(mean, power_of_two(self.y_exponent));
        mul_down(
            mul_down(mean, power_of_two(self.y_exponent)),
            power_of_two(self.w_exponent),
        )
        .max(0.0)
    }

    /// The sum of the weights, rounded up.
    fn mass_up(&self) -> f64 {
        self.mass(|sum, w| (sum + w).next_up())
    }

    /// The sum of the weights, rounded down.
    pub(super) fn mass_down(&self) -> f64 {
        self.mass(|sum, w| (sum + w).next_down())
    }

    fn mass(&self, add: impl Fn(f64, f64) -> f64) -> f64 {
        match self.problem.weights() {
            Some(weights) => weights[1..].iter().fold(weights[0], |sum, w| add(sum, *w)),
            None => self.problem.mass(), // a count, exact
        }
    }

    fn weight(&self, i: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[i])
    }

    /// Numbers on a side where the loss has no dual point at all are none: `theta` is a free choice.
    pub(super) fn admit(&self, theta: &mut [f64]) {
        if self.problem.loss() == BoundLoss::Logistic {
            for (theta, y) in theta.iter_mut().zip(&self.y) {
                if (*y >= 1.0 && *theta < 0.0) || (*y <= -1.0 && *theta > 0.0) {
                    *theta = 0.0;
                }
            }
        }
    }

    /// The best `c <= most` with `c theta` in the domain, and `-l*(-c theta)` at size one, rounded down.
    pub(super) fn best(&self, theta: &[f64], most: f64) -> (f64, f64) {
        match self.problem.loss() {
            BoundLoss::Squared | BoundLoss::Huber(_) => {
                self.quadratic(theta, most.min(self.room(theta)))
            }
            BoundLoss::Logistic => self.logistic(theta, most.min(self.room(theta))),
        }
    }

    /// A `c` up to which every `c theta` is in the domain of the dual, rounded down.
    fn room(&self, theta: &[f64]) -> f64 {
        let rows = theta.iter().enumerate().filter(|(_, theta)| **theta != 0.0);
        rows.fold(f64::INFINITY, |room, (i, theta)| {
            let end = match self.problem.loss() {
                BoundLoss::Squared => return room,
                BoundLoss::Huber(_) => self.delta,
                // theta up to the share of +1, minus theta up to that of -1
                BoundLoss::Logistic => share(theta.signum() * self.y[i]).0,
            };
            let end = match self.weights {
                Some(_) => mul_down(self.weight(i), end),
                None => end,
            };
            let own = if end > 0.0 {
                div_down(end, theta.abs())
            } else {
                0.0
            };
            room.min(own)
        })
    }

    /// The best `c <= most` and `c theta'y - c^2 sum theta^2 / (2 w)`, rounded down.
    fn quadratic(&self, theta: &[f64], most: f64) -> (f64, f64) {
        let column = Ball::column(theta);
        let row = column.transposed();
        let gain = row.times(&Ball::column(&self.y));
        let gain = sub_down(gain.mid[(0, 0)], gain.rad[(0, 0)]);
        let cost = match &self.weights {
            None => {
                let cost = row.times(&column);
                add_up(cost.mid[(0, 0)], cost.rad[(0, 0)])
            }
            Some(weights) => theta
                .iter()
                .zip(weights)
                .fold(0.0, |sum, (t, w)| match *t == 0.0 {
                    true => sum,
                    false => add_up(sum, div_up(mul_up(*t, *t), *w)),
                }),
        };
        let scale = (gain / cost).min(most);
        let is_usable = scale > 0.0 && scale.is_finite(); // not so for NaN
        if !is_usable {
            return (0.0, 0.0);
        }
        let rest = sub_down(gain, mul_up(0.5 * scale, cost).next_up());
        (scale, mul_down(scale, rest))
    }

    /// A good `c <= most` and `sum w H(q - c theta / w)`, rounded down.
    fn logistic(&self, theta: &[f64], most: f64) -> (f64, f64) {
        // which c is a free choice: found in rounded numbers
        let loss = Separable::new(
            crelu_core::Logistic,
            self.y.clone(),
            1,
            self.weights.clone(),
        );
        let scale = match loss {
            Ok(loss) => loss.dual(theta, most).scale.min(most),
            Err(_) => 0.0,
        };
        let scale = if scale > 0.0 { scale } else { 0.0 }; // not so for NaN
        let rows = theta.iter().enumerate();
        let value = rows.fold(0.0, |sum, (i, theta)| {
            let own = mul_down(self.weight(i), self.entropy(i, *theta, scale)).max(0.0);
            (sum + own).next_down().max(0.0)
        });
        (scale, value)
    }

    /// `H(q - c theta / w)` of a row, rounded down; `c` is in its room.
    fn entropy(&self, i: usize, theta: f64, c: f64) -> f64 {
        let part = if theta == 0.0 || c == 0.0 {
            (0.0, 0.0)
        } else {
            let size = theta.abs();
            let (low, high) = (mul_down(c, size).max(0.0), mul_up(c, size));
            match self.weights {
                Some(_) => (
                    div_down(low, self.weight(i)).max(0.0),
                    div_up(high, self.weight(i)),
                ),
                None => (low, high),
            }
        };
        let (near, far) = (
            share(theta.signum() * self.y[i]),
            share(-theta.signum() * self.y[i]),
        );
        // one share falls by c |theta| / w, the other rises by it; both are in [0, 1] within the room
        let (near, far) = match part.1 == 0.0 {
            true => (near, far),
            false => (
                (sub_down(near.0, part.1), (near.1 - part.0).next_up()),
                ((far.0 + part.0).next_down(), add_up(far.1, part.1)),
            ),
        };
        entropy_term(near) + entropy_term(far).next_down().max(0.0)
    }
}

/// `(1 + y) / 2` from both sides; exact for most labels.
fn share(y: f64) -> (f64, f64) {
    let sum = 1.0 + y;
    // the rounding of the sum, exactly (Dekker 1971)
    let is_exact = y - (sum - 1.0) == 0.0;
    match is_exact {
        true => (0.5 * sum, 0.5 * sum),
        false => (0.5 * sum.next_down(), 0.5 * sum.next_up()),
    }
}

/// The least `-p ln p` for `p` between two numbers and in [0, 1], rounded down: it is concave, so at an end.
fn entropy_term((low, high): (f64, f64)) -> f64 {
    let at = |p: f64| match p > 0.0 && p < 1.0 {
        true => mul_down(p, -ln_up(p)).max(0.0),
        false => 0.0,
    };
    at(low.max(0.0)).min(at(high.min(1.0)))
}

/// Numbers in units of a power of two; none where digits are lost.
fn scaled(values: &[f64], exponent: i32) -> Option<Vec<f64>> {
    let (down, up) = (power_of_two(-exponent), power_of_two(exponent));
    let out: Vec<f64> = values.iter().map(|v| v * down).collect();
    let is_exact = out
        .iter()
        .zip(values)
        .all(|(there, here)| there * up == *here);
    is_exact.then_some(out)
}
