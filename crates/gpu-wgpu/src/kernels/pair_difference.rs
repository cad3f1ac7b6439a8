use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { half: u32 }

/// The difference of the two halves of a vector of pairs: what their outputs depend on.
///
/// **Cost** a flop a number; three vectors pass.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "pair_difference",
    text: include_str!("pair_difference.wgsl"),
    group: Group::Line,
    bindings: &[Binding::Params, Binding::Read, Binding::Write],
    fields: FIELDS,
};

pub(crate) fn step(
    device: &Device,
    pairs: &Buffer<f32>,
    out: &Buffer<f32>,
) -> Result<Step, GpuError> {
    let half = out.len();
    let params = Params {
        half: count("numbers", half)?,
    };
    let arrays = [pairs.raw(), out.raw()];
    device.step(&KERNEL, &params, &arrays, [half.div_ceil(BLOCK), 1, 1])
}
