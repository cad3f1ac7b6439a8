#[cfg(feature = "wgpu")]
use std::sync::Arc;

use crelu_core::Backend;

/// What runs the products: one by name, or by the machine and the size of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendChoice {
    /// One by name.
    Given(Backend),
    /// By the adapter that there is and the size of the data.
    Auto,
}

impl BackendChoice {
    /// All of them with the names that options have.
    pub const NAMED: [(&'static str, Self); 4] = [
        ("faer", Self::Given(Backend::Faer)),
        ("nalgebra", Self::Given(Backend::Nalgebra)),
        ("wgpu", Self::Given(Backend::Wgpu)),
        ("auto", Self::Auto),
    ];
}

/// Numbers of the data from which `Auto` takes an adapter that is no software: below, a step's dozen
/// calls take longer than its products. An expectation: no such adapter has been measured.
#[cfg(feature = "wgpu")]
const LARGE: usize = 1_000_000;

#[cfg(feature = "wgpu")]
impl BackendChoice {
    /// The backend, with its adapter opened where it is one: the one that `asked` names or numbers, if
    /// it does. `numbers` is the size of the data.
    ///
    /// # Errors
    /// [`gpu_wgpu::GpuError`] where an adapter is asked for and there is none, or it cannot be opened.
    pub fn open(
        self,
        numbers: usize,
        asked: Option<&str>,
    ) -> Result<(Backend, Option<Arc<gpu_wgpu::Device>>), gpu_wgpu::GpuError> {
        let open = || gpu_wgpu::Device::open_blocking(asked);
        let with = |device| (Backend::Wgpu, Some(Arc::new(device)));
        match self {
            Self::Given(Backend::Wgpu) => open().map(with),
            Self::Given(backend) => Ok((backend, None)),
            Self::Auto => {
                let is_card =
                    |device: &gpu_wgpu::Device| device.adapter().kind != gpu_wgpu::Kind::Software;
                match (numbers >= LARGE).then(open) {
                    Some(Ok(device)) if is_card(&device) => Ok(with(device)),
                    _ => Ok((Backend::Faer, None)),
                }
            }
        }
    }
}
