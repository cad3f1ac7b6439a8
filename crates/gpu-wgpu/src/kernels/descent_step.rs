use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{Binding, Group, Kernel, count, params};
use crate::step::Step;

params! {
    count: u32, turns: u32, rho: f32, factor: f32, most: f32,
    reach: f32, decay: f32, armijo: f32, halvings: u32,
}

/// The step of a descent: the objective is quadratic, so that Armijo's test costs no product.
///
/// **Cost** one group sums up the parts by a tree.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "descent_step",
    text: include_str!("descent_step.wgsl"),
    group: Group::Line,
    bindings: &[Binding::Params, Binding::Read, Binding::Write],
    fields: FIELDS,
};

/// Share of the linear decrease that a step must reach (Armijo). At a half the longest step that
/// passes is the minimiser's along the gradient.
const ARMIJO: f32 = 0.5;
/// A step decays by this until it passes.
const DECAY: f32 = 0.5;
/// The first trial is the last accepted step times this, at most `1 / rho`.
const REACH: f32 = 8.0;
/// Most halvings: past them the step is below the range of `f32`.
const HALVINGS: u32 = 150;

pub(crate) fn step(
    device: &Device,
    (rho, factor): (f32, f32),
    turns: usize,
    parts: &Buffer<f32>,
    state: &Buffer<f32>,
) -> Result<Step, GpuError> {
    let params = Params {
        count: count("parts", parts.len())?,
        turns: count("turns", turns)?,
        rho,
        factor,
        most: 1.0 / rho,
        reach: REACH,
        decay: DECAY,
        armijo: ARMIJO,
        halvings: HALVINGS,
    };
    device.step(&KERNEL, &params, &[parts.raw(), state.raw()], [1, 1, 1])
}
