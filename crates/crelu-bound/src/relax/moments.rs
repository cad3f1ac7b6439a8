use faer::{Accum, Mat};
use linalg_core::{LinalgError, product};
use pulp::{Arch, WithSimd};

use super::form::{Form, Pulled, Scales};
use super::positive_part::PositivePart;

/// Over-relaxation of the splitting, in `(0, 2)`: 1.8 needs about a tenth fewer iterations than 1.6.
const RELAXATION: f64 = 1.8;

/// The moments of one sign in one block, by Douglas-Rachford splitting (ADMM in one variable):
///
/// ```text
///     G = V (V'Z V)_+ V'        P = prox(2 G - Z)        Z <- Z + relaxation (P - G)
/// ```
///
/// `G` is positive semidefinite in the lifted coordinates, `P` lies in the cones, and
/// `L = P - (2 G - Z)` are the multipliers of `P = G`, divided by the penalty `rho`.
pub(super) struct Moments {
    /// `Z`.
    pub(super) state: Form,
    /// `G`.
    pub(super) lifted: Form,
    /// `[2m]`: the `kappa a` entries of `P`.
    pub(super) moment: Vec<f64>,
    /// What was kept before the last step: `Z`, and the `G` of the step before it.
    pub(super) kept: Option<(Form, Form)>,
    pulled: Pulled,
    matrix: Mat<f64>,
    positive: PositivePart,
    factor: Mat<f64>,
    /// `t` of every column of the factor: `2m x k`, and `(kappa a, delta u)`: `(1 + rank) x k`.
    pairs: Mat<f64>,
    corner: Mat<f64>,
    inner: Mat<f64>,
    /// `|P - G|^2` and `|P|^2` of the last step.
    pub(super) gap: f64,
    pub(super) size: f64,
    pub(super) error: Option<LinalgError>,
}

impl Moments {
    pub(super) fn new(m: usize, rank: usize) -> Self {
        let side = 1 + rank + m;
        Self {
            state: Form::zeros(m, rank),
            lifted: Form::zeros(m, rank),
            moment: vec![0.0; 2 * m],
            kept: None,
            pulled: Pulled::zeros(m, rank),
            matrix: Mat::zeros(side, side),
            positive: PositivePart::new(side),
            factor: Mat::zeros(side, side),
            pairs: Mat::zeros(2 * m, side),
            corner: Mat::zeros(1 + rank, side),
            inner: Mat::zeros(rank, side),
            gap: f64::INFINITY,
            size: 0.0,
            error: None,
        }
    }

    /// `G = V (V'Z V)_+ V'`, as a product of thin factors.
    pub(super) fn lift(&mut self, x: &Mat<f64>, root: &Mat<f64>, scales: Scales) {
        let (rank, m) = (x.nrows(), x.ncols());
        let lead = 1 + rank;
        self.pulled.pull(&self.state, x.as_ref(), scales);
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
    pub(super) fn project_products(&mut self) {
        let m = self.moment.len() / 2;
        let arch = Arch::new();
        let (mut gap, mut size) = (0.0, 0.0);
        for j in 0..2 * m {
            let g = self.lifted.products.col_as_slice(j);
            let z = self.state.products.col_as_slice_mut(j);
            let partner = (j + m) % (2 * m);
            // the pair of one row, taken as any other here: P = 0
            let (pair_g, pair_z) = (g[partner], z[partner]);
            let pair_p = (2.0 * pair_g - pair_z).max(0.0);
            let sums = arch.dispatch(Step { g, z: &mut *z });
            z[partner] = pair_z - RELAXATION * pair_g;
            gap += sums.0 - (pair_p - pair_g) * (pair_p - pair_g) + pair_g * pair_g;
            size += sums.1 - pair_p * pair_p;
        }
        self.gap += gap;
        self.size += size;
    }

    pub(super) fn project_corner(&mut self, common: &Mat<f64>) {
        let side = common.nrows();
        for j in 0..side {
            for i in 0..side {
                let (p, g) = (common[(i, j)], self.lifted.corner[(i, j)]);
                self.gap += (p - g) * (p - g);
                self.size += p * p;
                self.state.corner[(i, j)] += RELAXATION * (p - g);
            }
        }
    }

    /// The reflected point `2 G - Z` of one row: its `kappa a` entry and the length of its
    /// `delta u` part.
    pub(super) fn at(&self, i: usize) -> (f64, f64) {
        let h = (0..self.state.slope.nrows())
            .map(|k| (2.0 * self.lifted.slope[(k, i)] - self.state.slope[(k, i)]).powi(2))
            .sum::<f64>();
        (2.0 * self.lifted.bound[i] - self.state.bound[i], h.sqrt())
    }

    /// The projection of the row's point, moved by `shift`, on `|s| <= tau p`: `p`, and what
    /// the `delta u` part is multiplied by.
    pub(super) fn onto_cone(&self, i: usize, shift: f64, tau: f64) -> (f64, f64) {
        let (p, h) = self.at(i);
        let (p, _) = cone(p + shift, h, tau);
        let shrink = if h > tau * p { tau * p / h } else { 1.0 };
        (p, shrink)
    }

    pub(super) fn take(&mut self, i: usize, p: f64, shrink: f64) {
        let mut one = |p: f64, g: f64, z: &mut f64| {
            self.gap += 2.0 * (p - g) * (p - g);
            self.size += 2.0 * p * p;
            *z += RELAXATION * (p - g);
        };
        self.moment[i] = p;
        one(p, self.lifted.bound[i], &mut self.state.bound[i]);
        for k in 0..self.state.slope.nrows() {
            let (g, z) = (self.lifted.slope[(k, i)], &mut self.state.slope[(k, i)]);
            let s = shrink * (2.0 * g - *z);
            one(s, g, z);
        }
    }

    /// `L` of the last step, if its start was kept: in the cones' duals exactly.
    pub(super) fn dual(&self) -> Option<Form> {
        let (before, _) = self.kept.as_ref()?;
        // P = G + (Z - Z_before) / relaxation
        let mut dual = self.state.clone();
        dual.add(-1.0, before);
        dual.scale(1.0 / RELAXATION);
        dual.add(-1.0, &self.lifted);
        dual.add(1.0, before);
        Some(dual)
    }

    /// `|G - G_before|^2` of the last step, if its start was kept.
    pub(super) fn moved(&self) -> Option<f64> {
        let (_, before) = self.kept.as_ref()?;
        let mut change = self.lifted.clone();
        change.add(-1.0, before);
        Some(change.square_norm())
    }

    /// The penalty grows by `factor`: `Z - G`, which is a multiplier, shrinks.
    pub(super) fn change_penalty(&mut self, factor: f64) {
        self.state.scale(1.0 / factor);
        self.state.add(1.0 - 1.0 / factor, &self.lifted);
    }
}

/// One column of products: `p = (2 g - z)_+`, `z += relaxation (p - g)`; the sums of `(p - g)^2`
/// and of `p^2`.
struct Step<'a> {
    g: &'a [f64],
    z: &'a mut [f64],
}

/// Accumulators of a sum: the order does not depend on the machine.
const LANES: usize = 16;

impl WithSimd for Step<'_> {
    type Output = (f64, f64);
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) -> (f64, f64) {
        let (mut gaps, mut sizes) = ([0.0; LANES], [0.0; LANES]);
        let (g, g_tail) = self.g.as_chunks::<LANES>();
        let (z, z_tail) = self.z.as_chunks_mut::<LANES>();
        for (g, z) in g.iter().zip(z) {
            for l in 0..LANES {
                let (p, moved) = one_step(g[l], z[l]);
                gaps[l] += moved * moved;
                sizes[l] += p * p;
                z[l] += RELAXATION * moved;
            }
        }
        for (l, (g, z)) in g_tail.iter().zip(z_tail).enumerate() {
            let (p, moved) = one_step(*g, *z);
            gaps[l] += moved * moved;
            sizes[l] += p * p;
            *z += RELAXATION * moved;
        }
        (gaps.iter().sum(), sizes.iter().sum())
    }
}

/// `p` and `p - g`.
#[inline(always)]
fn one_step(g: f64, z: f64) -> (f64, f64) {
    let reflected = 2.0 * g - z;
    let p = if reflected > 0.0 { reflected } else { 0.0 };
    (p, p - g)
}

/// The projection of `(p, s)`, `|s| = h`, on `|s| <= tau p`: the new `p` and its derivative.
pub(super) fn cone(p: f64, h: f64, tau: f64) -> (f64, f64) {
    if h <= tau * p {
        (p, 1.0)
    } else if p <= -tau * h {
        (0.0, 0.0)
    } else {
        let scale = 1.0 / (1.0 + tau * tau);
        ((p + tau * h) * scale, scale)
    }
}

/// How inexact the positive part may be, relative to the distance `|P - G|` of the step before.
const INEXACT: f64 = 0.1;
