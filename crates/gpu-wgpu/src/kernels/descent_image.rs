use super::descent_gradient::Turn;
use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, IMAGE_ROWS, Kernel, count, params};
use crate::rows::Rows;
use crate::step::Step;

params! { rows: u32, first: u32, words: u32, depth: u32, first_part: u32 }

/// The image of a direction of four blocks, and its square in parts.
///
/// **Cost** `8 n rank` flops; `R` is read once.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "descent_image",
    text: include_str!("descent_image.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Write,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// Parts that [`steps`] makes.
pub(crate) fn parts(rows: &Rows) -> usize {
    let of_tiles = rows.tiles().iter();
    of_tiles.map(|tile| tile.rows.div_ceil(IMAGE_ROWS)).sum()
}

/// A step for each tile of the rows.
pub(crate) fn steps(
    device: &Device,
    rows: &Rows,
    turn: &Turn<'_>,
    direction: &Buffer<f32>,
    (image, parts): (&Buffer<f32>, &Buffer<f32>),
) -> Result<Vec<Step>, GpuError> {
    let mut first_part = 0;
    let mut out = Vec::new();
    for tile in rows.tiles() {
        let groups = tile.rows.div_ceil(IMAGE_ROWS);
        let params = Params {
            rows: count("rows", tile.rows)?,
            first: count("rows", tile.first)?,
            words: count("blocks", turn.blocks.div_ceil(32))?,
            depth: count("coordinates", rows.depth())?,
            first_part: count("parts", first_part)?,
        };
        let arrays = [
            tile.data.raw(),
            turn.bits.raw(),
            turn.order.raw(),
            turn.state.raw(),
            direction.raw(),
            image.raw(),
            parts.raw(),
        ];
        out.push(device.step(&KERNEL, &params, &arrays, [groups, 1, 1])?);
        first_part += groups;
    }
    Ok(out)
}
