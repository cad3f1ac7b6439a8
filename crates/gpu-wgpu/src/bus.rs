use core::sync::atomic::{AtomicU64, Ordering};

/// Bytes that went between the host and the device, and bytes taken there.
#[derive(Debug, Default)]
pub struct Bus {
    up: AtomicU64,
    down: AtomicU64,
    held: AtomicU64,
}

impl Bus {
    /// Bytes to the device so far.
    #[must_use]
    pub fn bytes_up(&self) -> u64 {
        self.up.load(Ordering::Relaxed)
    }

    /// Bytes back from the device so far.
    #[must_use]
    pub fn bytes_down(&self) -> u64 {
        self.down.load(Ordering::Relaxed)
    }

    /// Bytes of all arrays made so far.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    pub(crate) fn up(&self, bytes: u64) {
        self.up.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn down(&self, bytes: u64) {
        self.down.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn hold(&self, bytes: u64) {
        self.held.fetch_add(bytes, Ordering::Relaxed);
    }
}
