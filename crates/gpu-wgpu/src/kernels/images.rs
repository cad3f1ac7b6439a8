use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::rows::Rows;
use crate::step::Step;

params! { rows: u32, first: u32, columns: u32, depth: u32, stride: u32 }

/// `M x_b` for every column, with the rows of a matrix: a change of coordinates.
///
/// **Cost** `2 rows rank columns` flops.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "images",
    text: include_str!("images.wgsl"),
    group: Group::Square,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// A step for each tile of the rows; a column of `out` has `stride` numbers.
pub(crate) fn steps(
    device: &Device,
    rows: &Rows,
    columns: usize,
    x: &Buffer<f32>,
    (out, stride): (&Buffer<f32>, usize),
) -> Result<Vec<Step>, GpuError> {
    rows.tiles()
        .iter()
        .map(|tile| {
            let params = Params {
                rows: count("rows", tile.rows)?,
                first: count("rows", tile.first)?,
                columns: count("columns", columns)?,
                depth: count("coordinates", rows.depth())?,
                stride: count("rows", stride)?,
            };
            let side = device.tiling().tile();
            let groups = [tile.rows.div_ceil(side), columns.div_ceil(side), 1];
            let step = device.step(
                &KERNEL,
                &params,
                &[tile.data.raw(), x.raw(), out.raw()],
                groups,
            )?;
            Ok(step.of_product(tile.rows, rows.wide(), columns))
        })
        .collect()
}
