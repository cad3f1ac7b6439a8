use core::ops::Range;

use crelu_core::Activation;
use faer::{Accum, Mat, MatMut, MatRef};
use linalg_core::{norm, product};

use crate::cone::column;
use crate::programme::Programme;

/// A point inside its cones and its objective.
#[derive(Debug, Clone)]
pub struct FeasiblePoint {
    /// `rank x n_blocks`.
    pub v: Mat<f64>,
    /// `F v`, `n_samples` numbers an output, an output's together.
    pub fitted: Vec<f64>,
    /// `l(F v) + beta_sum sum_b |v_b|`, in sum scaling.
    pub objective: f64,
    /// Blocks that are not zero.
    pub active: usize,
    /// The largest `-e o (R v_b) / (|row| |v_b|)` over blocks and rows, as the products that made the
    /// point have it: 0 to rounding.
    pub cone_violation: f64,
}

impl FeasiblePoint {
    /// The zero point.
    #[must_use]
    pub fn zero(programme: &Programme) -> Self {
        Self {
            v: Mat::zeros(programme.rank(), programme.n_blocks()),
            fitted: vec![0.0; programme.n_samples() * programme.outputs()],
            objective: programme.zero_objective(),
            active: 0,
            cone_violation: 0.0,
        }
    }

    /// The point nearest at hand that lies inside its cones: rows that `v` violates are repaired
    /// by adding a multiple of the block's gate vector, and the whole is scaled by its best
    /// multiple (zero included, so the objective is at most that of the zero network).
    ///
    /// **Shapes** `v`: `rank * n_blocks`. **Cost** one product with the active blocks, one more
    /// with the gates of blocks that need repair.
    ///
    /// # Panics
    /// If the length of `v` does not fit.
    #[must_use]
    pub fn from_point(programme: &Programme, v: &[f64]) -> Self {
        let (rank, n, blocks) = (
            programme.rank(),
            programme.n_samples(),
            programme.n_blocks(),
        );
        assert_eq!(
            v.len(),
            rank * blocks,
            "v: one block of the rank a pattern and sign"
        );
        let mut out = Self::zero(programme);
        if rank == 0 {
            return out;
        }
        let mut active: Vec<usize> = (0..blocks)
            .filter(|b| v[b * rank..(b + 1) * rank].iter().any(|x| *x != 0.0))
            .collect();
        active.retain(|b| v[b * rank..(b + 1) * rank].iter().all(|x| x.is_finite()));
        let mut penalty = 0.0;
        let mut images = vec![0.0; n * active.len().min(CHUNK)];
        let has_cones = programme.activation() == Activation::Relu && !active.is_empty();
        let rows: Vec<f64> = (0..if has_cones { n } else { 0 })
            .map(|i| norm(column(programme.data(), i)))
            .collect();
        for chunk in active.chunks(CHUNK) {
            let mut packed = Mat::from_fn(rank, chunk.len(), |k, j| v[chunk[j] * rank + k]);
            let images = &mut images[..n * chunk.len()];
            image(programme.data(), packed.as_ref(), images);
            if programme.activation() == Activation::Relu {
                repair(programme, chunk, &mut packed, images);
            }
            for (j, &block) in chunk.iter().enumerate() {
                let (mask, sign) = (
                    programme.masks().column(programme.pattern(block)),
                    programme.sign(block),
                );
                let output = programme.output(block);
                for ((f, &h), &bit) in out.fitted[output * n..(output + 1) * n]
                    .iter_mut()
                    .zip(&images[j * n..(j + 1) * n])
                    .zip(mask)
                {
                    *f += if bit == 0 { 0.0 } else { sign * h };
                }
                let mut square = 0.0;
                for k in 0..rank {
                    out.v[(k, block)] = packed[(k, j)];
                    square += packed[(k, j)] * packed[(k, j)];
                }
                let size = square.sqrt();
                penalty += size;
                let images = &images[j * n..(j + 1) * n];
                let violation = violation(images, mask, &rows, size);
                out.cone_violation = out.cone_violation.max(violation);
            }
        }
        out.scale_best(programme, penalty);
        out
    }

    /// The same point moved inside its cones by a hair, `v_b + 1e-9 (|v_b| / |g_b|) g_b`, so that
    /// every row that a pattern sees lies strictly on its side and the network's own patterns are
    /// those of the programme, whatever the rounding of its evaluation. The objective moves by
    /// about as much.
    #[must_use]
    pub fn interior(&self, programme: &Programme) -> Self {
        if programme.activation() == Activation::Gated {
            return self.clone();
        }
        let (rank, blocks) = (self.v.nrows(), self.v.ncols());
        let mut v = vec![0.0; rank * blocks];
        for b in 0..blocks {
            let gate = programme.gates().col(programme.pattern(b));
            let (size, along) = (self.v.col(b).norm_l2(), gate.norm_l2());
            let step = if along > 0.0 {
                INSIDE * size / along
            } else {
                0.0
            };
            for k in 0..rank {
                v[b * rank + k] = self.v[(k, b)] + step * gate[k];
            }
        }
        Self::from_point(programme, &v)
    }

    /// For classification: gives rows that no neuron sees, whose output is exactly zero and so has
    /// no sign, a neuron of relative size 1e-9. It is a multiple of the gate vector that lies best
    /// along the residual of those rows; another follows for rows that it does not see either. The
    /// zero point stays zero, and with several outputs the first of equals wins.
    ///
    /// **Cost** `2 u rank P` flops for `u` such rows, a few times.
    #[must_use]
    pub fn break_ties(&self, programme: &Programme) -> Self {
        let (rank, n, patterns) = (
            programme.rank(),
            programme.n_samples(),
            programme.n_patterns(),
        );
        let mut unseen: Vec<usize> = (0..n).filter(|&i| self.fitted[i] == 0.0).collect();
        if self.active == 0 || unseen.is_empty() || programme.outputs() > 1 {
            return self.clone();
        }
        let largest = (0..self.v.ncols())
            .map(|b| self.v.col(b).norm_l2())
            .fold(0.0, f64::max);
        let mut v: Vec<f64> = (0..self.v.ncols())
            .flat_map(|b| (0..rank).map(move |k| (k, b)))
            .map(|e| self.v[e])
            .collect();
        while !unseen.is_empty() {
            let Some((p, score)) = along_unseen(programme, &unseen) else {
                break;
            };
            let block = if score >= 0.0 || programme.activation() == Activation::Gated {
                p
            } else {
                patterns + p
            };
            let sign = if score < 0.0 && programme.activation() == Activation::Gated {
                -1.0
            } else {
                1.0
            };
            let gate = programme.gates().col(p);
            let step = sign * INSIDE * largest / gate.norm_l2();
            for k in 0..rank {
                v[block * rank + k] += step * gate[k];
            }
            let margins = margins(programme, &unseen, p..p + 1);
            let mask = programme.masks().column(p);
            unseen = (unseen.iter().enumerate())
                .filter(|&(j, &i)| mask[i] == 0 || margins[(j, 0)] <= 0.0)
                .map(|(_, &i)| i)
                .collect();
        }
        let out = Self::from_point(programme, &v);
        if out.active == 0 { self.clone() } else { out }
    }

    /// Multiplies by the best factor `t >= 0` and sets the objective.
    fn scale_best(&mut self, programme: &Programme, penalty: f64) {
        let beta = programme.beta_sum();
        let factor = programme.loss().best_scale(&self.fitted, beta * penalty);
        if !(factor > 0.0 && factor.is_finite()) {
            *self = Self::zero(programme);
            return;
        }
        linalg_core::scale(factor, &mut self.fitted);
        for b in 0..self.v.ncols() {
            for k in 0..self.v.nrows() {
                self.v[(k, b)] *= factor;
            }
        }
        self.objective = programme.loss().value_of(&self.fitted) + beta * factor * penalty;
        self.active = (0..self.v.ncols())
            .filter(|&b| (0..self.v.nrows()).any(|k| self.v[(k, b)] != 0.0))
            .count();
    }
}

const CHUNK: usize = 128;
/// How far a point is moved along its gate vectors, relative: far above rounding, far below any
/// tolerance.
const INSIDE: f64 = 1e-9;
/// Below this, relative to `|row| |v|`, a row on the wrong side is rounding of the product.
const ROUNDING: f64 = 1e-13;

/// The largest `-e o h / (|row| size)` of a block's image.
fn violation(images: &[f64], mask: &[u8], rows: &[f64], size: f64) -> f64 {
    let mut worst = 0.0_f64;
    for ((h, &bit), row) in images.iter().zip(mask).zip(rows) {
        let h = if bit == 0 { -h } else { *h };
        // a quotient only where it counts
        let most = row * size;
        if h < 0.0 && -h > worst * most && most > 0.0 {
            worst = -h / most;
        }
    }
    worst
}

fn image(data: MatRef<'_, f64>, packed: MatRef<'_, f64>, images: &mut [f64]) {
    let (n, count) = (data.ncols(), packed.ncols());
    let dst = MatMut::from_column_major_slice_mut(images, n, count);
    product(dst, Accum::Replace, data.transpose(), packed, 1.0);
}

/// `x_i' g_p` of some rows and patterns, a column a pattern.
fn margins(programme: &Programme, rows: &[usize], patterns: Range<usize>) -> Mat<f64> {
    let data = programme.data();
    let some = Mat::from_fn(programme.rank(), rows.len(), |k, j| data[(k, rows[j])]);
    let mut out = Mat::zeros(rows.len(), patterns.len());
    let gates = programme.gates().subcols(patterns.start, patterns.len());
    product(out.as_mut(), Accum::Replace, some.transpose(), gates, 1.0);
    out
}

/// Of the patterns that see one of the rows `unseen` strictly, that whose gate lies best along their
/// targets, and how well, with its sign; the first of equals.
fn along_unseen(programme: &Programme, unseen: &[usize]) -> Option<(usize, f64)> {
    let mut best: Option<(usize, f64)> = None;
    let patterns = programme.n_patterns();
    for first in (0..patterns).step_by(CHUNK) {
        let some = first..(first + CHUNK).min(patterns);
        let margins = margins(programme, unseen, some.clone());
        for p in some {
            let mask = programme.masks().column(p);
            let (mut sum, mut sees) = (0.0, false);
            for (j, &i) in unseen.iter().enumerate() {
                let margin = margins[(j, p - first)];
                if mask[i] != 0 && margin > 0.0 {
                    sees = true;
                    sum += programme.target()[i] * margin;
                }
            }
            let score = sum / programme.gates().col(p).norm_l2().max(f64::MIN_POSITIVE);
            if sees && best.is_none_or(|(_, known)| score.abs() > known.abs()) {
                best = Some((p, score));
            }
        }
    }
    best
}

/// `v_b <- v_b + t g_b` with the smallest `t` that makes every row of the cone hold; a block whose
/// violated row the gate does not see strictly is set to zero.
fn repair(programme: &Programme, chunk: &[usize], packed: &mut Mat<f64>, images: &mut [f64]) {
    let n = programme.n_samples();
    let largest = programme.largest_row();
    let signed = |mask: &[u8], i: usize, h: f64| if mask[i] == 0 { -h } else { h };
    let needy: Vec<usize> = (0..chunk.len())
        .filter(|&j| {
            let mask = programme.masks().column(programme.pattern(chunk[j]));
            let line = -ROUNDING * largest * packed.col(j).norm_l2();
            (0..n).any(|i| signed(mask, i, images[j * n + i]) < line)
        })
        .collect();
    if needy.is_empty() {
        return;
    }
    let gates = Mat::from_fn(programme.rank(), needy.len(), |k, j| {
        programme.gates()[(k, programme.pattern(chunk[needy[j]]))]
    });
    let mut margins = vec![0.0; n * needy.len()];
    image(programme.data(), gates.as_ref(), &mut margins);
    for (g, &j) in needy.iter().enumerate() {
        let mask = programme.masks().column(programme.pattern(chunk[j]));
        let line = -ROUNDING * largest * packed.col(j).norm_l2();
        let mut step = 0.0_f64;
        for i in 0..n {
            let h = signed(mask, i, images[j * n + i]);
            if h < line {
                let margin = signed(mask, i, margins[g * n + i]);
                step = if margin > 0.0 {
                    step.max(-h / margin)
                } else {
                    f64::INFINITY
                };
            }
        }
        // a hair more than needed, so that the row ends on the right side of its rounding
        step *= 1.0 + 4.0 * f64::EPSILON;
        for k in 0..programme.rank() {
            packed[(k, j)] = if step.is_finite() {
                packed[(k, j)] + step * gates[(k, g)]
            } else {
                0.0
            };
        }
        for i in 0..n {
            images[j * n + i] = if step.is_finite() {
                images[j * n + i] + step * margins[g * n + i]
            } else {
                0.0
            };
        }
    }
}
