//! The kernels: each a shader and, beside it, its parameters, its arrays and how many groups run.

pub(crate) mod ascent_step;
pub(crate) mod basis_dots;
pub(crate) mod basis_sum;
pub(crate) mod cg_scalars;
pub(crate) mod combine;
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
pub(crate) mod gather_columns;
mod groups;
pub(crate) mod loss_slope;
pub(crate) mod masked_adjoint;
pub(crate) mod masked_product;
pub(crate) mod open_columns;
pub(crate) mod open_outputs;
pub(crate) mod price_weights;
pub(crate) mod sum_parts;
#[cfg(test)]
mod tests;

use crate::kernel::Kernel;

/// All of them.
pub(crate) const ALL: [&Kernel; 24] = [
    &ascent_step::KERNEL,
    &basis_dots::KERNEL,
    &basis_sum::KERNEL,
    &cg_scalars::KERNEL,
    &combine::KERNEL,
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
    &gather_columns::KERNEL,
    &loss_slope::KERNEL,
    &masked_adjoint::KERNEL,
    &masked_product::KERNEL,
    &open_columns::KERNEL,
    &open_outputs::KERNEL,
    &price_weights::KERNEL,
    &sum_parts::KERNEL,
];
