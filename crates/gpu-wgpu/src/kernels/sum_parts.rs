use crate::buffer::{Buffer, Slice};
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { length: u32, count: u32, scale: f32, shift: f32 }

/// Adds up the parts of a product in their order, and a multiple of another vector.
///
/// **Cost** every part is read once.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "sum_parts",
    text: include_str!("sum_parts.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// `out = scale * (sum of parts) + shift * base`.
pub(crate) struct Sum<'a> {
    pub(crate) parts: &'a Buffer<f32>,
    pub(crate) count: usize,
    pub(crate) scale: f32,
    /// And how much of it.
    pub(crate) base: Option<(Slice<'a>, f32)>,
    pub(crate) out: Slice<'a>,
    pub(crate) length: usize,
}

pub(crate) fn step(device: &Device, sum: &Sum<'_>) -> Result<Step, GpuError> {
    let (base, shift) = sum.base.unwrap_or((sum.parts.raw(), 0.0));
    let params = Params {
        length: count("numbers", sum.length)?,
        count: count("parts", sum.count)?,
        scale: sum.scale,
        shift,
    };
    let arrays = [sum.parts.raw(), base, sum.out];
    let groups = sum.length.div_ceil(BLOCK);
    device.step(&KERNEL, &params, &arrays, [groups, 1, 1])
}

/// `out` = the sum of the parts.
pub(crate) fn plain(
    device: &Device,
    (parts, count): (&Buffer<f32>, usize),
    out: &Buffer<f32>,
    length: usize,
) -> Result<Step, GpuError> {
    let sum = Sum {
        parts,
        count,
        scale: 1.0,
        base: None,
        out: out.raw(),
        length,
    };
    step(device, &sum)
}
