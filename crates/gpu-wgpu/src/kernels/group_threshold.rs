use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { wide: u32, blocks: u32, alpha: f32, threshold: f32 }

/// Sums of squares that the copies' steps make.
pub(crate) const SUMS: usize = 5;

/// The group-sparse copy from the smooth one: over-relaxed step, block soft-thresholding, the point of
/// the next linear step, and the sums of the lengths.
///
/// **Cost** 20 flops a number; four vectors pass, three of them twice.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "group_threshold",
    text: include_str!("group_threshold.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Write,
        Binding::Write,
        Binding::Write,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// The vectors of all blocks.
pub(crate) struct Copies<'a> {
    /// The smooth copy.
    pub(crate) u: &'a Buffer<f32>,
    /// The fixed-point variable.
    pub(crate) z: &'a Buffer<f32>,
    /// The group-sparse copy.
    pub(crate) v: &'a Buffer<f32>,
    /// `2 v - z`.
    pub(crate) w: &'a Buffer<f32>,
    /// [`SUMS`] numbers a block.
    pub(crate) parts: &'a Buffer<f32>,
    pub(crate) blocks: usize,
    pub(crate) wide: usize,
}

pub(crate) fn step(
    device: &Device,
    of: &Copies<'_>,
    alpha: f32,
    threshold: f32,
) -> Result<Step, GpuError> {
    let params = Params {
        wide: count("coordinates", of.wide)?,
        blocks: count("blocks", of.blocks)?,
        alpha,
        threshold,
    };
    let arrays = [
        of.u.raw(),
        of.z.raw(),
        of.v.raw(),
        of.w.raw(),
        of.parts.raw(),
    ];
    device.step(&KERNEL, &params, &arrays, [of.blocks, 1, 1])
}
