//! What a driver refuses is named.

use crate::kernel::{Binding, Group, Kernel};
use crate::kernels::{ALL, dots};
use crate::tests::on_device::devices;
use crate::{GpuError, block_on, compile_all};

/// No text of WGSL.
const BROKEN: Kernel = Kernel {
    name: "broken",
    text: "@compute @workgroup_size(GROUP_X, GROUP_Y, 1) fn main() { missing(); }",
    group: Group::Line,
    bindings: &[Binding::Params],
    fields: &[],
};

#[test]
fn compile_all_takes_every_kernel() {
    for device in devices() {
        assert_eq!(block_on(compile_all(device)), Ok(ALL.len()));
    }
}

#[test]
fn compile_names_the_kernel_that_is_refused_and_goes_on() {
    for device in devices() {
        // not once for all: a second call asks again
        for _ in 0..2 {
            let refused = block_on(device.compile(&[&dots::KERNEL, &BROKEN]));
            let Err(GpuError::Call { reason, .. }) = refused else {
                panic!("{refused:?}");
            };
            assert!(reason.starts_with("broken: "), "{reason}");
            assert!(reason.contains("missing"), "{reason}");
        }
        assert_eq!(block_on(device.compile(&[&dots::KERNEL])), Ok(1));
    }
}
