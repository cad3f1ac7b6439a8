use super::groups::{GROUPS, LEAST_ROWS, MOST_PARTS};
use crate::buffer::{Buffer, Slice};
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::rows::Rows;
use crate::step::Step;

params! { rows: u32, first: u32, words: u32, depth: u32, chunk: u32, first_chunk: u32 }

/// `A_b' p` for the four blocks whose turn it is, in parts: one for each chunk of rows.
///
/// **Cost** `8 n rank` flops; `R` is read once.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "descent_gradient",
    text: include_str!("descent_gradient.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// Quadruples of coordinates that a group goes through.
const ACROSS: usize = 16;

/// Rows of a chunk, by the sizes alone.
pub(crate) fn chunk(rows: &Rows) -> usize {
    let wanted = GROUPS.div_ceil(rows.depth().div_ceil(ACROSS).max(1));
    rows.n_samples()
        .div_ceil(wanted.clamp(1, MOST_PARTS))
        .max(LEAST_ROWS)
}

/// Parts that [`steps`] makes.
pub(crate) fn parts(rows: &Rows) -> usize {
    let chunk = chunk(rows);
    let of_tiles = rows.tiles().iter().map(|tile| tile.rows.div_ceil(chunk));
    of_tiles.sum::<usize>()
}

/// Whose turn it is, and by which masks.
pub(crate) struct Turn<'a> {
    pub(crate) bits: &'a Buffer<u32>,
    pub(crate) blocks: usize,
    /// Four blocks a turn.
    pub(crate) order: &'a Buffer<u32>,
    pub(crate) state: &'a Buffer<f32>,
}

/// A step for each tile of the rows.
pub(crate) fn steps(
    device: &Device,
    rows: &Rows,
    turn: &Turn<'_>,
    misfit: Slice<'_>,
    to: &Buffer<f32>,
) -> Result<Vec<Step>, GpuError> {
    let chunk = chunk(rows);
    let mut first_chunk = 0;
    let mut out = Vec::new();
    for tile in rows.tiles() {
        let chunks = tile.rows.div_ceil(chunk);
        let params = Params {
            rows: count("rows", tile.rows)?,
            first: count("rows", tile.first)?,
            words: count("blocks", turn.blocks.div_ceil(32))?,
            depth: count("coordinates", rows.depth())?,
            chunk: count("rows", chunk)?,
            first_chunk: count("chunks", first_chunk)?,
        };
        let arrays = [
            tile.data.raw(),
            turn.bits.raw(),
            turn.order.raw(),
            turn.state.raw(),
            misfit,
            to.raw(),
        ];
        let groups = [rows.depth().div_ceil(ACROSS), chunks, 1];
        out.push(device.step(&KERNEL, &params, &arrays, groups)?);
        first_chunk += chunks;
    }
    Ok(out)
}
