use super::basis_dots::BasisTile;
use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { length: u32, columns: u32, first: u32, add: u32 }

/// A vector plus a combination of the columns of a basis: the second half of a low-rank
/// preconditioner.
///
/// **Cost** 2 flops a number of the basis, which passes once.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "basis_sum",
    text: include_str!("basis_sum.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// Adds to `a`, or to `out` itself for the second and later tiles.
pub(crate) fn step(
    device: &Device,
    tile: &BasisTile,
    along: &Buffer<f32>,
    a: &Buffer<f32>,
    out: &Buffer<f32>,
) -> Result<Step, GpuError> {
    let length = a.len();
    let params = Params {
        length: count("numbers", length)?,
        columns: count("columns", tile.columns)?,
        first: count("columns", tile.first)?,
        add: u32::from(tile.first > 0),
    };
    let arrays = [tile.data.raw(), along.raw(), a.raw(), out.raw()];
    device.step(&KERNEL, &params, &arrays, [length.div_ceil(BLOCK), 1, 1])
}
