use super::groups::{GROUPS, LARGEST_TILE, LEAST_ROWS, MOST_PARTS};
use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::rows::Rows;
use crate::step::Step;

params! {
    rows: u32, first: u32, samples: u32, columns: u32, words: u32, depth: u32,
    outputs: u32, chunk: u32, first_chunk: u32,
}

/// Patterns `1[R u > 0]` of the columns, and `Theta' (R u)_+` in parts: one for each chunk of rows.
///
/// **Cost** `2 n (rank + outputs) columns` flops; `R` is read once for each tile of columns.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "open_columns",
    text: include_str!("open_columns.wgsl"),
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

/// Rows of a chunk, by the sizes alone.
pub(crate) fn chunk(rows: &Rows, columns: usize) -> usize {
    let wanted = GROUPS.div_ceil(columns.div_ceil(LARGEST_TILE).max(1));
    rows.n_samples()
        .div_ceil(wanted.clamp(1, MOST_PARTS))
        .max(LEAST_ROWS)
        .next_multiple_of(LARGEST_TILE)
}

/// Parts that [`steps`] makes.
pub(crate) fn parts(rows: &Rows, columns: usize) -> usize {
    let chunk = chunk(rows, columns);
    let of_tiles = rows.tiles().iter().map(|tile| tile.rows.div_ceil(chunk));
    of_tiles.sum::<usize>()
}

/// What the columns are and where their images go.
pub(crate) struct Columns<'a> {
    /// `columns * depth` quadruples.
    pub(crate) u: &'a Buffer<f32>,
    /// `outputs x n_samples`.
    pub(crate) theta: &'a Buffer<f32>,
    pub(crate) outputs: usize,
    /// The patterns, `n_samples * ceil(columns / 32)` words.
    pub(crate) bits: &'a Buffer<u32>,
    /// [`parts`] times `outputs * columns` numbers.
    pub(crate) parts: &'a Buffer<f32>,
}

/// A step for each tile of the rows.
pub(crate) fn steps(
    device: &Device,
    rows: &Rows,
    columns: usize,
    of: &Columns<'_>,
) -> Result<Vec<Step>, GpuError> {
    let chunk = chunk(rows, columns);
    let mut first_chunk = 0;
    let mut out = Vec::new();
    for tile in rows.tiles() {
        let chunks = tile.rows.div_ceil(chunk);
        let params = Params {
            rows: count("rows", tile.rows)?,
            first: count("rows", tile.first)?,
            samples: count("rows", rows.n_samples())?,
            columns: count("columns", columns)?,
            words: count("columns", columns.div_ceil(32))?,
            depth: count("coordinates", rows.depth())?,
            outputs: count("outputs", of.outputs)?,
            chunk: count("rows", chunk)?,
            first_chunk: count("chunks", first_chunk)?,
        };
        let arrays = [
            tile.data.raw(),
            of.u.raw(),
            of.theta.raw(),
            of.bits.raw(),
            of.parts.raw(),
        ];
        let across = columns.div_ceil(device.tiling().tile());
        let step = device.step(&KERNEL, &params, &arrays, [across, chunks, 1])?;
        out.push(step.of_product(tile.rows, rows.wide(), columns));
        first_chunk += chunks;
    }
    Ok(out)
}
