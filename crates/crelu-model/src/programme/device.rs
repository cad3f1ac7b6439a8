#[cfg(feature = "wgpu")]
use std::sync::Arc;

/// An opened adapter, shared by all that runs on it. Without the feature `wgpu` there is none.
#[derive(Debug, Clone)]
pub struct DeviceHandle(
    #[cfg(feature = "wgpu")] Arc<gpu_wgpu::Device>,
    #[cfg(not(feature = "wgpu"))] core::convert::Infallible,
);

#[cfg(feature = "wgpu")]
impl DeviceHandle {
    /// Shares a device.
    #[must_use]
    pub fn new(device: Arc<gpu_wgpu::Device>) -> Self {
        Self(device)
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Arc<gpu_wgpu::Device> {
        &self.0
    }
}

/// The same device, not one like it.
impl PartialEq for DeviceHandle {
    #[cfg(feature = "wgpu")]
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    #[cfg(not(feature = "wgpu"))]
    fn eq(&self, _other: &Self) -> bool {
        match self.0 {}
    }
}
