use super::cone_step::ConeCopy;
use super::masked_adjoint;
use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::rows::Rows;
use crate::step::Step;

params! {
    rows: u32, first: u32, blocks: u32, patterns: u32, words: u32, depth: u32, stride: u32,
    chunk: u32, first_chunk: u32,
}

/// `R'(e o |z_b|)` for every block, in parts: one for each chunk of rows. `|z|` is the cone copy
/// reflected, `2 v - z`.
///
/// **Cost** `2 n rank blocks` flops; `R` is read once for each tile of blocks.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "cone_adjoint",
    text: include_str!("cone_adjoint.wgsl"),
    group: Group::Square,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// Parts that [`steps`] makes.
pub(crate) fn parts(rows: &Rows, blocks: usize) -> usize {
    masked_adjoint::parts(rows, blocks)
}

/// A step for each tile of the rows; `to` holds [`parts`] times `blocks * depth` quadruples.
pub(crate) fn steps(
    device: &Device,
    rows: &Rows,
    (bits, patterns): (&Buffer<u32>, usize),
    cone: &ConeCopy,
    to: &Buffer<f32>,
) -> Result<Vec<Step>, GpuError> {
    let blocks = cone.blocks;
    let chunk = masked_adjoint::chunk(rows, blocks);
    let mut first_chunk = 0;
    let mut out = Vec::new();
    for tile in rows.tiles() {
        let chunks = tile.rows.div_ceil(chunk);
        let params = Params {
            rows: count("rows", tile.rows)?,
            first: count("rows", tile.first)?,
            blocks: count("blocks", blocks)?,
            patterns: count("patterns", patterns.max(1))?,
            words: count("blocks", patterns.div_ceil(32))?,
            depth: count("coordinates", rows.depth())?,
            stride: count("blocks", ConeCopy::stride(blocks))?,
            chunk: count("rows", chunk)?,
            first_chunk: count("chunks", first_chunk)?,
        };
        let arrays = [tile.data.raw(), bits.raw(), cone.z.raw(), to.raw()];
        let tiling = device.tiling();
        let groups = [
            blocks.div_ceil(tiling.tile()),
            rows.depth().div_ceil(tiling.side() as usize),
            chunks,
        ];
        let step = device.step(&KERNEL, &params, &arrays, groups)?;
        out.push(step.of_product(tile.rows, rows.wide(), blocks));
        first_chunk += chunks;
    }
    Ok(out)
}
