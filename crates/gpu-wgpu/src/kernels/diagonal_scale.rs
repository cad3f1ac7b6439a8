use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { length: u32, shift: f32 }

/// Jacobi's preconditioner: division by a shifted diagonal.
///
/// **Cost** 2 flops a number; three vectors pass.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "diagonal_scale",
    text: include_str!("diagonal_scale.wgsl"),
    group: Group::Line,
    bindings: &[
        Binding::Params,
        Binding::Read,
        Binding::Read,
        Binding::Write,
    ],
    fields: FIELDS,
};

pub(crate) fn step(
    device: &Device,
    (diagonal, shift): (&Buffer<f32>, f32),
    a: &Buffer<f32>,
    out: &Buffer<f32>,
) -> Result<Step, GpuError> {
    let length = a.len();
    let params = Params {
        length: count("numbers", length)?,
        shift,
    };
    let arrays = [diagonal.raw(), a.raw(), out.raw()];
    device.step(&KERNEL, &params, &arrays, [length.div_ceil(BLOCK), 1, 1])
}
