use super::descent_gradient::Turn;
use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { samples: u32, depth: u32, misfit_at: u32, factor: f32 }

/// Moves four blocks and the residual along their direction.
///
/// **Cost** 2 flops a row and coordinate.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "descent_move",
    text: include_str!("descent_move.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

pub(crate) fn step(
    device: &Device,
    (samples, depth, misfit_at): (usize, usize, usize),
    factor: f32,
    turn: &Turn<'_>,
    (direction, image): (&Buffer<f32>, &Buffer<f32>),
    point: &Buffer<f32>,
) -> Result<Step, GpuError> {
    let params = Params {
        samples: count("rows", samples)?,
        depth: count("coordinates", depth)?,
        misfit_at: count("numbers", misfit_at)?,
        factor,
    };
    let arrays = [
        turn.order.raw(),
        turn.state.raw(),
        direction.raw(),
        image.raw(),
        point.raw(),
    ];
    let groups = samples.max(direction.len()).div_ceil(BLOCK);
    device.step(&KERNEL, &params, &arrays, [groups, 1, 1])
}
