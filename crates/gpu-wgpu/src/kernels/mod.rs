//! The kernels: each a shader and, beside it, its parameters, its arrays and how many groups run.

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
mod groups;
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
#[cfg(test)]
mod tests;

use crate::kernel::Kernel;

/// All of them.
pub(crate) const ALL: [&Kernel; 33] = [
    &ascent_step::KERNEL,
    &basis_dots::KERNEL,
    &basis_sum::KERNEL,
    &cg_scalars::KERNEL,
    &combine::KERNEL,
    &cone_adjoint::KERNEL,
    &cone_rescale::KERNEL,
    &cone_step::KERNEL,
    &conjugate_dots::KERNEL,
    &conjugate_join::KERNEL,
    &conjugate_move::KERNEL,
    &conjugate_scalars::KERNEL,
    &descent_direction::KERNEL,
    &descent_gradient::KERNEL,
    &descent_image::KERNEL,
    &descent_move::KERNEL,
    &descent_step::KERNEL,
    &diagonal_scale::KERNEL,
    &dots::KERNEL,
    &gate_bits::KERNEL,
    &gather_columns::KERNEL,
    &group_threshold::KERNEL,
    &images::KERNEL,
    &loss_slope::KERNEL,
    &masked_adjoint::KERNEL,
    &masked_product::KERNEL,
    &open_columns::KERNEL,
    &open_outputs::KERNEL,
    &pair_difference::KERNEL,
    &pair_spread::KERNEL,
    &price_weights::KERNEL,
    &region_sums::KERNEL,
    &sum_parts::KERNEL,
];
