use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { length: u32, columns: u32, first: u32 }

/// Weighted inner products with the columns of a basis: the first half of a low-rank
/// preconditioner.
///
/// **Cost** 2 flops a number of the basis, which passes once.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "basis_dots",
    text: include_str!("basis_dots.wgsl"),
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

/// Columns of a basis in one array, and which they are of the whole.
#[derive(Debug)]
pub(crate) struct BasisTile {
    pub(crate) data: Buffer<f32>,
    pub(crate) first: usize,
    pub(crate) columns: usize,
}

pub(crate) fn step(
    device: &Device,
    tile: &BasisTile,
    weights: &Buffer<f32>,
    a: &Buffer<f32>,
    out: &Buffer<f32>,
) -> Result<Step, GpuError> {
    let params = Params {
        length: count("numbers", a.len())?,
        columns: count("columns", tile.columns)?,
        first: count("columns", tile.first)?,
    };
    let arrays = [tile.data.raw(), weights.raw(), a.raw(), out.raw()];
    device.step(&KERNEL, &params, &arrays, [tile.columns, 1, 1])
}
