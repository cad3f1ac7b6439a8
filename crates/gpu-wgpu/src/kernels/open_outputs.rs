use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::rows::Rows;
use crate::step::Step;

params! {
    rows: u32, first: u32, samples: u32, columns: u32, words: u32, depth: u32,
    outputs: u32, share: u32,
}

/// Outputs `F = (R W)_+ A'` in parts, one for each group of columns, and the patterns `1[R W > 0]`.
///
/// **Cost** `2 n (rank + outputs) columns` flops; `R` is read once for each tile of columns.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "open_outputs",
    text: include_str!("open_outputs.wgsl"),
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

pub(crate) use super::masked_product::{parts, share};

/// What the columns are and where their outputs go.
pub(crate) struct Columns<'a> {
    /// `columns * depth` quadruples.
    pub(crate) w: &'a Buffer<f32>,
    /// `outputs x columns`.
    pub(crate) a: &'a Buffer<f32>,
    pub(crate) outputs: usize,
    /// The patterns, `n_samples * ceil(columns / 32)` words.
    pub(crate) bits: &'a Buffer<u32>,
    /// [`parts`] times `outputs * n_samples` numbers.
    pub(crate) parts: &'a Buffer<f32>,
}

/// A step for each tile of the rows.
pub(crate) fn steps(
    device: &Device,
    rows: &Rows,
    columns: usize,
    of: &Columns<'_>,
) -> Result<Vec<Step>, GpuError> {
    let share = share(rows, columns);
    let groups = columns.div_ceil(share).max(1);
    rows.tiles()
        .iter()
        .map(|tile| {
            let params = Params {
                rows: count("rows", tile.rows)?,
                first: count("rows", tile.first)?,
                samples: count("rows", rows.n_samples())?,
                columns: count("columns", columns)?,
                words: count("columns", columns.div_ceil(32))?,
                depth: count("coordinates", rows.depth())?,
                outputs: count("outputs", of.outputs)?,
                share: count("columns", share)?,
            };
            let arrays = [
                tile.data.raw(),
                of.w.raw(),
                of.a.raw(),
                of.bits.raw(),
                of.parts.raw(),
            ];
            let across = tile.rows.div_ceil(device.tiling().tile());
            let step = device.step(&KERNEL, &params, &arrays, [across, groups, 1])?;
            Ok(step.of_product(tile.rows, rows.wide(), columns))
        })
        .collect()
}
