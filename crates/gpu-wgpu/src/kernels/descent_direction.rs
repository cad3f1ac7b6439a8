use super::descent_gradient::Turn;
use crate::buffer::{Buffer, Slice};
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { depth: u32, count: u32, rho: f32 }

/// The negative gradient of the four blocks whose turn it is.
///
/// **Cost** every part is read once, by one group.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "descent_direction",
    text: include_str!("descent_direction.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Write,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// Places in the state of a descent.
pub(crate) mod state {
    pub(crate) const LAST: usize = 4;
    pub(crate) const COUNT: usize = 7;
    /// Numbers of the state.
    pub(crate) const LEN: usize = 32;
}

pub(crate) fn step(
    device: &Device,
    (depth, rho): (usize, f32),
    (parts, parts_count): (&Buffer<f32>, usize),
    turn: &Turn<'_>,
    x: Slice<'_>,
    direction: &Buffer<f32>,
) -> Result<Step, GpuError> {
    let params = Params {
        depth: count("coordinates", depth)?,
        count: count("parts", parts_count)?,
        rho,
    };
    let arrays = [
        parts.raw(),
        turn.order.raw(),
        x,
        turn.state.raw(),
        direction.raw(),
    ];
    device.step(&KERNEL, &params, &arrays, [1, 1, 1])
}
