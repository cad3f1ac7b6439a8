//! The caller's eye on a long reading.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// No watch ends a table before so many bytes, a few milliseconds: a table without rows serves nobody.
pub(crate) const LEAST: u64 = 1 << 20;

/// Asked now and then, with the bytes of content that were read, whether to go on: `false` ends the
/// table with the row at hand, but for the first megabyte. Arrays in Fortran order, whose rows are whole
/// at the end only, are read to it.
#[derive(Clone)]
pub struct Watch {
    goes_on: Arc<dyn Fn(u64) -> bool + Send + Sync>,
    has_cut: Arc<AtomicBool>,
}

impl Watch {
    /// A watch that asks `goes_on`.
    pub fn new(goes_on: impl Fn(u64) -> bool + Send + Sync + 'static) -> Self {
        Self {
            goes_on: Arc::new(goes_on),
            has_cut: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Whether a table ended before its file because of this watch.
    pub fn has_cut(&self) -> bool {
        self.has_cut.load(Ordering::Relaxed)
    }

    pub(crate) fn goes_on(&self, bytes: u64) -> bool {
        (self.goes_on)(bytes)
    }

    pub(crate) fn cut(&self) {
        self.has_cut.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

impl PartialEq for Watch {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.goes_on, &other.goes_on)
    }
}

impl Eq for Watch {}
