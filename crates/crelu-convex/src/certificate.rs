use crelu_core::Activation;
use faer::{Accum, Mat, MatMut, MatRef};
use linalg_core::{LinearOperator, axpy, for_each_mut, norm, product};

use crate::cone::column;
use crate::programme::Programme;

/// Multipliers of the cone constraints, `alpha >= 0`, in sum scaling: for every block the rows
/// with a positive one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Multipliers {
    /// One list of `(row, alpha)` a block; all empty for gated programmes.
    pub blocks: Vec<Vec<(usize, f64)>>,
}

impl Multipliers {
    /// No multiplier for `blocks` blocks.
    #[must_use]
    pub fn none(blocks: usize) -> Self {
        Self {
            blocks: vec![Vec::new(); blocks],
        }
    }
}

/// A dual point and the lower bound that it proves.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// Minus a gradient of the loss in the rows of the programme, for squared loss the residual
    /// `y - F u`: `n_samples` numbers an output, an output's together.
    pub theta: Vec<f64>,
    /// The multipliers.
    pub multipliers: Multipliers,
    /// The bound on the programme's optimum, in sum scaling.
    pub bound: f64,
}

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
}

impl Certificate {
    /// The bound of a dual point, from the data and the point alone.
    ///
    /// ```text
    ///     m = max_b |s_b R' D_b theta_k + R' (2 D_b - I) alpha_b|   (k the output of b)
    ///     bound = max_c -l*(-c theta)  over 0 <= c <= beta_sum / m in the domain of the dual
    /// ```
    ///
    /// for squared loss `c theta'y - c^2 |theta|^2 / 2`. `m` is raised by the rounding error of the sums
    /// that make it, and the dual value is rounded down; a multiplier that is negative or NaN counts as zero, so that the bound
    /// holds whatever is passed.
    /// **Cost** one product with the masked data and one combination of rows a multiplier.
    /// **Source** the Fenchel dual of the programme; `c >= 0` must be enforced.
    ///
    /// # Panics
    /// If `theta` is not `n_samples` numbers an output or the multipliers are for another number of blocks.
    #[must_use]
    pub fn evaluate(programme: &Programme, theta: Vec<f64>, multipliers: Multipliers) -> Self {
        let (rank, n) = (programme.rank(), programme.n_samples());
        let outputs = programme.outputs();
        assert_eq!(
            theta.len(),
            n * outputs,
            "theta: a value a sample and output"
        );
        let price = prices(programme, &theta);
        let rows = row_norms(programme);
        let gated = programme.activation() == Activation::Gated;
        assert!(
            gated || multipliers.blocks.len() == programme.n_blocks(),
            "multipliers: one list a block"
        );
        let patterns = programme.n_patterns();
        let mut sizes = vec![0.0_f64; patterns];
        let mut parts: Vec<&mut [f64]> = sizes.chunks_mut(PATTERNS).collect();
        for_each_mut(&mut parts, |part, sizes| {
            let mut total = vec![0.0; rank];
            for (k, size) in sizes.iter_mut().enumerate() {
                let pattern = part * PATTERNS + k;
                let mask = programme.masks().column(pattern);
                // both signs of an output see the same rows
                let (mut seen, mut last) = (0.0, outputs);
                for block in (pattern..programme.n_blocks()).step_by(patterns) {
                    let output = programme.output(block);
                    if output != last {
                        seen = seen_mass(&rows, &theta[output * n..(output + 1) * n], mask);
                        last = output;
                    }
                    let from = (output * patterns + pattern) * rank;
                    total.copy_from_slice(&price[from..from + rank]);
                    linalg_core::scale(programme.sign(block), &mut total);
                    let (mut mass, mut terms) = (seen, n);
                    if !gated {
                        for &(row, alpha) in &multipliers.blocks[block] {
                            let alpha = alpha.max(0.0);
                            let e = if mask[row] == 0 { -alpha } else { alpha };
                            axpy(e, column(programme.data(), row), &mut total);
                            mass += alpha * rows[row];
                        }
                        terms += multipliers.blocks[block].len();
                    }
                    *size = larger(*size, raised(norm(&total), mass, terms + rank));
                }
            }
        });
        let largest = sizes.into_iter().fold(0.0, larger);
        let bound = bound_of(programme, &theta, largest);
        Self {
            theta,
            multipliers,
            bound,
        }
    }

    /// The bound of a dual point whose multipliers are dense, `n_samples x n_blocks`, as the
    /// three-block iteration has them.
    ///
    /// # Panics
    /// If a length does not fit.
    pub(crate) fn evaluate_dense(programme: &Programme, theta: &[f64], alpha: &[f64]) -> f64 {
        let (rank, n, blocks) = (
            programme.rank(),
            programme.n_samples(),
            programme.n_blocks(),
        );
        assert!(programme.is_plain(), "dense multipliers: squared loss");
        let price = prices(programme, theta);
        let signed = Mat::from_fn(n, blocks, |i, b| {
            let alpha = alpha[b * n + i];
            if programme.masks().column(programme.pattern(b))[i] == 0 {
                -alpha
            } else {
                alpha
            }
        });
        let mut total = Mat::<f64>::zeros(rank, blocks);
        product(
            total.as_mut(),
            Accum::Replace,
            programme.data(),
            signed.as_ref(),
            1.0,
        );
        let mut largest = 0.0_f64;
        let rows = row_norms(programme);
        for b in 0..blocks {
            let p = programme.pattern(b);
            let mut mass = seen_mass(&rows, theta, programme.masks().column(p));
            mass += linalg_core::dot(&rows, &alpha[b * n..(b + 1) * n]);
            let size = (0..rank)
                .map(|k| (total[(k, b)] + programme.sign(b) * price[p * rank + k]).powi(2))
                .sum::<f64>()
                .sqrt();
            largest = larger(largest, raised(size, mass, 2 * n + rank));
        }
        bound_of(programme, theta, largest)
    }
}

/// `R'D_i theta_k` of every pattern, output by output.
pub(crate) fn prices(programme: &Programme, theta: &[f64]) -> Vec<f64> {
    let (masked, outputs) = (programme.blocks(), programme.outputs());
    let mut price = vec![0.0; outputs * masked.cols()];
    let mut scratch = vec![0.0; masked.block_scratch_len(outputs)];
    masked.apply_adjoint_block(outputs, theta, &mut price, &mut scratch);
    price
}

/// Patterns whose prices are one task.
const PATTERNS: usize = 16;

/// The maximum; NaN counts as infinitely large, whatever follows it.
fn larger(largest: f64, size: f64) -> f64 {
    if size.is_nan() {
        f64::INFINITY
    } else {
        largest.max(size)
    }
}

/// Sizes between which no square that matters overflows or is lost; outside, no bound is claimed.
const SQUARES: std::ops::RangeInclusive<f64> = 1e-140..=1e140;

/// Relative error of a sum of `terms` products, whatever its order, raised by a few operations
/// (Higham 2002, (3.5): `k u / (1 - k u)`, `u = 2^-53`).
fn sum_error(terms: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^53")]
    let k = (terms + 16) as f64 * 0.5 * f64::EPSILON;
    k / (1.0 - k)
}

fn row_norms(programme: &Programme) -> Vec<f64> {
    (0..programme.n_samples())
        .map(|i| norm(column(programme.data(), i)))
        .collect()
}

/// `sum_i |theta_i| |x_i|` over the rows that a pattern sees: what the terms of its price weigh
/// before they cancel.
fn seen_mass(rows: &[f64], theta: &[f64], mask: &[u8]) -> f64 {
    // no branch on a bit, which no processor foresees, and sums side by side: any order will do
    let mut lanes = [0.0; LANES];
    let parts = rows.chunks(LANES).zip(theta.chunks(LANES));
    for ((rows, theta), mask) in parts.zip(mask.chunks(LANES)) {
        for (lane, ((row, t), &bit)) in lanes.iter_mut().zip(rows.iter().zip(theta).zip(mask)) {
            *lane += f64::from(bit) * (row * t.abs());
        }
    }
    lanes.iter().sum()
}

/// Sums side by side.
const LANES: usize = 8;

/// A computed price raised by what rounding can have taken from it.
fn raised(size: f64, mass: f64, terms: usize) -> f64 {
    if mass == 0.0 {
        return size;
    }
    if !SQUARES.contains(&mass) {
        return f64::INFINITY;
    }
    size + sum_error(terms) * (size + mass)
}

/// The best dual value of `c theta`, `c largest <= beta_sum`, rounded down.
fn bound_of(programme: &Programme, theta: &[f64], largest: f64) -> f64 {
    let reach = if largest > 0.0 {
        programme.beta_sum() / largest
    } else {
        f64::INFINITY
    };
    let bound = programme.loss().dual(theta, reach).value;
    // no loss is below 0
    if bound.is_finite() {
        bound.max(0.0)
    } else {
        0.0
    }
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
                penalty += square.sqrt();
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
    /// **Cost** `2 n rank P` flops where there are such rows.
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
        let mut margins = vec![0.0; n * patterns];
        image(programme.data(), programme.gates(), &mut margins);
        let largest = (0..self.v.ncols())
            .map(|b| self.v.col(b).norm_l2())
            .fold(0.0, f64::max);
        let mut v: Vec<f64> = (0..self.v.ncols())
            .flat_map(|b| (0..rank).map(move |k| (k, b)))
            .map(|e| self.v[e])
            .collect();
        while !unseen.is_empty() {
            let seen = |p: usize, i: usize| {
                programme.masks().column(p)[i] != 0 && margins[p * n + i] > 0.0
            };
            let score = |p: usize| -> f64 {
                let along = |&i: &usize| {
                    if seen(p, i) {
                        programme.target()[i] * margins[p * n + i]
                    } else {
                        0.0
                    }
                };
                unseen.iter().map(along).sum::<f64>()
                    / programme.gates().col(p).norm_l2().max(f64::MIN_POSITIVE)
            };
            let best = (0..patterns)
                .filter(|&p| unseen.iter().any(|&i| seen(p, i)))
                .map(|p| (p, score(p)))
                .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()).then(b.0.cmp(&a.0)));
            let Some((p, score)) = best else { break };
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
            unseen.retain(|&i| !seen(p, i));
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

    /// The largest `-e o (R v) / (|row| |v|)` over blocks and rows: 0 to rounding.
    #[must_use]
    pub fn cone_violation(&self, programme: &Programme) -> f64 {
        if programme.activation() == Activation::Gated {
            return 0.0;
        }
        let n = programme.n_samples();
        let rows: Vec<f64> = (0..n).map(|i| norm(column(programme.data(), i))).collect();
        let active: Vec<usize> = (0..self.v.ncols())
            .filter(|&b| (0..self.v.nrows()).any(|k| self.v[(k, b)] != 0.0))
            .collect();
        let mut worst = 0.0_f64;
        for chunk in active.chunks(CHUNK) {
            let packed = Mat::from_fn(self.v.nrows(), chunk.len(), |k, j| self.v[(k, chunk[j])]);
            let mut images = vec![0.0; n * chunk.len()];
            image(programme.data(), packed.as_ref(), &mut images);
            for (j, &block) in chunk.iter().enumerate() {
                let size = packed.col(j).norm_l2();
                let mask = programme.masks().column(programme.pattern(block));
                for ((h, &bit), row) in images[j * n..(j + 1) * n].iter().zip(mask).zip(&rows) {
                    let h = if bit == 0 { -h } else { *h };
                    if *row > 0.0 {
                        worst = worst.max(-h / (row * size));
                    }
                }
            }
        }
        worst
    }
}

const CHUNK: usize = 128;
/// How far a point is moved along its gate vectors, relative: far above rounding, far below any
/// tolerance.
const INSIDE: f64 = 1e-9;
/// Below this, relative to `|row| |v|`, a row on the wrong side is rounding of the product.
const ROUNDING: f64 = 1e-13;

fn image(data: MatRef<'_, f64>, packed: MatRef<'_, f64>, images: &mut [f64]) {
    let (n, count) = (data.ncols(), packed.ncols());
    let dst = MatMut::from_column_major_slice_mut(images, n, count);
    product(dst, Accum::Replace, data.transpose(), packed, 1.0);
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
