use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { quadruples: u32, depth: u32 }

/// Some columns of an array, in another.
///
/// **Cost** a read and a write of what is kept.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "gather_columns",
    text: include_str!("gather_columns.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// `index`: a column of `from` for each of `out`.
pub(crate) fn step(
    device: &Device,
    depth: usize,
    index: &Buffer<u32>,
    from: &Buffer<f32>,
    out: &Buffer<f32>,
) -> Result<Step, GpuError> {
    let quadruples = index.len() * depth;
    let params = Params {
        quadruples: count("coordinates", quadruples)?,
        depth: count("coordinates", depth)?,
    };
    let arrays = [index.raw(), from.raw(), out.raw()];
    device.step(
        &KERNEL,
        &params,
        &arrays,
        [quadruples.div_ceil(BLOCK), 1, 1],
    )
}
