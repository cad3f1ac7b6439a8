use crate::buffer::{Buffer, Slice};
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { length: u32, keep_at: u32, add_at: u32, keep: f32, add: f32 }

/// `out = (keep s) out + (add t) a`, with `s` and `t` numbers that the device has made: the updates
/// of conjugate gradients and of a dual variable.
///
/// **Cost** 3 flops a number; two vectors pass, one of them twice.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "combine",
    text: include_str!("combine.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

/// A factor: a constant times a number of the state, the first of which is 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factor(pub(crate) f32, pub(crate) usize);

impl Factor {
    pub(crate) const NONE: Self = Self(0.0, 0);
    pub(crate) const ONE: Self = Self(1.0, 0);
}

pub(crate) fn step(
    device: &Device,
    length: usize,
    state: &Buffer<f32>,
    (keep, out): (Factor, Slice<'_>),
    (add, a): (Factor, Slice<'_>),
) -> Result<Step, GpuError> {
    let params = Params {
        length: count("numbers", length)?,
        keep_at: count("state", keep.1)?,
        add_at: count("state", add.1)?,
        keep: keep.0,
        add: add.0,
    };
    let arrays = [state.raw(), a, out];
    device.step(&KERNEL, &params, &arrays, [length.div_ceil(BLOCK), 1, 1])
}
