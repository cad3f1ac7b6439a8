use super::conjugate_dots::Conjugate;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { length: u32 }

/// Takes a sweep's move as far as the objective falls, and keeps its direction.
///
/// **Cost** 2 flops a number; four vectors pass.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "conjugate_move",
    text: include_str!("conjugate_move.wgsl"),
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

pub(crate) fn step(device: &Device, of: &Conjugate<'_>) -> Result<Step, GpuError> {
    let length = of.point.len();
    let params = Params {
        length: count("numbers", length)?,
    };
    let arrays = [
        of.before.raw(),
        of.fresh.raw(),
        of.state.raw(),
        of.kept.raw(),
        of.point.raw(),
    ];
    device.step(&KERNEL, &params, &arrays, [length.div_ceil(BLOCK), 1, 1])
}
