use crate::buffer::{Buffer, Slice};
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { half: u32 }

/// A step of the difference of pairs, shared among both halves: added to the one, taken from the
/// other.
///
/// **Cost** a flop a number; five vectors pass.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "pair_spread",
    text: include_str!("pair_spread.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// `x` holds at least half as many numbers as `pairs`.
pub(crate) fn step(
    device: &Device,
    pairs: &Buffer<f32>,
    x: Slice<'_>,
    out: &Buffer<f32>,
) -> Result<Step, GpuError> {
    let half = pairs.len() / 2;
    let params = Params {
        half: count("numbers", half)?,
    };
    let arrays = [pairs.raw(), x, out.raw()];
    device.step(&KERNEL, &params, &arrays, [half.div_ceil(BLOCK), 1, 1])
}
