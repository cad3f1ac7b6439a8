use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { columns: u32, depth: u32, step: f32, momentum: f32, gain: f32, least: f32 }

/// One step of plain momentum on the sphere, for every column; the best point met is kept.
///
/// **Cost** about 20 flops a coordinate and column; five vectors pass.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "ascent_step",
    text: include_str!("ascent_step.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Write,
        Binding::Write,
        Binding::Write,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// Columns along the first dimension of the groups.
const ACROSS: usize = 32_768;

/// How an ascent moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// What is kept of the velocity.
    pub momentum: f32,
    /// What a gradient adds to it.
    pub gain: f32,
    /// A value below this share of the gradient's length does not set the length of the step.
    pub least: f32,
}

/// The arrays of a batch of ascents, `depth` quadruples or one number a column.
pub(crate) struct Ascents<'a> {
    pub(crate) gradients: &'a Buffer<f32>,
    pub(crate) prices: &'a Buffer<f32>,
    pub(crate) u: &'a Buffer<f32>,
    pub(crate) velocity: &'a Buffer<f32>,
    pub(crate) best: &'a Buffer<f32>,
    pub(crate) values: &'a Buffer<f32>,
    pub(crate) columns: usize,
    pub(crate) depth: usize,
}

/// `step` 0 only keeps the best.
pub(crate) fn step(
    device: &Device,
    of: &Ascents<'_>,
    motion: Motion,
    step: f32,
) -> Result<Step, GpuError> {
    let params = Params {
        columns: count("columns", of.columns)?,
        depth: count("coordinates", of.depth)?,
        step,
        momentum: motion.momentum,
        gain: motion.gain,
        least: motion.least,
    };
    let arrays = [
        of.gradients.raw(),
        of.prices.raw(),
        of.u.raw(),
        of.velocity.raw(),
        of.best.raw(),
        of.values.raw(),
    ];
    let groups = [of.columns.min(ACROSS), of.columns.div_ceil(ACROSS), 1];
    device.step(&KERNEL, &params, &arrays, groups)
}
