use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::prelude::default;
use faer::{Accum, Mat, Par};
use linalg_core::{LinalgError, for_each_mut, product};

use super::form::{Form, Pulled, Scales};
use super::positive_part::PositivePart;
use super::units::Reduced;

/// Length of the step of the multipliers: below `(1 + sqrt 5) / 2`, where ADMM converges
/// (Glowinski 1984).
pub(super) const STEP: f64 = 1.6;

/// One block of rows: its data, and the moments of both signs.
pub(super) struct Block {
    /// `[m]`: rows of the reduced problem, ascending.
    pub(super) rows: Vec<usize>,
    /// `rank x m`.
    pub(super) x: Mat<f64>,
    /// `[m]`: `c_i = |x_i| / kappa`: a row's output is `c_i sum_s s p_s`.
    pub(super) outputs: Vec<f64>,
    pub(super) y: Vec<f64>,
    /// `rank x rank`: `u = F w_u`.
    root: Mat<f64>,
    pub(super) signs: [Moments; 2],
}

/// The moments of one sign in one block: `G = V W V'` (positive semidefinite), its copy `P` in the
/// cones, and the multipliers `Lambda = rho L` of `P = G`.
pub(super) struct Moments {
    /// `L`.
    pub(super) dual: Form,
    /// `P + L`.
    pub(super) sum: Form,
    /// `G`.
    pub(super) lifted: Form,
    pulled: Pulled,
    matrix: Mat<f64>,
    positive: PositivePart,
    factor: Mat<f64>,
    /// `t` of every column of the factor: `2m x k`, and `(kappa a, delta u)`: `(1 + rank) x k`.
    pairs: Mat<f64>,
    corner: Mat<f64>,
    inner: Mat<f64>,
    /// `|P - G|^2`, `|P - P_before|^2`, `|P|^2` of the last step.
    pub(super) gap: f64,
    pub(super) moved: f64,
    pub(super) size: f64,
    pub(super) error: Option<LinalgError>,
}

impl Block {
    pub(super) fn new(
        data: &Reduced,
        rows: Vec<usize>,
        scales: Scales,
    ) -> Result<Self, LinalgError> {
        let (rank, m) = (data.rank(), rows.len());
        let x = Mat::from_fn(rank, m, |k, i| data.directions[(k, rows[i])]);
        let mut gamma = Mat::from_fn(rank, rank, |i, j| {
            if i == j {
                scales.delta * scales.delta
            } else {
                0.0
            }
        });
        product(gamma.as_mut(), Accum::Add, x.as_ref(), x.transpose(), 0.5);
        let (values, vectors) = eigen(&gamma)?;
        let root = Mat::from_fn(rank, rank, |i, k| vectors[(i, k)] / values[k].sqrt());
        Ok(Self {
            outputs: rows
                .iter()
                .map(|&i| data.lengths[i] / scales.kappa)
                .collect(),
            y: rows.iter().map(|&i| data.y[i]).collect(),
            signs: [Moments::new(m, rank), Moments::new(m, rank)],
            rows,
            x,
            root,
        })
    }

    /// `G` of both signs from `P + L`.
    pub(super) fn lift(&mut self, scales: Scales) {
        let (x, root) = (&self.x, &self.root);
        for_each_mut(&mut self.signs, |_, moments| moments.lift(x, root, scales));
    }

    /// `P` and `L` of both signs from `G`; `corners`: the common `(kappa a, delta u)` moments.
    pub(super) fn project(&mut self, corners: &[Mat<f64>; 2], scales: Scales, rho: f64) {
        for_each_mut(&mut self.signs, |s, moments| {
            moments.gap = 0.0;
            moments.moved = 0.0;
            moments.size = 0.0;
            moments.project_products();
            moments.project_corner(&corners[s]);
            let m = moments.dual.bound.len() / 2;
            for i in m..2 * m {
                let (p, shrink) = moments.onto_cone(i, 0.0, scales.tau());
                moments.take(i, p, shrink);
            }
        });
        self.project_outputs(scales, rho);
    }

    /// The rows of `(kappa a, z)`, where both signs meet in the loss: with `e` the row's error
    /// `c sum_s s p_s - y`, `p_s` is the cone's projection after a step `s c e / (2 rho)`, and `e`
    /// solves a scalar equation that rises at least as fast as `e` itself.
    fn project_outputs(&mut self, scales: Scales, rho: f64) {
        let tau = scales.tau();
        let [plus, minus] = &mut self.signs;
        for i in 0..self.rows.len() {
            let (c, y) = (self.outputs[i], self.y[i]);
            let step = c / (2.0 * rho);
            let (first, second) = (plus.at(i), minus.at(i));
            // e + y - c (p_+(e) - p_-(e)) = 0 is piecewise linear in e: Newton inside a bracket
            let value = |e: f64| {
                let (p, dp) = cone(first.0 - step * e, first.1, tau);
                let (q, dq) = cone(second.0 + step * e, second.1, tau);
                (e + y - c * (p - q), 1.0 + c * step * (dp + dq))
            };
            let mut e = c * (first.0.max(0.0) - second.0.max(0.0)) - y;
            let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
            for _ in 0..NEWTON_STEPS {
                let (v, slope) = value(e);
                if v > 0.0 {
                    high = e;
                } else {
                    low = e;
                }
                let mut next = e - v / slope;
                let is_inside = next >= low && next <= high;
                if !is_inside {
                    next = 0.5 * (low + high);
                }
                let is_done = (next - e).abs() <= NEWTON_END * (e.abs() + y.abs());
                e = next;
                if is_done {
                    break;
                }
            }
            for (moments, s) in [(&mut *plus, 1.0), (&mut *minus, -1.0)] {
                let (p, shrink) = moments.onto_cone(i, -s * step * e, tau);
                moments.take(i, p, shrink);
            }
        }
    }
}

/// The row's equation is piecewise linear with three pieces a sign.
const NEWTON_STEPS: usize = 30;
const NEWTON_END: f64 = 1e-13;

/// The projection of `(p, s)`, `|s| = h`, on `|s| <= tau p`: the new `p` and its derivative.
fn cone(p: f64, h: f64, tau: f64) -> (f64, f64) {
    if h <= tau * p {
        (p, 1.0)
    } else if p <= -tau * h {
        (0.0, 0.0)
    } else {
        let scale = 1.0 / (1.0 + tau * tau);
        ((p + tau * h) * scale, scale)
    }
}

impl Moments {
    fn new(m: usize, rank: usize) -> Self {
        let side = 1 + rank + m;
        Self {
            dual: Form::zeros(m, rank),
            sum: Form::zeros(m, rank),
            lifted: Form::zeros(m, rank),
            pulled: Pulled::zeros(m, rank),
            matrix: Mat::zeros(side, side),
            positive: PositivePart::new(side),
            factor: Mat::zeros(side, side),
            pairs: Mat::zeros(2 * m, side),
            corner: Mat::zeros(1 + rank, side),
            inner: Mat::zeros(rank, side),
            gap: f64::INFINITY,
            moved: 0.0,
            size: 0.0,
            error: None,
        }
    }

    /// `G = V (V'(P + L) V)_+ V'`, as a product of thin factors.
    fn lift(&mut self, x: &Mat<f64>, root: &Mat<f64>, scales: Scales) {
        let (rank, m) = (x.nrows(), x.ncols());
        let lead = 1 + rank;
        self.pulled.pull(&self.sum, x.as_ref(), scales);
        // (kappa a, w_u, v / sqrt 2), u = F w_u
        let (pulled, h) = (&self.pulled, &mut self.matrix);
        h.as_mut()
            .submatrix_mut(lead, lead, m, m)
            .copy_from(&pulled.square);
        let mut below = h.as_mut().submatrix_mut(lead, 1, m, rank);
        let u = pulled.border.as_ref().subcols(1, rank);
        product(below.as_mut(), Accum::Replace, u, root.as_ref(), 1.0);
        let lever = pulled.corner.as_ref().submatrix(1, 0, rank, 1);
        let mut turned = Mat::<f64>::zeros(rank, rank);
        product(
            turned.as_mut(),
            Accum::Replace,
            pulled.corner.as_ref().submatrix(1, 1, rank, rank),
            root.as_ref(),
            1.0,
        );
        product(
            h.as_mut().submatrix_mut(1, 1, rank, rank),
            Accum::Replace,
            root.transpose(),
            turned.as_ref(),
            1.0,
        );
        product(
            h.as_mut().submatrix_mut(1, 0, rank, 1),
            Accum::Replace,
            root.transpose(),
            lever,
            1.0,
        );
        h[(0, 0)] = pulled.corner[(0, 0)];
        for i in 0..m {
            h[(lead + i, 0)] = pulled.border[(i, 0)];
        }
        for j in 0..lead {
            for i in j + 1..lead + m {
                h[(j, i)] = h[(i, j)];
            }
        }
        let error = INEXACT * self.gap.sqrt();
        let count = match self
            .positive
            .factor(h.as_ref(), error, self.factor.as_mut())
        {
            Ok(count) => count,
            Err(error) => {
                self.error = Some(error);
                0
            }
        };
        // t = V w for every column
        let factor = self.factor.as_ref().subcols(0, count);
        let mut inner = self.inner.as_mut().subcols_mut(0, count);
        product(
            inner.as_mut(),
            Accum::Replace,
            root.as_ref(),
            factor.subrows(1, rank),
            1.0,
        );
        let (z, other) = self
            .pairs
            .as_mut()
            .subcols_mut(0, count)
            .split_at_row_mut(m);
        let (mut z, mut other) = (z, other);
        product(
            other.as_mut(),
            Accum::Replace,
            x.transpose(),
            inner.as_ref(),
            0.5,
        );
        let root_half = 0.5_f64.sqrt();
        for k in 0..count {
            for i in 0..m {
                let (v, w) = (root_half * factor[(lead + i, k)], other[(i, k)]);
                z[(i, k)] = v + w;
                other[(i, k)] = v - w;
            }
            self.corner[(0, k)] = factor[(0, k)];
            for j in 0..rank {
                self.corner[(1 + j, k)] = scales.delta * inner[(j, k)];
            }
        }
        let pairs = self.pairs.as_ref().subcols(0, count);
        let corner = self.corner.as_ref().subcols(0, count);
        let to = &mut self.lifted;
        product(
            to.products.as_mut(),
            Accum::Replace,
            pairs,
            pairs.transpose(),
            1.0,
        );
        product(
            to.slope.as_mut(),
            Accum::Replace,
            corner.subrows(1, rank),
            pairs.transpose(),
            1.0,
        );
        product(
            to.corner.as_mut(),
            Accum::Replace,
            corner,
            corner.transpose(),
            1.0,
        );
        for i in 0..2 * m {
            to.bound[i] = (0..count).map(|k| pairs[(i, k)] * corner[(0, k)]).sum();
        }
    }

    /// Products of `(z, z')`: nonnegative, and zero at `z_i z'_i`.
    fn project_products(&mut self) {
        let m = self.dual.bound.len() / 2;
        let (mut gap, mut moved, mut size) = (0.0, 0.0, 0.0);
        for j in 0..2 * m {
            let g = self.lifted.products.col_as_slice(j);
            let l = self.dual.products.col_as_slice_mut(j);
            let sum = self.sum.products.col_as_slice_mut(j);
            let partner = (j + m) % (2 * m);
            let mut sums = [0.0; 3];
            let (kept_g, kept_l, kept_sum) = (g[partner], l[partner], sum[partner]);
            for ((g, l), sum) in g.iter().zip(l.iter_mut()).zip(sum.iter_mut()) {
                let p = (g - *l).max(0.0);
                let before = *sum - *l;
                sums[0] += (p - g) * (p - g);
                sums[1] += (p - before) * (p - before);
                sums[2] += p * p;
                *l += STEP * (p - g);
                *sum = p + *l;
            }
            // the pair of one row: P = 0
            let p = (kept_g - kept_l).max(0.0);
            let before = kept_sum - kept_l;
            sums[0] += kept_g * kept_g - (p - kept_g) * (p - kept_g);
            sums[1] += before * before - (p - before) * (p - before);
            sums[2] -= p * p;
            l[partner] = kept_l - STEP * kept_g;
            sum[partner] = l[partner];
            gap += sums[0];
            moved += sums[1];
            size += sums[2];
        }
        self.gap += gap;
        self.moved += moved;
        self.size += size;
    }

    fn project_corner(&mut self, common: &Mat<f64>) {
        let side = common.nrows();
        for j in 0..side {
            for i in 0..side {
                let (p, g) = (common[(i, j)], self.lifted.corner[(i, j)]);
                let l = &mut self.dual.corner[(i, j)];
                let before = self.sum.corner[(i, j)] - *l;
                self.gap += (p - g) * (p - g);
                self.moved += (p - before) * (p - before);
                self.size += p * p;
                *l += STEP * (p - g);
                self.sum.corner[(i, j)] = p + *l;
            }
        }
    }

    /// The point `G - L` of one row: its `kappa a` entry and the length of its `delta u` part.
    fn at(&self, i: usize) -> (f64, f64) {
        let h = (0..self.dual.slope.nrows())
            .map(|k| (self.lifted.slope[(k, i)] - self.dual.slope[(k, i)]).powi(2))
            .sum::<f64>();
        (self.lifted.bound[i] - self.dual.bound[i], h.sqrt())
    }

    /// The projection of the row's point, moved by `shift`, on `|s| <= tau p`: `p`, and what
    /// the `delta u` part is multiplied by.
    fn onto_cone(&self, i: usize, shift: f64, tau: f64) -> (f64, f64) {
        let (p, h) = self.at(i);
        let (p, _) = cone(p + shift, h, tau);
        let shrink = if h > tau * p { tau * p / h } else { 1.0 };
        (p, shrink)
    }

    fn take(&mut self, i: usize, p: f64, shrink: f64) {
        let mut one = |p: f64, g: f64, l: &mut f64, sum: &mut f64| {
            let before = *sum - *l;
            self.gap += 2.0 * (p - g) * (p - g);
            self.moved += 2.0 * (p - before) * (p - before);
            self.size += 2.0 * p * p;
            *l += STEP * (p - g);
            *sum = p + *l;
        };
        let (g, l) = (self.lifted.bound[i], &mut self.dual.bound[i]);
        one(p, g, l, &mut self.sum.bound[i]);
        for k in 0..self.dual.slope.nrows() {
            let (g, l) = (self.lifted.slope[(k, i)], &mut self.dual.slope[(k, i)]);
            let s = shrink * (g - *l);
            one(s, g, l, &mut self.sum.slope[(k, i)]);
        }
    }
}

/// How inexact the positive part may be, relative to the distance `|P - G|` of the step before.
const INEXACT: f64 = 0.1;

/// Eigenvalues, ascending, and eigenvectors, on one thread.
pub(super) fn eigen(a: &Mat<f64>) -> Result<(Vec<f64>, Mat<f64>), LinalgError> {
    let side = a.nrows();
    let (mut values, mut vectors) = (Diag::<f64>::zeros(side), Mat::zeros(side, side));
    let scratch =
        self_adjoint_evd_scratch::<f64>(side, ComputeEigenvectors::Yes, Par::Seq, default());
    self_adjoint_evd(
        a.as_ref(),
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        default(),
    )
    .map_err(|_| LinalgError::NoSvd {
        rows: side,
        cols: side,
    })?;
    let values = values.column_vector();
    Ok(((0..side).map(|k| values[k]).collect(), vectors))
}
