use std::sync::Arc;

use admm::SplitLoss;
use crelu_core::{Loss, Scaled};
use linalg_core::{Real, for_each_mut};

/// The loss of a programme as its iteration sees it: outputs and dual points are in columns, the `n`
/// numbers of an output together, and every row is scaled by the root of its weight, as the data are,
///
/// ```text
///     f~ = sqrt(w) f,   theta~ = theta / sqrt(w),   R~'D theta~ = R'D theta
/// ```
///
/// so that all rows have the curvature of the loss alone: the squared loss is that of no weights, and a
/// loss that is split off needs one penalty parameter for all its rows. A row of weight 0 is a row of
/// zeros, and constrains nothing.
#[derive(Debug, Clone)]
pub(crate) struct RowLoss {
    loss: Arc<dyn Loss>,
    /// Roots of the weights; none where all are 1.
    roots: Option<Arc<Vec<f64>>>,
    zero: Arc<AtZero>,
}

#[derive(Debug)]
struct AtZero {
    /// Minus the gradient at outputs of 0; the targets of squared loss.
    theta: Vec<f64>,
    value: f64,
    curvature: f64,
}

/// Rows whose proximal points are one task.
const ROWS: usize = 256;

impl RowLoss {
    pub(crate) fn new(loss: Arc<dyn Loss>) -> Self {
        let (n, outputs) = (loss.n_samples(), loss.outputs());
        let weights: Vec<f64> = (0..n).map(|j| loss.weight(j)).collect();
        #[expect(clippy::float_cmp, reason = "exactly 1, or scaled")]
        let roots = weights.iter().any(|w| *w != 1.0).then(|| {
            let roots = weights.iter().map(|w| w.sqrt());
            Arc::new(roots.collect::<Vec<f64>>())
        });
        let zeros = vec![0.0; n * outputs];
        let (mut slope, mut bound) = (zeros.clone(), zeros.clone());
        let value = loss.value_slope(0..n, &zeros, &mut slope);
        loss.curvature_into(0..n, &zeros, &mut bound);
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let mean = bound.iter().sum::<f64>() / (loss.mass() * outputs as f64);
        // where no row bends at 0 any scale will do
        let curvature = if mean.is_finite() && mean > 0.0 {
            mean
        } else {
            1.0
        };
        let mut out = Self {
            loss,
            roots,
            zero: Arc::new(AtZero {
                theta: Vec::new(),
                value,
                curvature,
            }),
        };
        let theta = out.theta_in_columns(&slope);
        out.zero = Arc::new(AtZero {
            theta,
            value,
            curvature,
        });
        out
    }

    pub(crate) fn n_samples(&self) -> usize {
        self.loss.n_samples()
    }

    pub(crate) fn outputs(&self) -> usize {
        self.loss.outputs()
    }

    pub(crate) fn is_quadratic(&self) -> bool {
        self.loss.is_quadratic()
    }

    /// What row `j` is multiplied by.
    pub(crate) fn root(&self, j: usize) -> f64 {
        self.roots.as_ref().map_or(1.0, |roots| roots[j])
    }

    /// Whether a row is not as it was given.
    pub(crate) fn scales(&self) -> bool {
        self.roots.is_some()
    }

    /// Minus the gradient at outputs of 0; for squared loss these are the targets.
    pub(crate) fn theta_at_zero(&self) -> &[f64] {
        &self.zero.theta
    }

    pub(crate) fn value_at_zero(&self) -> f64 {
        self.zero.value
    }

    /// The mean second derivative at outputs of 0: the scale of what stands for it.
    pub(crate) fn curvature_at_zero(&self) -> f64 {
        self.zero.curvature
    }

    /// A bound on the second derivative in any row, without its weight.
    pub(crate) fn curvature_bound(&self) -> f64 {
        let largest = (0..self.n_samples())
            .map(|j| self.loss.weight(j))
            .fold(0.0, f64::max);
        self.loss.curvature_bound() / largest
    }

    /// Outputs as a loss has them: `K` numbers a row, in the rows' own scale.
    pub(crate) fn outputs_in_rows(&self, fitted: &[f64]) -> Vec<f64> {
        let (n, outputs) = (self.n_samples(), self.outputs());
        assert_eq!(fitted.len(), n * outputs, "fitted: a column an output");
        let mut rows = vec![0.0; n * outputs];
        for (k, column) in fitted.chunks_exact(n.max(1)).enumerate() {
            for (j, f) in column.iter().enumerate() {
                rows[j * outputs + k] = shrunk(*f, self.root(j));
            }
        }
        rows
    }

    /// The slopes of a loss, turned into a dual point of the programme.
    fn theta_in_columns(&self, slope: &[f64]) -> Vec<f64> {
        let (n, outputs) = (self.n_samples(), self.outputs());
        let mut theta = vec![0.0; n * outputs];
        for (k, column) in theta.chunks_exact_mut(n.max(1)).enumerate() {
            for (j, t) in column.iter_mut().enumerate() {
                *t = -shrunk(slope[j * outputs + k], self.root(j));
            }
        }
        theta
    }

    /// The loss of all rows.
    pub(crate) fn value_of(&self, fitted: &[f64]) -> f64 {
        self.loss.value(&self.outputs_in_rows(fitted))
    }

    /// Minus the gradient: always in the domain of the dual.
    pub(crate) fn theta(&self, fitted: &[f64]) -> Vec<f64> {
        let rows = self.outputs_in_rows(fitted);
        let mut slope = vec![0.0; rows.len()];
        self.loss
            .value_slope(0..self.n_samples(), &rows, &mut slope);
        self.theta_in_columns(&slope)
    }

    /// The best multiple `c <= most` of a dual point and its value, rounded down.
    pub(crate) fn dual(&self, theta: &[f64], most: f64) -> Scaled {
        let (n, outputs) = (self.n_samples(), self.outputs());
        let mut rows = vec![0.0; n * outputs];
        for (k, column) in theta.chunks_exact(n.max(1)).enumerate() {
            for (j, t) in column.iter().enumerate() {
                rows[j * outputs + k] = t * self.root(j);
            }
        }
        self.loss.dual(&rows, most)
    }

    /// The factor of all outputs that is best for `l(t F) + t penalty`.
    pub(crate) fn best_scale(&self, fitted: &[f64], penalty: f64) -> f64 {
        self.loss.best_scale(&self.outputs_in_rows(fitted), penalty)
    }

    /// A point whose proximal point with `rho` is `fitted`.
    pub(crate) fn before_prox(&self, fitted: &[f64], rho: f64) -> Vec<f64> {
        let theta = self.theta(fitted);
        let cells = fitted.iter().zip(theta);
        cells.map(|(f, theta)| f - theta / rho).collect()
    }
}

/// `x / root`, 0 for a row of weight 0.
fn shrunk(x: f64, root: f64) -> f64 {
    if root > 0.0 { x / root } else { 0.0 }
}

impl<T: Real> SplitLoss<T> for RowLoss {
    fn dim(&self) -> usize {
        self.n_samples() * self.outputs()
    }

    fn prox_into(&self, at: &[T], rho: T, out: &mut [T]) {
        let (n, outputs) = (self.n_samples(), self.outputs());
        assert_eq!(at.len(), n * outputs, "at: a column an output");
        assert_eq!(out.len(), at.len(), "out: as at");
        let rho = rho.wide();
        // the parts of every output's column that belong to a run of rows
        let mut tasks: Vec<Vec<&mut [T]>> = Vec::new();
        tasks.resize_with(n.div_ceil(ROWS), || Vec::with_capacity(outputs));
        for column in out.chunks_exact_mut(n.max(1)) {
            for (task, part) in tasks.iter_mut().zip(column.chunks_mut(ROWS)) {
                task.push(part);
            }
        }
        for_each_mut(&mut tasks, |task, parts| {
            let first = task * ROWS;
            let count = parts[0].len();
            let mut start = vec![0.0; count * outputs];
            let mut end = vec![0.0; count * outputs];
            for j in 0..count {
                for k in 0..outputs {
                    let at = at[k * n + first + j].wide();
                    start[j * outputs + k] = shrunk(at, self.root(first + j));
                }
            }
            match &self.roots {
                None => self
                    .loss
                    .prox_into(first..first + count, &start, rho, &mut end),
                Some(roots) => {
                    let rows = start
                        .chunks_exact(outputs)
                        .zip(end.chunks_exact_mut(outputs));
                    for (j, (start, end)) in rows.enumerate() {
                        let row = first + j;
                        let weight = roots[row] * roots[row];
                        if weight > 0.0 {
                            self.loss.prox_into(row..row + 1, start, rho * weight, end);
                        }
                    }
                }
            }
            for (k, part) in parts.iter_mut().enumerate() {
                for (j, out) in part.iter_mut().enumerate() {
                    *out = T::of(end[j * outputs + k] * self.root(first + j));
                }
            }
        });
    }

    fn value(&self, p: &[T]) -> f64 {
        let wide: Vec<f64> = p.iter().map(|p| p.wide()).collect();
        self.value_of(&wide)
    }
}
