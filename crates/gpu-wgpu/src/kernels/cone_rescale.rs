use crate::buffer::Buffer;
use crate::device::Device;
use crate::error::GpuError;
use crate::kernel::{BLOCK, Binding, Group, Kernel, count, params};
use crate::step::Step;

params! { length: u32, factor: f32 }

/// The cone copy at a penalty parameter that is `factor` times the last: what is above zero stays, the
/// multiplier `rho (z - v)` as well.
///
/// **Cost** 3 flops a number; it passes once each way.
pub(crate) const KERNEL: Kernel = Kernel {
    name: "cone_rescale",
    text: include_str!("cone_rescale.wgsl"),
    group: Group::Line,
    bindings: &[Binding::Params, Binding::Write],
    fields: FIELDS,
};

pub(crate) fn step(device: &Device, z: &Buffer<f32>, factor: f32) -> Result<Step, GpuError> {
    let params = Params {
        length: count("numbers of the cone copy", z.len())?,
        factor,
    };
    let groups = z.len().div_ceil(BLOCK);
    device.step(&KERNEL, &params, &[z.raw()], [groups, 1, 1])
}
