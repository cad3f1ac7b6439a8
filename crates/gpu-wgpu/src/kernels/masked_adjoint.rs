use super::groups::{GROUPS, LARGEST_TILE, LEAST_ROWS, MOST_PARTS};
use crate::buffer::{Buffer, Slice};
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, ROWS, count, params};
use crate::rows::Rows;
use crate::step::Step;

params! {
    rows: u32, first: u32, samples: u32, blocks: u32, words: u32, depth: u32,
    outputs: u32, chunk: u32, first_chunk: u32,
}

/// `R' D_b (T a_b)` for every block, in parts: one for each chunk of rows.
///
/// **Cost** `2 n rank blocks` flops; `R` is read once for each tile of blocks.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "masked_adjoint",
    text: include_str!("masked_adjoint.wgsl"),
    group: Group::Square,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// Rows of a chunk: more chunks where blocks and coordinates give few groups, by the sizes alone.
pub(crate) fn chunk(rows: &Rows, blocks: usize) -> usize {
    let tiles = blocks.div_ceil(LARGEST_TILE) * rows.wide().div_ceil(LARGEST_TILE);
    let step = ROWS as usize;
    let wanted = GROUPS.div_ceil(tiles.max(1)).clamp(1, MOST_PARTS);
    rows.n_samples()
        .div_ceil(wanted)
        .max(LEAST_ROWS)
        .next_multiple_of(step)
}

/// Parts that [`steps`] makes.
pub(crate) fn parts(rows: &Rows, blocks: usize) -> usize {
    let chunk = chunk(rows, blocks);
    let of_tiles = rows.tiles().iter().map(|tile| tile.rows.div_ceil(chunk));
    of_tiles.sum::<usize>()
}

/// What is multiplied by the rows, transposed.
pub(crate) struct Factors<'a> {
    /// The masks.
    pub(crate) bits: &'a Buffer<u32>,
    /// `outputs x n_samples`.
    pub(crate) slopes: Slice<'a>,
    /// `outputs x blocks`.
    pub(crate) weights: &'a Buffer<f32>,
    pub(crate) outputs: usize,
}

/// A step for each tile of the rows; `to` holds [`parts`] times `blocks * depth` quadruples.
pub(crate) fn steps(
    device: &Device,
    rows: &Rows,
    blocks: usize,
    factors: &Factors<'_>,
    to: &Buffer<f32>,
) -> Result<Vec<Step>, GpuError> {
    let chunk = chunk(rows, blocks);
    let mut first_chunk = 0;
    let mut out = Vec::new();
    for tile in rows.tiles() {
        let chunks = tile.rows.div_ceil(chunk);
        let params = Params {
            rows: count("rows", tile.rows)?,
            first: count("rows", tile.first)?,
            samples: count("rows", rows.n_samples())?,
            blocks: count("blocks", blocks)?,
            words: count("blocks", blocks.div_ceil(32))?,
            depth: count("coordinates", rows.depth())?,
            outputs: count("outputs", factors.outputs)?,
            chunk: count("rows", chunk)?,
            first_chunk: count("chunks", first_chunk)?,
        };
        let arrays = [
            tile.data.raw(),
            factors.bits.raw(),
            factors.slopes,
            factors.weights.raw(),
            to.raw(),
        ];
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
