use faer::{Accum, Mat, MatMut, MatRef};
use linalg_core::product;

use crate::choose::THIN_RANK;
use crate::programme::{Programme, has_cones};

/// The network that the sparse copies are by themselves, whatever their cones say:
///
/// ```text
///     f = c sum_b s_b (R v_b)_+,   J = l(f) + c beta_sum sum_b |v_b|,   c >= 0 the best
/// ```
///
/// In many dimensions cones are thin and points inside them are poor for long; this network has
/// patterns of its own, and its `J` may lie below the programme's optimum.
///
/// **Cost** one product with the blocks that are not zero.
#[derive(Debug, Clone)]
pub struct SparseNetwork {
    /// The hidden weights in the coordinates of the data, `rank x n_blocks`, scaled.
    pub v: Mat<f64>,
    /// Its outputs, `n_samples` numbers an output, in the rows of the programme.
    pub fitted: Vec<f64>,
    /// `J` in sum scaling.
    pub objective: f64,
    /// Blocks that are not zero.
    pub active: usize,
}

impl SparseNetwork {
    /// Whether the copies of a programme are worth looking at: where they are not the feasible point.
    pub(crate) fn serves(programme: &Programme) -> bool {
        has_cones(programme) && programme.rank() > THIN_RANK
    }

    /// The network of `v`, `rank * n_blocks`; none if no multiple of it is better than zero.
    pub(crate) fn of(programme: &Programme, v: &[f64]) -> Option<Self> {
        let (rank, n) = (programme.rank(), programme.n_samples());
        let active: Vec<usize> = (0..programme.n_blocks())
            .filter(|b| v[b * rank..(b + 1) * rank].iter().any(|x| *x != 0.0))
            .collect();
        let (mut fitted, mut penalty) = (vec![0.0; n * programme.outputs()], 0.0);
        let mut images = vec![0.0; n * active.len().min(CHUNK)];
        for chunk in active.chunks(CHUNK) {
            let packed = Mat::from_fn(rank, chunk.len(), |k, j| v[chunk[j] * rank + k]);
            let images = &mut images[..n * chunk.len()];
            product(
                MatMut::from_column_major_slice_mut(images, n, chunk.len()),
                Accum::Replace,
                programme.data().transpose(),
                packed.as_ref(),
                1.0,
            );
            for (j, (&block, image)) in chunk.iter().zip(images.chunks_exact(n)).enumerate() {
                let (sign, output) = (programme.sign(block), programme.output(block));
                let fitted = &mut fitted[output * n..(output + 1) * n];
                for (f, h) in fitted.iter_mut().zip(image) {
                    *f += sign * h.max(0.0);
                }
                penalty += packed.col(j).norm_l2();
            }
        }
        let beta = programme.beta_sum();
        if active.is_empty() {
            return None;
        }
        let factor = programme.loss().best_scale(&fitted, beta * penalty);
        // not so for NaN
        let is_better = factor > 0.0 && factor.is_finite();
        if !is_better {
            return None;
        }
        linalg_core::scale(factor, &mut fitted);
        let whole = MatRef::from_column_major_slice(v, rank, programme.n_blocks());
        Some(Self {
            v: Mat::from_fn(rank, programme.n_blocks(), |k, b| factor * whole[(k, b)]),
            objective: programme.loss().value_of(&fitted) + beta * factor * penalty,
            fitted,
            active: active.len(),
        })
    }
}

/// Blocks whose images are computed in one product.
const CHUNK: usize = 128;
