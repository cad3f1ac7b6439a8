use core::any::Any;
use core::fmt;
use std::sync::Arc;

/// An opened device of any kind, shared by all that runs on it: who opened it knows what it is, and so do
/// the engines that can use it; all between them hand it on.
#[derive(Clone)]
pub struct DeviceHandle(Arc<dyn Any + Send + Sync>);

impl DeviceHandle {
    /// Shares a device.
    #[must_use]
    pub fn new<D: Any + Send + Sync>(device: Arc<D>) -> Self {
        Self(device)
    }

    /// The device, if it is of this kind.
    #[must_use]
    pub fn device<D: Any + Send + Sync>(&self) -> Option<Arc<D>> {
        Arc::clone(&self.0).downcast().ok()
    }
}

impl fmt::Debug for DeviceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceHandle")
    }
}

/// The same device, not one like it.
impl PartialEq for DeviceHandle {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handle_gives_back_what_it_was_made_of_and_nothing_else() {
        let device = Arc::new(String::from("adapter"));
        let handle = DeviceHandle::new(Arc::clone(&device));
        let back = handle.device::<String>().expect("the same kind");
        assert!(Arc::ptr_eq(&back, &device));
        assert!(handle.device::<u8>().is_none());
        assert_eq!(handle, handle.clone());
        assert_ne!(handle, DeviceHandle::new(Arc::new(String::from("adapter"))));
    }
}
