use super::groups::{GROUPS, LARGEST_TILE};
use crate::buffer::{Buffer, Slice};
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::rows::Rows;
use crate::step::Step;

params! { rows: u32, first: u32, samples: u32, blocks: u32, words: u32, depth: u32, share: u32 }

/// `A x = sum_b D_b R x_b`, in parts: one for each group of blocks.
///
/// **Cost** `2 n rank blocks` flops; `R` is read once for each tile of blocks, `x` once for each
/// tile of rows.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "masked_product",
    text: include_str!("masked_product.wgsl"),
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

/// Blocks that a group of invocations goes through: with few rows, more groups run at once.
pub(crate) fn share(rows: &Rows, blocks: usize) -> usize {
    let row_tiles = rows.n_samples().div_ceil(LARGEST_TILE).max(1);
    let wanted = GROUPS.div_ceil(row_tiles);
    let tiles = blocks.div_ceil(LARGEST_TILE).max(1);
    tiles.div_ceil(wanted.min(tiles)) * LARGEST_TILE
}

/// Parts that [`steps`] makes.
pub(crate) fn parts(rows: &Rows, blocks: usize) -> usize {
    blocks.div_ceil(share(rows, blocks)).max(1)
}

/// A step for each tile of the rows; `parts` holds [`parts`] times as many numbers as there are
/// rows.
pub(crate) fn steps(
    device: &Device,
    rows: &Rows,
    blocks: usize,
    bits: &Buffer<u32>,
    x: Slice<'_>,
    to: &Buffer<f32>,
) -> Result<Vec<Step>, GpuError> {
    let share = share(rows, blocks);
    let groups = blocks.div_ceil(share).max(1);
    rows.tiles()
        .iter()
        .map(|tile| {
            let params = Params {
                rows: count("rows", tile.rows)?,
                first: count("rows", tile.first)?,
                samples: count("rows", rows.n_samples())?,
                blocks: count("blocks", blocks)?,
                words: count("blocks", blocks.div_ceil(32))?,
                depth: count("coordinates", rows.depth())?,
                share: count("blocks", share)?,
            };
            let arrays = [tile.data.raw(), bits.raw(), x, to.raw()];
            let across = tile.rows.div_ceil(device.tiling().tile());
            let step = device.step(&KERNEL, &params, &arrays, [across, groups, 1])?;
            Ok(step.of_product(tile.rows, rows.wide(), blocks))
        })
        .collect()
}
