use crate::device::Device;
use crate::error::GpuError;
use crate::kernels::ALL;

/// Compiles every kernel of this crate and says how many there are: what a driver refuses is then known
/// before a run needs it.
///
/// # Errors
/// [`GpuError::Call`] that names the kernels which were refused, with the reasons.
pub async fn compile_all(device: &Device) -> Result<usize, GpuError> {
    device.compile(&ALL).await
}
