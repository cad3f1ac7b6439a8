//! A graphics adapter as what the engines take: primal steps, and passes over the rows.

mod primal;
mod rows;
mod rows_without;

use core::any::Any;
use std::sync::Arc;

use crelu_convex::{
    DeviceHandle, DeviceIteration, DeviceRequest, DeviceStep, IterationRequest, PrimalDevice,
    ProgrammeError,
};
use gpu_wgpu::Device;

pub(crate) use rows::DeviceRows;
pub(crate) use rows_without::RowsWithout;

/// An opened adapter.
#[derive(Debug)]
struct Adapter(Arc<Device>);

impl PrimalDevice for Adapter {
    fn primal<'a>(
        &self,
        request: &DeviceRequest<'a, '_>,
    ) -> Result<DeviceStep<'a>, ProgrammeError> {
        primal::build(&self.0, request)
    }

    fn iteration<'a>(
        &self,
        request: &IterationRequest<'a, '_>,
    ) -> Result<DeviceIteration<'a>, ProgrammeError> {
        primal::iteration(&self.0, request)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// An opened adapter as settings take it.
#[must_use]
pub fn device_handle(device: Arc<Device>) -> DeviceHandle {
    let device: Box<dyn PrimalDevice> = Box::new(Adapter(device));
    DeviceHandle::new(Arc::new(device))
}

/// The adapter of a handle, if it is one.
pub(crate) fn adapter(handle: &DeviceHandle) -> Option<Arc<Device>> {
    let device = handle.device::<Box<dyn PrimalDevice>>()?;
    let adapter = (**device).as_any().downcast_ref::<Adapter>()?;
    Some(Arc::clone(&adapter.0))
}
