use crelu_core::Activation;
use faer::{Accum, Mat};
use linalg_core::{Control, LinearOperator, axpy, for_each_mut, norm, product};

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
pub struct ProgrammeCertificate {
    /// Minus a gradient of the loss in the rows of the programme, for squared loss the residual
    /// `y - F u`: `n_samples` numbers an output, an output's together.
    pub theta: Vec<f64>,
    /// The multipliers.
    pub multipliers: Multipliers,
    /// The bound on the programme's optimum, in sum scaling.
    pub bound: f64,
}

impl ProgrammeCertificate {
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
        let price = prices(programme, &theta);
        Self::of_prices(programme, theta, multipliers, &price)
    }

    /// The bound of minus the gradient at outputs of 0, without multipliers; 0 where `control` says stop
    /// before it is known.
    pub(crate) fn at_zero(programme: &Programme, control: &Control<'_>) -> Self {
        let (theta, multipliers) = (
            programme.target().to_vec(),
            Multipliers::none(programme.n_blocks()),
        );
        match programme.prices_at_zero(control) {
            Ok(price) => Self::of_prices(programme, theta, multipliers, price),
            Err(_) => Self {
                theta,
                multipliers,
                bound: 0.0,
            },
        }
    }

    /// With `price`, `R'D_i theta_k` of every pattern, output by output.
    fn of_prices(
        programme: &Programme,
        theta: Vec<f64>,
        multipliers: Multipliers,
        price: &[f64],
    ) -> Self {
        let (rank, n) = (programme.rank(), programme.n_samples());
        let outputs = programme.outputs();
        assert_eq!(
            theta.len(),
            n * outputs,
            "theta: a value a sample and output"
        );
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
