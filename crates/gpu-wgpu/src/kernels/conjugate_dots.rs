use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, MEMORY, count, params};
use crate::step::Step;

params! { length: u32, misfit_at: u32, part: u32, weight: f32 }

/// Inner products of a sweep's move with the directions kept, in the Hessian.
///
/// **Cost** 2 flops a number and direction, which pass once.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "conjugate_dots",
    text: include_str!("conjugate_dots.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// Sums of a block.
pub(crate) const SUMS: usize = MEMORY + 2;

/// Which products are made, and what of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The sweep's move against the directions.
    Move = 0,
    /// The point itself against them, before the first sweep of a solve.
    Point = 1,
    /// The part of the move that is conjugate to them.
    Fresh = 2,
}

/// The arrays of a conjugate descent, each of coordinates and, from `misfit_at` on, residuals.
pub(crate) struct Conjugate<'a> {
    pub(crate) point: &'a Buffer<f32>,
    pub(crate) before: &'a Buffer<f32>,
    /// The directions, one after the other.
    pub(crate) kept: &'a Buffer<f32>,
    pub(crate) fresh: &'a Buffer<f32>,
    pub(crate) parts: &'a Buffer<f32>,
    pub(crate) state: &'a Buffer<f32>,
    pub(crate) misfit_at: usize,
    /// `c rho`.
    pub(crate) weight: f32,
}

pub(crate) fn step(device: &Device, part: Part, of: &Conjugate<'_>) -> Result<Step, GpuError> {
    let length = of.point.len();
    let params = Params {
        length: count("numbers", length)?,
        misfit_at: count("numbers", of.misfit_at)?,
        part: part as u32,
        weight: of.weight,
    };
    let arrays = [
        of.point.raw(),
        of.before.raw(),
        of.kept.raw(),
        of.fresh.raw(),
        of.parts.raw(),
    ];
    device.step(&KERNEL, &params, &arrays, [length.div_ceil(BLOCK), 1, 1])
}
