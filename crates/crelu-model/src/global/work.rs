use core::sync::atomic::{AtomicU64, Ordering};

/// A count of flops that the parts of a training add to; a copy starts from what was counted.
#[derive(Debug, Default)]
pub(super) struct Work(AtomicU64);

impl Work {
    /// `2 rows inner columns`, `times` over.
    pub(super) fn add_products(&self, times: usize, rows: usize, inner: usize, columns: usize) {
        self.0.fetch_add(
            2 * (times * rows * inner * columns) as u64,
            Ordering::Relaxed,
        );
    }

    pub(super) fn flops(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clone for Work {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.flops()))
    }
}
