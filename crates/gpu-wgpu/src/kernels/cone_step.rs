use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, UNIT, count, params};
use crate::rows::Rows;
use crate::step::Step;

params! {
    rows: u32, first: u32, samples: u32, blocks: u32, patterns: u32, words: u32, depth: u32,
    stride: u32, units: u32, tau: f32, alpha: f32,
}

/// The cone copy of the three-block form, from the images of the smooth one: over-relaxed step and
/// projection where a tile of `tau e o (R u_b)` is made, and the sums of its lengths.
///
/// **Cost** `2 n rank blocks` flops; the copy passes once each way.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "cone_step",
    text: include_str!("cone_step.wgsl"),
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

/// The cone copy on the device: `n x blocks`, a row's numbers together, filled up to quadruples.
#[derive(Debug)]
pub(crate) struct ConeCopy {
    /// The fixed-point variable, whose non-negative part is the copy.
    pub(crate) z: Buffer<f32>,
    pub(crate) blocks: usize,
}

impl ConeCopy {
    /// Numbers from one row to the next.
    pub(crate) fn stride(blocks: usize) -> usize {
        blocks.next_multiple_of(4)
    }

    /// Units of columns, each of which makes a part a row.
    pub(crate) fn units(blocks: usize) -> usize {
        blocks.div_ceil(UNIT as usize)
    }
}

/// A step for each tile of the rows; `parts` holds five times a number for each row and unit.
pub(crate) fn steps(
    device: &Device,
    rows: &Rows,
    (bits, patterns): (&Buffer<u32>, usize),
    u: &Buffer<f32>,
    cone: &ConeCopy,
    (tau, alpha): (f32, f32),
    parts: &Buffer<f32>,
) -> Result<Vec<Step>, GpuError> {
    let blocks = cone.blocks;
    count("numbers of the cone copy", cone.z.len())?;
    rows.tiles()
        .iter()
        .map(|tile| {
            let params = Params {
                rows: count("rows", tile.rows)?,
                first: count("rows", tile.first)?,
                samples: count("rows", rows.n_samples())?,
                blocks: count("blocks", blocks)?,
                patterns: count("patterns", patterns.max(1))?,
                words: count("blocks", patterns.div_ceil(32))?,
                depth: count("coordinates", rows.depth())?,
                stride: count("blocks", ConeCopy::stride(blocks))?,
                units: count("blocks", ConeCopy::units(blocks))?,
                tau,
                alpha,
            };
            let arrays = [
                tile.data.raw(),
                bits.raw(),
                u.raw(),
                cone.z.raw(),
                parts.raw(),
            ];
            let side = device.tiling().tile();
            let groups = [tile.rows.div_ceil(side), blocks.div_ceil(side), 1];
            let step = device.step(&KERNEL, &params, &arrays, groups)?;
            Ok(step.of_product(tile.rows, rows.wide(), blocks))
        })
        .collect()
}
