use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, LANES, count, params};
use crate::step::Step;

params! { columns: u32, outputs: u32 }

/// Prices of unit neurons and the output weights that reach them.
///
/// **Cost** a few flops an output and column.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "price_weights",
    text: include_str!("price_weights.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Write,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// `along` and `weights`: `outputs x columns`; the others: one number a column.
pub(crate) fn step(
    device: &Device,
    (columns, outputs): (usize, usize),
    (along, signs): (&Buffer<f32>, &Buffer<f32>),
    (weights, prices): (&Buffer<f32>, &Buffer<f32>),
) -> Result<Step, GpuError> {
    let params = Params {
        columns: count("columns", columns)?,
        outputs: count("outputs", outputs)?,
    };
    let arrays = [along.raw(), signs.raw(), weights.raw(), prices.raw()];
    let groups = columns.div_ceil(LANES as usize);
    device.step(&KERNEL, &params, &arrays, [groups, 1, 1])
}
