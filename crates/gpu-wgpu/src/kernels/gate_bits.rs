use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::rows::Rows;
use crate::step::Step;

params! { rows: u32, first: u32, columns: u32, words: u32, depth: u32 }

/// The patterns of gates, `row . g >= 0`, and which of them the precision leaves open.
///
/// **Cost** `2 n rank columns` flops.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "gate_bits",
    text: include_str!("gate_bits.wgsl"),
    group: Group::Square,
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

/// A step for each tile of the rows; `reach` holds a number a row, `bits` and `doubts` the packed bits of
/// all columns for each.
pub(crate) fn steps(
    device: &Device,
    rows: &Rows,
    (gates, columns): (&Buffer<f32>, usize),
    reach: &Buffer<f32>,
    (bits, doubts): (&Buffer<u32>, &Buffer<u32>),
) -> Result<Vec<Step>, GpuError> {
    rows.tiles()
        .iter()
        .map(|tile| {
            let params = Params {
                rows: count("rows", tile.rows)?,
                first: count("rows", tile.first)?,
                columns: count("columns", columns)?,
                words: count("columns", columns.div_ceil(32))?,
                depth: count("coordinates", rows.depth())?,
            };
            let arrays = [
                tile.data.raw(),
                gates.raw(),
                reach.raw(),
                bits.raw(),
                doubts.raw(),
            ];
            let side = device.tiling().tile();
            let groups = [tile.rows.div_ceil(side), columns.div_ceil(side), 1];
            let step = device.step(&KERNEL, &params, &arrays, groups)?;
            Ok(step.of_product(tile.rows, rows.wide(), columns))
        })
        .collect()
}
