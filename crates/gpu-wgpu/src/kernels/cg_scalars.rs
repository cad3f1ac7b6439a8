use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { part: u32, blocks: u32, shift: f32, floor: f32 }

/// The numbers of conjugate gradients: steps, directions, and whether the end is reached, so that
/// none of them has to come back between inner iterations.
///
/// **Cost** one group sums up the parts by a tree.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "cg_scalars",
    text: include_str!("cg_scalars.wgsl"),
    group: Group::Line,
    bindings: &[Binding::Params, Binding::Read, Binding::Write],
    fields: FIELDS,
};

/// Places in the state.
pub(crate) mod state {
    pub(crate) const ALPHA: usize = 2;
    pub(crate) const BETA: usize = 3;
    pub(crate) const RR: usize = 4;
    pub(crate) const GOAL: usize = 5;
    pub(crate) const DONE: usize = 6;
    pub(crate) const COUNT: usize = 7;
    pub(crate) const BROKEN: usize = 8;
    pub(crate) const SIZE: usize = 9;
    /// Numbers of the state.
    pub(crate) const LEN: usize = 12;
}

/// Which of the numbers are made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// The goal, from the relative tolerance of the step that stands in its place, the shift of the
    /// system and the least residual that the precision reaches.
    Start {
        shift: f32,
        floor: f32,
    },
    Step,
    Direction,
}

pub(crate) fn step(
    device: &Device,
    part: Part,
    blocks: usize,
    parts: &Buffer<f32>,
    state: &Buffer<f32>,
) -> Result<Step, GpuError> {
    let (part, shift, floor) = match part {
        Part::Start { shift, floor } => (0, shift, floor),
        Part::Step => (1, 0.0, 0.0),
        Part::Direction => (2, 0.0, 0.0),
    };
    let params = Params {
        part,
        blocks: count("blocks", blocks)?,
        shift,
        floor,
    };
    device.step(&KERNEL, &params, &[parts.raw(), state.raw()], [1, 1, 1])
}
