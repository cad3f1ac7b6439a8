//! The devices of the tests, by `CRELU_GPU`: `off` skips, `auto` (the default) skips where there is
//! no adapter and says so, `require` fails there.

use std::sync::{Arc, OnceLock};

use crate::{Device, GpuError, Tiling};

/// The adapter with tiles of either size, or none to test on. Kernels that work on vectors know no
/// tiles: one of the two does for them.
pub(crate) fn devices() -> &'static [Arc<Device>] {
    static OPENED: OnceLock<Vec<Arc<Device>>> = OnceLock::new();
    OPENED.get_or_init(|| {
        let wish = std::env::var("CRELU_GPU").unwrap_or_else(|_| "auto".to_owned());
        assert!(
            ["off", "auto", "require"].contains(&&wish[..]),
            "CRELU_GPU is {wish}: off, auto or require"
        );
        if wish == "off" {
            return Vec::new();
        }
        let adapter = std::env::var("CRELU_ADAPTER").ok();
        let open = |side| {
            let tiling = Some(Tiling::of_side(side));
            let opened = pollster::block_on(Device::open_with(adapter.as_deref(), tiling));
            opened.map(Arc::new)
        };
        match [8, 16].map(open) {
            [Ok(narrow), Ok(wide)] => vec![narrow, wide],
            [Err(GpuError::NoAdapter), _] if wish == "auto" => {
                // past the harness, which keeps what tests print to itself
                let line = "gpu-wgpu: device tests skipped, no adapter here; on Debian: \
                            apt-get install mesa-vulkan-drivers libvulkan1\n";
                std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes())
                    .expect("standard error is open");
                Vec::new()
            }
            [narrow, wide] => panic!("CRELU_GPU={wish}: {narrow:?}, {wide:?}"),
        }
    })
}

/// A device that no other test shares: what goes over its bus, or befalls it, is this test's.
pub(crate) fn own_device() -> Option<Arc<Device>> {
    opened_with(devices().first()?.tiling()).map(Arc::new)
}

/// Another one, with its tiles.
pub(crate) fn opened_with(tiling: Tiling) -> Option<Device> {
    devices().first()?;
    let adapter = std::env::var("CRELU_ADAPTER").ok();
    let opened = pollster::block_on(Device::open_with(adapter.as_deref(), Some(tiling)));
    Some(opened.expect("the adapter that was there"))
}
