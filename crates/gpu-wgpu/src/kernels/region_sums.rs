use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { length: u32, block: u32, at: u32, groups: u32 }

/// Sums over regions of an array, by blocks: twice over, they are one number a region.
///
/// **Cost** a flop a number; it passes once.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "region_sums",
    text: include_str!("region_sums.wgsl"),
    group: Group::Line,
    bindings: &[Binding::Params, Binding::Read, Binding::Write],
    fields: FIELDS,
};

/// Blocks of a region of so many numbers.
pub(crate) fn blocks(length: usize) -> usize {
    length.div_ceil(BLOCK)
}

/// The sums of the [`blocks`] of each region, region after region.
pub(crate) fn by_blocks(
    device: &Device,
    (a, regions, length): (&Buffer<f32>, usize, usize),
    out: &Buffer<f32>,
) -> Result<Step, GpuError> {
    step(device, (a, regions, length), BLOCK, (out, 0))
}

/// The sum of each region, from the `at`-th number of `out` on.
pub(crate) fn whole(
    device: &Device,
    of: (&Buffer<f32>, usize, usize),
    out: (&Buffer<f32>, usize),
) -> Result<Step, GpuError> {
    step(device, of, of.2.max(1), out)
}

fn step(
    device: &Device,
    (a, regions, length): (&Buffer<f32>, usize, usize),
    block: usize,
    (out, at): (&Buffer<f32>, usize),
) -> Result<Step, GpuError> {
    // a region without numbers sums up to 0
    let groups = length.div_ceil(block).max(1);
    let params = Params {
        length: count("numbers", length)?,
        block: count("numbers", block)?,
        at: count("numbers", at)?,
        groups: count("groups", groups)?,
    };
    device.step(
        &KERNEL,
        &params,
        &[a.raw(), out.raw()],
        [groups, regions, 1],
    )
}
