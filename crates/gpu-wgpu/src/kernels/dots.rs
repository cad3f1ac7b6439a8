use crate::buffer::{Buffer, Slice};
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { length: u32, at: u32 }

/// Inner products `a . b` and `a . a` of blocks of numbers.
///
/// **Cost** 4 flops a number; both vectors pass once.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "dots",
    text: include_str!("dots.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// Blocks of so many numbers; each makes two parts.
pub(crate) fn blocks(length: usize) -> usize {
    length.div_ceil(BLOCK)
}

/// Writes the parts from the `at`-th number of `parts` on.
pub(crate) fn step(
    device: &Device,
    length: usize,
    (a, b): (Slice<'_>, Slice<'_>),
    (parts, at): (&Buffer<f32>, usize),
) -> Result<Step, GpuError> {
    let params = Params {
        length: count("numbers", length)?,
        at: count("parts", at)?,
    };
    let arrays = [a, b, parts.raw()];
    device.step(&KERNEL, &params, &arrays, [blocks(length), 1, 1])
}
