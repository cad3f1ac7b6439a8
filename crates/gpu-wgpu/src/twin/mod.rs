//! The kernels' arithmetic on slices, in the kernels' order: what a device is held to. A vector's
//! numbers lie as they do on the device, columns and rows filled up to quadruples.

pub(crate) mod ascent_step;
pub(crate) mod basis_dots;
pub(crate) mod basis_sum;
pub(crate) mod cg_scalars;
pub(crate) mod combine;
pub(crate) mod cone_adjoint;
pub(crate) mod cone_rescale;
pub(crate) mod cone_step;
pub(crate) mod conjugate_dots;
pub(crate) mod conjugate_join;
pub(crate) mod conjugate_move;
pub(crate) mod conjugate_scalars;
pub(crate) mod descent_direction;
pub(crate) mod descent_gradient;
pub(crate) mod descent_image;
pub(crate) mod descent_move;
pub(crate) mod descent_step;
pub(crate) mod diagonal_scale;
pub(crate) mod dots;
pub(crate) mod gate_bits;
pub(crate) mod gather_columns;
pub(crate) mod group_threshold;
pub(crate) mod images;
pub(crate) mod loss_slope;
pub(crate) mod masked_adjoint;
pub(crate) mod masked_product;
pub(crate) mod open_columns;
pub(crate) mod open_outputs;
pub(crate) mod pair_difference;
pub(crate) mod pair_spread;
pub(crate) mod price_weights;
pub(crate) mod region_sums;
pub(crate) mod sum_parts;

use crate::kernel::LANES;

/// The sum of a line's numbers by halves.
pub(crate) fn tree_sum(mut lanes: Vec<f32>) -> f32 {
    lanes.resize(LANES as usize, 0.0);
    let mut half = lanes.len() / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// The sum over numbers that the lanes of a line take in turn.
pub(crate) fn line_sum(values: impl IntoIterator<Item = f32>) -> f32 {
    let mut lanes = vec![0.0; LANES as usize];
    for (i, value) in values.into_iter().enumerate() {
        lanes[i % LANES as usize] += value;
    }
    tree_sum(lanes)
}

/// Whether mask bit `(row, block)` is set.
pub(crate) fn bit(bits: &[u32], words: usize, row: usize, block: usize) -> bool {
    bits[row * words + block / 32] >> (block % 32) & 1 == 1
}

/// The inner product of two columns.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
