use core::ops::Range;

use super::line;
use super::scalar::ScalarLoss;
use super::sum::Sum;
use super::weights::{Weights, finite};
use super::{Loss, RowLoss, Scaled};
use crate::error::LossError;

/// The sum of losses of single outputs, over all outputs and rows.
#[derive(Debug, Clone)]
pub struct Separable<L> {
    /// One for all outputs, or one an output.
    each: Vec<L>,
    outputs: usize,
    /// `outputs` numbers a row.
    target: Vec<f64>,
    weights: Weights,
}

impl<L: ScalarLoss> Separable<L> {
    /// A loss for all outputs alike.
    ///
    /// **Shapes** `target`: `outputs` numbers a row, a row's together; `weights`: one a row.
    ///
    /// # Errors
    /// [`LossError`] where a length does not fit, a target is not finite, or a weight is negative or
    /// not finite, or all are 0.
    pub fn new(
        loss: L,
        target: Vec<f64>,
        outputs: usize,
        weights: Option<Vec<f64>>,
    ) -> Result<Self, LossError> {
        Self::of_outputs(vec![loss], target, outputs, weights)
    }

    /// A loss for each output.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_outputs(
        each: Vec<L>,
        target: Vec<f64>,
        outputs: usize,
        weights: Option<Vec<f64>>,
    ) -> Result<Self, LossError> {
        finite(&target, outputs)?;
        if each.len() != 1 && each.len() != outputs {
            return Err(LossError::Shape {
                what: "losses",
                got: each.len(),
                want: outputs,
            });
        }
        Ok(Self {
            weights: Weights::new(target.len() / outputs, weights)?,
            each,
            outputs,
            target,
        })
    }

    fn loss(&self, k: usize) -> &L {
        &self.each[if self.each.len() == 1 { 0 } else { k }]
    }

    /// The targets, `outputs` numbers a row.
    #[must_use]
    pub fn target(&self) -> &[f64] {
        &self.target
    }

    /// The numbers of some rows: `(row's weight, loss, target, index in the slices)`.
    fn cells(&self, rows: Range<usize>) -> impl Iterator<Item = (f64, &L, f64, usize)> {
        let first = rows.start;
        rows.flat_map(move |j| {
            let weight = self.weights.of(j);
            (0..self.outputs).map(move |k| {
                let at = j * self.outputs + k;
                let here = (j - first) * self.outputs + k;
                (weight, self.loss(k), self.target[at], here)
            })
        })
    }

    /// The largest scale with which `theta` stays in the domain.
    fn room(&self, theta: &[f64]) -> f64 {
        let mut room = f64::INFINITY;
        for (weight, loss, y, at) in self.cells(0..self.n_samples()) {
            let t = theta[at];
            let (low, high) = loss.domain(y);
            let end = if t > 0.0 { high } else { low };
            if t != 0.0 && weight == 0.0 {
                return 0.0;
            }
            if t != 0.0 && end.is_finite() {
                room = room.min((weight * end / t).max(0.0));
            }
        }
        room
    }
}

impl<L: ScalarLoss> Loss for Separable<L> {
    fn name(&self) -> &'static str {
        self.each[0].name()
    }

    fn n_samples(&self) -> usize {
        self.target.len() / self.outputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn mass(&self) -> f64 {
        self.weights.mass()
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.of(row)
    }

    fn value_slope(&self, rows: Range<usize>, fitted: &[f64], slope: &mut [f64]) -> f64 {
        assert_eq!(fitted.len(), rows.len() * self.outputs, "fitted: K a row");
        assert_eq!(slope.len(), fitted.len(), "slope: as many as fitted");
        let weights = self.weights.of_rows(rows.clone());
        if self.each.len() == 1 && (self.outputs == 1 || weights.is_none()) {
            let target = &self.target[rows.start * self.outputs..rows.end * self.outputs];
            return self.each[0].value_slope(fitted, target, weights, slope);
        }
        let mut value = 0.0;
        for (weight, loss, y, at) in self.cells(rows) {
            let f = fitted[at];
            value += weight * loss.value(f, y);
            slope[at] = weight * loss.slope(f, y);
        }
        value
    }

    fn prox_into(&self, rows: Range<usize>, at: &[f64], rho: f64, out: &mut [f64]) {
        assert_eq!(at.len(), rows.len() * self.outputs, "at: K a row");
        assert_eq!(out.len(), at.len(), "out: as many as at");
        assert!(rho > 0.0, "rho: positive");
        for (weight, loss, y, i) in self.cells(rows) {
            out[i] = if weight > 0.0 {
                loss.prox(at[i], y, rho / weight)
            } else {
                at[i]
            };
        }
    }

    fn dual(&self, theta: &[f64], most: f64) -> Scaled {
        assert_eq!(theta.len(), self.target.len(), "theta: K a row");
        let all = 0..self.n_samples();
        let slope = |c: f64| {
            // a plain sum: at the end of the domain it is infinite
            let mut rise = 0.0;
            for (weight, loss, y, at) in self.cells(all.clone()) {
                let t = theta[at];
                if t != 0.0 {
                    rise -= t * loss.dual_slope(c * t / weight, y);
                }
            }
            rise
        };
        let room = self.room(theta).min(most.max(0.0)).min(line::MOST);
        let scale = if self.is_quadratic() {
            let (mut along, mut square) = (0.0, 0.0);
            for (weight, _, y, at) in self.cells(all.clone()) {
                let t = theta[at];
                if t != 0.0 {
                    along += t * y;
                    square += t * (t / weight);
                }
            }
            let best = along / square;
            if best > 0.0 { best.min(room) } else { 0.0 }
        } else if slope(room) <= 0.0 {
            room
        } else {
            line::root(0.0, room, slope).min(room)
        };
        let value = |c: f64| {
            let mut sum = Sum::default();
            for (weight, loss, y, at) in self.cells(all.clone()) {
                let t = theta[at];
                if weight > 0.0 {
                    // inside the domain, whatever the rounding of the product
                    let (low, high) = loss.domain(y);
                    let each = (c * t / weight).clamp(low, high);
                    let term = loss.dual(each, y);
                    let size = term.abs() + each.abs() * (y.abs() + each.abs());
                    sum.add(weight * term, weight * size);
                }
            }
            sum.down()
        };
        let (here, zero) = (value(scale), value(0.0));
        if here >= zero {
            Scaled { scale, value: here }
        } else {
            Scaled {
                scale: 0.0,
                value: zero,
            }
        }
    }

    fn curvature_bound(&self) -> f64 {
        let each = self.each.iter().map(ScalarLoss::curvature_bound);
        self.weights.largest() * each.fold(0.0, f64::max)
    }

    fn curvature_into(&self, rows: Range<usize>, fitted: &[f64], out: &mut [f64]) {
        assert_eq!(fitted.len(), rows.len() * self.outputs, "fitted: K a row");
        assert_eq!(out.len(), fitted.len(), "out: as many as fitted");
        for (weight, loss, y, at) in self.cells(rows) {
            out[at] = weight * loss.curvature(fitted[at], y);
        }
    }

    fn is_quadratic(&self) -> bool {
        self.each.iter().all(ScalarLoss::is_quadratic)
    }

    fn by_rows(&self) -> Option<RowLoss<'_>> {
        Some(RowLoss {
            kind: L::kind(&self.each, self.outputs)?,
            target: &self.target,
            constant: 0.0,
        })
    }
}
