use super::conjugate_dots::{Conjugate, Part};
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { part: u32, blocks: u32, rounding: f32, finest: f32 }

/// Shares of the directions kept in a move, and the step along the part that is conjugate to them.
///
/// **Cost** one group sums up the parts by a tree.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "conjugate_scalars",
    text: include_str!("conjugate_scalars.wgsl"),
    group: Group::Line,
    bindings: &[Binding::Params, Binding::Read, Binding::Write],
    fields: FIELDS,
};

/// A move becomes a direction only if it is longer than this times the root of a rounding, beside
/// the point: images are differences of residuals, and below that they are made of roundings.
const FINEST: f32 = 10.0;

pub(crate) fn step(device: &Device, part: Part, of: &Conjugate<'_>) -> Result<Step, GpuError> {
    let params = Params {
        part: part as u32,
        blocks: count("blocks", of.point.len().div_ceil(BLOCK))?,
        rounding: f32::EPSILON.sqrt(),
        finest: FINEST * FINEST * f32::EPSILON,
    };
    let arrays = [of.parts.raw(), of.state.raw()];
    device.step(&KERNEL, &params, &arrays, [1, 1, 1])
}
