use super::conjugate_dots::{Conjugate, Part};
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { length: u32, part: u32 }

/// The part of a move that is conjugate to the directions kept.
///
/// **Cost** 2 flops a number and direction, which pass once.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "conjugate_join",
    text: include_str!("conjugate_join.wgsl"),
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

pub(crate) fn step(device: &Device, part: Part, of: &Conjugate<'_>) -> Result<Step, GpuError> {
    let length = of.point.len();
    let params = Params {
        length: count("numbers", length)?,
        part: part as u32,
    };
    let arrays = [
        of.point.raw(),
        of.before.raw(),
        of.kept.raw(),
        of.state.raw(),
        of.fresh.raw(),
    ];
    device.step(&KERNEL, &params, &arrays, [length.div_ceil(BLOCK), 1, 1])
}
