use core::ops::Range;

use pulp::{Arch, WithSimd};

use super::exponential::{exp_of_negative, ln};
use super::logistic::entropy_term;
use super::sum::Sum;
use super::weights::{Weights, finite};
use super::{Loss, LossKind, RowLoss, Scaled, line};
use crate::error::LossError;

/// `logsumexp(f) - q'f` for label shares `q` of `K` classes: one-hot for a single label.
///
/// ```text
///     theta = q - softmax(f);   -l*(-theta) = sum_k h(q_k - theta_k),  h(p) = -p log p
/// ```
#[derive(Debug, Clone)]
pub struct Softmax {
    classes: usize,
    /// `classes` numbers a row, which add up to 1.
    shares: Vec<f64>,
    /// The class of the largest share of each row.
    dearest: Vec<usize>,
    weights: Weights,
}

/// Shares may add up to 1 up to this.
const SHARE: f64 = 1e-9;
/// Newton steps of a proximal point: its objective is strongly convex, eight do.
const PROX_STEPS: usize = 50;

impl Softmax {
    /// **Shapes** `shares`: `classes` numbers a row, a row's together; `weights`: one a row.
    ///
    /// # Errors
    /// [`LossError`] where a length does not fit, shares are negative or do not add up to 1, or
    /// weights are negative or all 0.
    pub fn new(
        shares: Vec<f64>,
        classes: usize,
        weights: Option<Vec<f64>>,
    ) -> Result<Self, LossError> {
        finite(&shares, classes)?;
        for (row, q) in shares.chunks_exact(classes).enumerate() {
            let sum: f64 = q.iter().sum();
            if q.iter().any(|q| *q < 0.0) || (sum - 1.0).abs() > SHARE {
                return Err(LossError::Value {
                    what: "sum of label shares",
                    row,
                    value: sum,
                    want: "not 1 of numbers from 0",
                });
            }
        }
        let dearest = |q: &[f64]| (1..classes).fold(0, |d, k| if q[k] > q[d] { k } else { d });
        Ok(Self {
            weights: Weights::new(shares.len() / classes, weights)?,
            classes,
            dearest: shares.chunks_exact(classes).map(dearest).collect(),
            shares,
        })
    }

    /// The label shares, `classes` numbers a row.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    fn row(&self, j: usize) -> &[f64] {
        &self.shares[j * self.classes..(j + 1) * self.classes]
    }
}

/// `softmax(f)` into `p`, and `logsumexp(f) - max f` with the largest.
fn softmax_into(f: &[f64], p: &mut [f64]) -> (f64, f64) {
    let largest = f.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut total = 0.0;
    for (p, f) in p.iter_mut().zip(f) {
        *p = exp_of_negative(f - largest);
        total += *p;
    }
    for p in p.iter_mut() {
        *p /= total;
    }
    (largest, ln(total))
}

/// [`Loss::value_slope`] of some rows, for the widest vector unit there is: all exponentials in one loop.
struct ValueSlope<'a> {
    classes: usize,
    fitted: &'a [f64],
    shares: &'a [f64],
    dearest: &'a [usize],
    weights: Option<&'a [f64]>,
    slope: &'a mut [f64],
}

impl WithSimd for ValueSlope<'_> {
    type Output = f64;
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) -> f64 {
        let classes = self.classes;
        let weight = |row: usize| self.weights.map_or(1.0, |weights| weights[row]);
        let mut value = 0.0;
        let rows = self.fitted.chunks_exact(classes);
        let rows = rows.zip(self.shares.chunks_exact(classes));
        for (row, (slope, (f, q))) in self.slope.chunks_exact_mut(classes).zip(rows).enumerate() {
            let mut largest = f64::NEG_INFINITY;
            for f in f {
                largest = if *f > largest { *f } else { largest };
            }
            // q'(max - f) is a sum of numbers from 0
            let mut behind = 0.0;
            for ((slope, f), q) in slope.iter_mut().zip(f).zip(q) {
                *slope = f - largest;
                behind -= q * *slope;
            }
            value += weight(row) * behind;
        }
        for e in &mut *self.slope {
            *e = exp_of_negative(*e);
        }
        let rows = self.dearest.iter().zip(self.shares.chunks_exact(classes));
        for (row, (slope, (dearest, q))) in
            self.slope.chunks_exact_mut(classes).zip(rows).enumerate()
        {
            let total: f64 = slope.iter().sum();
            let weight = weight(row);
            value += weight * ln(total);
            let part = weight / total;
            for (slope, q) in slope.iter_mut().zip(q) {
                *slope = part * *slope - weight * q;
            }
            // they add up to 0: of the largest share what the others leave, not a difference of two
            // numbers near 1
            let (before, behind) = slope.split_at_mut(*dearest);
            if let Some((dearest, after)) = behind.split_first_mut() {
                *dearest = -(before.iter().sum::<f64>() + after.iter().sum::<f64>());
            }
        }
        value
    }
}

impl Loss for Softmax {
    fn by_rows(&self) -> Option<RowLoss<'_>> {
        Some(RowLoss {
            kind: LossKind::Softmax,
            target: &self.shares,
            constant: 0.0,
        })
    }

    fn name(&self) -> &'static str {
        "softmax"
    }

    fn n_samples(&self) -> usize {
        self.shares.len() / self.classes
    }

    fn outputs(&self) -> usize {
        self.classes
    }

    fn mass(&self) -> f64 {
        self.weights.mass()
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.of(row)
    }

    fn value_slope(&self, rows: Range<usize>, fitted: &[f64], slope: &mut [f64]) -> f64 {
        assert_eq!(fitted.len(), rows.len() * self.classes, "fitted: K a row");
        assert_eq!(slope.len(), fitted.len(), "slope: as many as fitted");
        Arch::new().dispatch(ValueSlope {
            classes: self.classes,
            fitted,
            shares: &self.shares[rows.start * self.classes..rows.end * self.classes],
            dearest: &self.dearest[rows.clone()],
            weights: self.weights.of_rows(rows),
            slope,
        })
    }

    fn prox_into(&self, rows: Range<usize>, at: &[f64], rho: f64, out: &mut [f64]) {
        assert_eq!(at.len(), rows.len() * self.classes, "at: K a row");
        assert_eq!(out.len(), at.len(), "out: as many as at");
        assert!(rho > 0.0, "rho: positive");
        let mut room = Newton::new(self.classes);
        let parts = at.chunks_exact(self.classes);
        for (j, (at, out)) in rows.zip(parts.zip(out.chunks_exact_mut(self.classes))) {
            let weight = self.weights.of(j);
            out.copy_from_slice(at);
            if weight > 0.0 {
                room.solve(self.row(j), at, rho / weight, out);
            }
        }
    }

    fn dual(&self, theta: &[f64], most: f64) -> Scaled {
        assert_eq!(theta.len(), self.shares.len(), "theta: K a row");
        let cells = || {
            let rows = self.shares.chunks_exact(self.classes);
            let rows = rows.zip(theta.chunks_exact(self.classes)).enumerate();
            rows.flat_map(|(j, (q, t))| {
                let weight = self.weights.of(j);
                q.iter().zip(t).map(move |(q, t)| (weight, *q, *t))
            })
        };
        let mut room = f64::INFINITY;
        for (weight, q, t) in cells() {
            if t > 0.0 {
                room = room.min(weight * q / t);
            } else if t < 0.0 {
                room = room.min(weight * (1.0 - q) / -t);
            }
        }
        // the entries of a row's theta add up to 0 but for rounding: nothing else is a dual point
        let fits = theta.chunks_exact(self.classes).all(|t| {
            let size: f64 = t.iter().map(|t| t.abs()).sum();
            t.iter().sum::<f64>().abs() <= SHARE * size
        });
        let room = if fits { room } else { 0.0 };
        let room = room.min(most.max(0.0)).min(line::MOST);
        let slope = |c: f64| {
            // a plain sum: at the end of the domain it is infinite
            let mut rise = 0.0;
            for (weight, q, t) in cells() {
                if t != 0.0 {
                    let p = (q - c * t / weight).max(0.0);
                    rise -= t * (p.ln() + 1.0);
                }
            }
            rise
        };
        let scale = if slope(room) <= 0.0 {
            room
        } else {
            line::root(0.0, room, slope).min(room)
        };
        // each row's point in the simplex, exactly: of a row whose sum is not 1 by rounding the part
        // that is there, which changes the value by less than is taken off below
        let value = |c: f64| {
            let mut sum = Sum::default();
            for (weight, q, t) in cells() {
                if weight > 0.0 {
                    let p = (q - c * t / weight).clamp(0.0, 1.0);
                    let term = entropy_term(p);
                    sum.add(weight * term, weight * (term + q + p));
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
        0.5 * self.weights.largest()
    }

    /// `2 p_k (1 - p_k)`: with it on the diagonal, the difference to the Hessian `diag p - p p'` is
    /// diagonally dominant.
    fn curvature_into(&self, rows: Range<usize>, fitted: &[f64], out: &mut [f64]) {
        assert_eq!(fitted.len(), rows.len() * self.classes, "fitted: K a row");
        assert_eq!(out.len(), fitted.len(), "out: as many as fitted");
        let parts = fitted.chunks_exact(self.classes);
        for (j, (f, out)) in rows.zip(parts.zip(out.chunks_exact_mut(self.classes))) {
            let weight = self.weights.of(j);
            softmax_into(f, out);
            for p in out {
                *p = weight * 2.0 * *p * (1.0 - *p);
            }
        }
    }
}

/// `argmin_p logsumexp(p) - q'p + rho |p - at|^2 / 2` by Newton's method: the Hessian is a diagonal
/// minus a rank one, so a step costs `K`; it is halved while the objective does not fall enough.
struct Newton {
    p: Vec<f64>,
    step: Vec<f64>,
    next: Vec<f64>,
}

impl Newton {
    fn new(classes: usize) -> Self {
        let zeros = || vec![0.0; classes];
        Self {
            p: zeros(),
            step: zeros(),
            next: zeros(),
        }
    }

    fn objective(&mut self, q: &[f64], at: &[f64], rho: f64, f: &[f64]) -> f64 {
        let (largest, tail) = softmax_into(f, &mut self.p);
        let cells = q.iter().zip(at).zip(f);
        let rest = cells.map(|((q, at), f)| q * (largest - f) + 0.5 * rho * (f - at) * (f - at));
        tail + rest.sum::<f64>()
    }

    fn solve(&mut self, q: &[f64], at: &[f64], rho: f64, f: &mut [f64]) {
        let mut value = self.objective(q, at, rho, f);
        for _ in 0..PROX_STEPS {
            // (diag(p + rho) - p p') step = g, by Sherman and Morrison
            let (mut along, mut square, mut fall) = (0.0, 0.0, 0.0);
            for k in 0..f.len() {
                let g = self.p[k] - q[k] + rho * (f[k] - at[k]);
                let d = self.p[k] + rho;
                self.step[k] = g / d;
                along += self.p[k] * g / d;
                square += self.p[k] * self.p[k] / d;
                self.next[k] = g;
            }
            let share = along / (1.0 - square).max(f64::MIN_POSITIVE);
            let mut size = 0.0_f64;
            let mut scale = 0.0_f64;
            for k in 0..f.len() {
                self.step[k] += share * self.p[k] / (self.p[k] + rho);
                fall += self.step[k] * self.next[k];
                size = size.max(self.step[k].abs());
                scale = scale.max(f[k].abs()).max(at[k].abs());
            }
            if size <= 4.0 * f64::EPSILON * scale.max(f64::MIN_POSITIVE)
                || fall <= 0.0
                || fall.is_nan()
            {
                return;
            }
            let mut t = 1.0;
            loop {
                for (next, (f, step)) in self.next.iter_mut().zip(f.iter().zip(&self.step)) {
                    *next = f - t * step;
                }
                let next = core::mem::take(&mut self.next);
                let tried = self.objective(q, at, rho, &next);
                self.next = next;
                // near the end the fall is below the rounding of the objective
                let rounding = 8.0 * f64::EPSILON * value.abs();
                if tried <= value - 1e-4 * t * fall + rounding {
                    value = tried;
                    f.copy_from_slice(&self.next);
                    break;
                }
                t *= 0.5;
                if t < f64::EPSILON {
                    return;
                }
            }
        }
    }
}
