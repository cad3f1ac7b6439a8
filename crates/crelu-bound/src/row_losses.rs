use crelu_core::Huber;

use crate::loss::BoundLoss;
use crate::problem::BoundProblem;

/// A convex loss of every row's output, as the interval model needs it.
pub(crate) trait RowLoss: Sync {
    /// Value and derivative of a row at an output.
    fn at(&self, row: usize, f: f64) -> (f64, f64);
    /// The smallest value of a row.
    fn least(&self, row: usize) -> f64;
}

/// `-theta_i f`: under it the smallest "loss" of unit masses is minus the price of `theta`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Linear<'a>(pub(crate) &'a [f64]);

impl RowLoss for Linear<'_> {
    fn at(&self, row: usize, f: f64) -> (f64, f64) {
        (-self.0[row] * f, -self.0[row])
    }

    fn least(&self, _row: usize) -> f64 {
        0.0
    }
}

/// Of huber's targets, what lies further out than so many `delta` says nothing of their spread.
const FAR: f64 = 3.0;

/// The losses of some rows with their weights, in units of their size; rounded as it comes, for what
/// steers a search and proves nothing.
///
/// In units `f`, an output is `f` times as large as here, a weight `mean` times, `theta` `f mean`
/// times and a loss `f^2 mean` times.
#[derive(Debug, Clone)]
pub(crate) struct Losses {
    loss: BoundLoss,
    target: Vec<f64>,
    weights: Option<Vec<f64>>,
    /// Units of outputs.
    pub(crate) f_unit: f64,
    /// Units of `theta`.
    pub(crate) theta_unit: f64,
}

impl Losses {
    /// In the units of the problem.
    pub(crate) fn new(problem: &BoundProblem<'_>) -> Self {
        Self {
            loss: problem.loss(),
            target: problem.y().to_vec(),
            weights: problem.weights().map(<[f64]>::to_vec),
            f_unit: 1.0,
            theta_unit: 1.0,
        }
    }

    /// The problem's rows in units of `spread(targets)`, where the loss has no scale of its own, and of
    /// the mean weight. None where the targets are zero or beyond the range of `f64`.
    pub(crate) fn scaled(
        problem: &BoundProblem<'_>,
        rows: &[usize],
        spread: impl Fn(&[f64]) -> f64,
    ) -> Option<Self> {
        let target: Vec<f64> = rows.iter().map(|&i| problem.y()[i]).collect();
        let f_unit = match problem.loss() {
            BoundLoss::Squared => spread(&target),
            BoundLoss::Logistic => 1.0,
            BoundLoss::Huber(huber) => {
                let far = FAR * huber.delta();
                let near: Vec<f64> = target.iter().map(|y| y.clamp(-far, far)).collect();
                spread(&near)
            }
        };
        let loss = match problem.loss() {
            BoundLoss::Huber(huber) => BoundLoss::Huber(Huber::new(huber.delta() / f_unit).ok()?),
            other => other,
        };
        let mean = problem.mean_weight();
        let weights = problem.weights();
        let weights = weights.map(|w| rows.iter().map(|&i| w[i] / mean).collect());
        let in_range = |v: f64| v > 0.0 && v.is_finite();
        let target = match problem.loss() {
            BoundLoss::Logistic => target,
            _ => target.iter().map(|y| y / f_unit).collect(),
        };
        let theta_unit = f_unit * mean;
        ([f_unit, theta_unit, f_unit * theta_unit].into_iter())
            .all(in_range)
            .then_some(Self {
                loss,
                target,
                weights,
                f_unit,
                theta_unit,
            })
    }

    pub(crate) fn len(&self) -> usize {
        self.target.len()
    }

    /// What a loss here is in the units of the problem.
    pub(crate) fn value_unit(&self) -> f64 {
        self.f_unit * self.theta_unit
    }

    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// Minus the derivative.
    pub(crate) fn theta(&self, row: usize, f: f64) -> f64 {
        -self.weight(row) * self.loss.scalar().slope(f, self.target[row])
    }

    /// The second derivative, or a bound on it where it jumps.
    pub(crate) fn curvature(&self, row: usize, f: f64) -> f64 {
        self.weight(row) * self.loss.scalar().curvature(f, self.target[row])
    }

    /// The largest second derivative.
    pub(crate) fn curvature_bound(&self, row: usize) -> f64 {
        self.weight(row) * self.loss.scalar().curvature_bound()
    }

    /// `theta` moved to where the dual value is finite.
    pub(crate) fn inside(&self, row: usize, theta: f64) -> f64 {
        let (low, high) = self.loss.scalar().domain(self.target[row]);
        let weight = self.weight(row);
        theta.clamp(weight * low, weight * high)
    }

    /// The largest `c <= most` with which `c theta` is in the domain of the dual.
    pub(crate) fn room(&self, theta: impl Iterator<Item = f64>, most: f64) -> f64 {
        theta.enumerate().fold(most, |room, (row, theta)| {
            let end = self.inside(row, theta * room);
            match theta == 0.0 {
                true => room,
                false => room.min((end / theta).max(0.0)),
            }
        })
    }

    /// The dual value of a row's `theta`, which is in its domain but for rounding.
    pub(crate) fn dual(&self, row: usize, theta: f64) -> f64 {
        let (weight, theta) = (self.weight(row), self.inside(row, theta));
        weight * self.loss.scalar().dual(theta / weight, self.target[row])
    }
}

impl RowLoss for Losses {
    fn at(&self, row: usize, f: f64) -> (f64, f64) {
        let (weight, y, loss) = (self.weight(row), self.target[row], self.loss.scalar());
        (weight * loss.value(f, y), weight * loss.slope(f, y))
    }

    fn least(&self, row: usize) -> f64 {
        self.dual(row, 0.0)
    }
}

impl BoundProblem<'_> {
    /// `theta`, minus the derivative of the loss, at outputs of all rows, rounded as it comes.
    pub(crate) fn theta(&self, outputs: &[f64]) -> Vec<f64> {
        let losses = Losses::new(self);
        let outputs = outputs.iter().enumerate();
        outputs.map(|(row, f)| losses.theta(row, *f)).collect()
    }

    /// `theta` of the zero network.
    pub(crate) fn theta_of_zero(&self) -> Vec<f64> {
        self.theta(&vec![0.0; self.y().len()])
    }
}
